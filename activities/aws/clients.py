"""boto3 clients: one per service and region, shared by all activities of the process, each at its pace."""

import logging
from collections.abc import Iterable
from threading import Lock
from typing import TYPE_CHECKING, Any, Literal

import boto3
from botocore.config import Config

from activities.aws.attempts import refuse_late
from activities.aws.failures import is_throttling
from activities.pace import Pace
from runtime.settings import Settings

if TYPE_CHECKING:  # the stubs are a development dependency
    from mypy_boto3_eks import EKSClient
    from mypy_boto3_iam import IAMClient
    from mypy_boto3_rds import RDSClient
    from mypy_boto3_route53 import Route53Client
    from mypy_boto3_s3 import S3Client
    from mypy_boto3_secretsmanager import SecretsManagerClient
    from mypy_boto3_sts import STSClient

    Client = EKSClient | IAMClient | RDSClient | Route53Client | S3Client | SecretsManagerClient | STSClient

Service = Literal["eks", "iam", "rds", "route53", "s3", "secretsmanager", "sts"]
SERVICES: tuple[Service, ...] = ("eks", "iam", "rds", "route53", "s3", "secretsmanager", "sts")
GLOBAL_SERVICES = frozenset({"iam", "route53"})
"""AWS counts calls to these per account and not per region."""
CONNECT_SECONDS = 5
READ_SECONDS = 15


class Clients:
    """Makes clients on first use. Clients may be used from any thread; making one may not."""

    def __init__(self, settings: Settings) -> None:
        # At debug level botocore logs request bodies, and those of RDS and Secrets Manager hold passwords.
        logging.getLogger("botocore").setLevel(logging.INFO)
        self._endpoint = settings.aws_endpoint_url
        self._config = Config(
            # Temporal owns retrying; a retry in here would hide throttling from it. Mode adaptive would wait
            # with an activity's slot taken, for as long as it likes (docs/decisions/0012).
            retries={"mode": "standard", "total_max_attempts": 1},
            connect_timeout=CONNECT_SECONDS,
            read_timeout=READ_SECONDS,
            max_pool_connections=max(settings.worker_activities, 10),
            tcp_keepalive=True,
            # A stand-in has no host name per bucket.
            s3={"addressing_style": "path" if self._endpoint else "auto"},
        )
        self._session = boto3.Session()
        self._lock = Lock()
        self._made: dict[tuple[Service, str], Client] = {}
        self._paces: dict[str, Pace] = {}

    def preload(self, regions: Iterable[str]) -> None:
        """Make every client now: each costs tens of milliseconds, which a first sign-up would wait for."""
        for region in regions:
            for service in SERVICES:
                self._client(service, region)

    def eks(self, region: str) -> "EKSClient":
        return self._client("eks", region)  # type: ignore[return-value]  # the key tells the type

    def iam(self, region: str) -> "IAMClient":
        return self._client("iam", region)  # type: ignore[return-value]  # the key tells the type

    def rds(self, region: str) -> "RDSClient":
        return self._client("rds", region)  # type: ignore[return-value]  # the key tells the type

    def route53(self, region: str) -> "Route53Client":
        return self._client("route53", region)  # type: ignore[return-value]  # the key tells the type

    def s3(self, region: str) -> "S3Client":
        return self._client("s3", region)  # type: ignore[return-value]  # the key tells the type

    def secretsmanager(self, region: str) -> "SecretsManagerClient":
        return self._client("secretsmanager", region)  # type: ignore[return-value]  # the key tells the type

    def sts(self, region: str) -> "STSClient":
        return self._client("sts", region)  # type: ignore[return-value]  # the key tells the type

    def _client(self, service: Service, region: str) -> "Client":
        found = self._made.get((service, region))
        if found is not None:
            return found
        with self._lock:
            key = (service, region)
            if key not in self._made:
                client: Client = self._session.client(
                    service, region_name=region, endpoint_url=self._endpoint, config=self._config
                )
                self._set_pace(client, service if service in GLOBAL_SERVICES else f"{service} in {region}")
                client.meta.events.register("before-send", refuse_late)
                self._made[key] = client
            return self._made[key]

    def _set_pace(self, client: "Client", whose: str) -> None:
        pace = self._paces.setdefault(whose, Pace(f"AWS {whose}"))

        def before(**_: object) -> None:
            pace.await_turn()

        def after(parsed_response: dict[str, Any] | None, **_: object) -> None:
            answer = parsed_response or {}
            code = answer.get("Error", {}).get("Code", "")
            if is_throttling(code, answer.get("ResponseMetadata", {}).get("HTTPStatusCode", 0)):
                pace.slow_down()

        client.meta.events.register("before-send", before)
        client.meta.events.register("response-received", after)
