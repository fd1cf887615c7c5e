"""All settings, from environment variables that start with TENANTRY_ (AWS_* as boto3 reads them)."""

import re
import sys
from ipaddress import ip_address
from pathlib import Path
from typing import Annotated, Literal, TypeVar, get_args
from urllib.parse import urlsplit

from pydantic import (
    AfterValidator,
    AliasChoices,
    Field,
    SecretStr,
    ValidationError,
    ValidationInfo,
    field_validator,
)
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from runtime.time_zones import ZoneName

Role = Literal["records", "aws", "kubernetes", "billing"]
"""What a worker process may serve: runs and records, the calls to one provider, or invoices."""
DRIFT_KIND = r"\*|[a-z0-9]+:[a-z-]+|(?:[a-z0-9.-]+/)?v[a-z0-9]+/[A-Z][A-Za-z]+"
SHORTEST_SECRET = 32
ROOT = Path(__file__).resolve().parent.parent


def _number_format(text: str) -> str:
    """Raises ValueError if two invoices could bear the same number."""
    try:
        written = {text.format(year=year, number=number) for year in (2024, 2025) for number in (1, 2)}
    except (LookupError, ValueError):
        written = set()
    if len(written) != 4:
        raise ValueError("must use {year} and {number}, as in INV-{year}-{number:06}")
    if not all(re.fullmatch(r"[A-Za-z0-9._-]{1,40}", one) for one in written):
        raise ValueError("must consist of letters, digits, '.', '_' and '-': numbers are parts of addresses")
    return text


class Settings(BaseSettings):
    """Production targets by settings alone: any Temporal, any PostgreSQL, real AWS, any cluster."""

    model_config = SettingsConfigDict(env_prefix="TENANTRY_", extra="ignore")

    install: Annotated[str, Field(pattern=r"^[a-z][a-z0-9]{0,7}$")] = "tenantry"
    """Marks everything this installation makes; two installations may share an AWS account."""

    temporal_address: str = "127.0.0.1:7233"
    temporal_namespace: str = "default"
    temporal_tls: bool = False
    temporal_tls_cert: Path | None = None
    temporal_tls_key: Path | None = None
    temporal_api_key: SecretStr | None = None
    payload_keys_file: Path | None = None
    """A key ring (`runtime/key_ring.py`), with which all that Temporal keeps of runs is sealed; None seals
    nothing."""
    task_queue: str = "tenantry"
    build_id: Annotated[str | None, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$")] = None
    """Version of this worker's code. Runs stay on the one that began them; None: whoever serves takes all."""

    database_url: SecretStr = SecretStr("postgresql://tenantry@127.0.0.1:5432/tenantry")
    database_pool: Annotated[int, Field(ge=1, le=200)] = 20

    aws_endpoint_url: Annotated[
        str | None, Field(validation_alias=AliasChoices("TENANTRY_AWS_ENDPOINT_URL", "AWS_ENDPOINT_URL"))
    ] = None
    """None is real AWS."""
    kubeconfig: Path | None = None
    """None: cells without a context use the in-cluster configuration, others the default kubeconfig."""

    plans_file: Path = ROOT / "plans.yaml"
    prices_file: Path = ROOT / "prices.yaml"
    cells_file: Path = ROOT / "cells.yaml"
    meters_file: Path = ROOT / "meters.yaml"
    blueprints_dir: Path = ROOT / "blueprints"

    worker_roles: Annotated[tuple[Role, ...], NoDecode] = get_args(Role)
    """What this worker process serves; together the processes must serve everything."""
    worker_activities: Annotated[int, Field(ge=1, le=1000)] = 20
    """Activities of each role that run at once in one worker process."""
    aws_activities_per_second: Annotated[float | None, Field(gt=0)] = None
    kubernetes_activities_per_second: Annotated[float | None, Field(gt=0)] = None
    """Bounds of the whole installation, kept by the Temporal server: every worker process must be given the
    same value, or the last one to ask sets it anew each time."""
    worker_sandbox: bool = False
    """Whether workflow code runs in the SDK's sandbox, as in all tests: safer, a quarter slower."""
    worker_cached_runs: Annotated[int, Field(ge=0)] = 500
    worker_missed_seconds: Annotated[float, Field(gt=0, le=60)] = 10
    """How long a run waits for the worker that has it in memory before another one takes it up."""
    attempt_seconds: Annotated[float | None, Field(ge=5)] = None
    """Bounds one attempt of an activity more tightly than workflows/policies.py, for stand-ins that answer at
    once: a killed worker is missed sooner. With a real provider, an attempt that Temporal has given up could
    still make something."""

    expected_database_seconds: Annotated[float, Field(ge=0)] = 480
    expected_load_balancer_seconds: Annotated[float, Field(ge=0)] = 90
    expected_rollout_seconds: Annotated[float, Field(ge=0)] = 40
    """How long slow things usually take: polls are spaced by it, nothing times out by it."""

    stuck_terminating_seconds: Annotated[float, Field(gt=0, le=840)] = 600
    """How long a deleted object may linger in a cluster until a person is told what holds it. Below the 15
    minutes of workflows/policies.py, which would end the wait without the names."""

    removal_interval_seconds: Annotated[int, Field(ge=1)] = 300
    """How often the schedule looks for tenants whose grace is over."""
    password_days: Annotated[int, Field(ge=0)] = 90
    """How old the password of a tenant's database may become until it is rotated; 0: for ever."""
    rotation_interval_seconds: Annotated[int, Field(ge=1)] = 3600
    """How often the schedule looks for passwords that are old."""
    rotations_per_look: Annotated[int, Field(ge=1)] = 20
    """Rotations that one look starts: each restarts what its tenant runs."""
    recovery_interval_seconds: Annotated[int, Field(ge=1)] = 300
    """How often the schedule looks for operations whose run was lost."""
    recovery_settling_seconds: Annotated[float, Field(ge=0)] = 75
    """How long the calls of a lost run may still take effect: longer than one attempt (60 s)."""

    invoice_sink: Literal["none", "file", "stripe"] = "none"
    """Where final invoices are handed on to."""
    invoice_folder: Annotated[Path | None, Field(validate_default=True)] = None
    stripe_api_key: Annotated[SecretStr | None, Field(validate_default=True)] = None
    stripe_api_base: str | None = None
    """None is Stripe itself."""

    drift_interval_seconds: Annotated[int, Field(ge=1)] = 3600
    """How often the schedule looks at every tenant's things and for things of no tenant."""
    drift_tenants_per_minute: Annotated[float, Field(gt=0, le=6000)] = 120
    """How fast a scan goes, by each provider's worker process: a tenant of the default blueprint costs 25
    calls to AWS, one of them to Route 53, which takes 300 a minute from an account."""
    drift_page_size: Annotated[int, Field(ge=1, le=500)] = 200
    """Tenants that one activity looks at: a page takes some six Temporal Actions, however long it is."""
    drift_repairs_per_scan: Annotated[int, Field(ge=1)] = 100
    """Repairs that one scan starts unasked; the next scan goes on with the others."""
    drift_policy: Annotated[dict[str, Literal["repair", "report"]], NoDecode] = {"*": "report"}
    """What is done about drift, as 'report', 'repair' or 'rds:db-instance=report,*=repair'."""

    billing_grace_seconds: Annotated[int, Field(ge=0)] = 12 * 3600
    """How long after the end of a period its invoice is a draft, so that late usage is still on it."""
    billing_zone: ZoneName = "UTC"
    """Where the date of invoices is read, and the wall time of periods where neither tenant nor customer has
    a zone."""
    billing_interval_seconds: Annotated[int, Field(ge=1)] = 3600
    """How often the schedule closes the periods that have ended."""
    billing_may_run_ahead: bool = False
    """Whether a person may have periods closed that are yet to end: for tests and demonstrations. What such
    a run makes final is final."""
    issuer_name: str = "Tenantry"
    issuer_address: str = ""
    """Lines, separated by semicolons."""
    issuer_tax_id: str = ""
    invoice_number: Annotated[str, AfterValidator(_number_format)] = "{year}-{number:06}"
    """How numbers of invoices are written; `number` begins with 1 each year."""

    webhook_keys_file: Path | None = None
    """Keys that secrets of webhook endpoints are made from (`runtime/signing_keys.py`), the same for API and
    workers; None: there are no webhooks."""
    webhook_loopback: bool = False
    """Whether endpoints may be on this machine, and there without TLS: for development and tests."""
    webhook_interval_seconds: Annotated[int, Field(ge=1, le=3600)] = 300
    """How long one run looks for webhooks that are due, and how often the schedule begins one."""

    usage_upkeep_interval_seconds: Annotated[int, Field(ge=1)] = 21_600
    """How often the schedule makes months of usage ahead and drops what is too old."""

    api_host: str = "127.0.0.1"
    api_port: Annotated[int, Field(ge=0, le=65535)] = 8000
    api_processes: Annotated[int, Field(ge=1, le=64)] = 1
    """Python runs on one core: where there are more, as many processes take more requests. Each has a pool of
    its own of connections to PostgreSQL."""
    api_max_body_bytes: Annotated[int, Field(ge=1024)] = 64 * 1024
    api_max_usage_bytes: Annotated[int, Field(ge=1024)] = 2 * 1024 * 1024
    """Of a batch of usage: a thousand events with two kilobytes each."""

    api_body_seconds: Annotated[float, Field(ge=1, le=600)] = 30
    """How long a body may take to come."""
    api_streams_per_caller: Annotated[int, Field(ge=1, le=100_000)] = 100
    """Event streams that one caller may have open at one process."""
    api_requests_per_minute: Annotated[int, Field(ge=1, le=1_000_000)] = 6_000
    """Of one caller, to one process; usage has no bound of this kind."""
    development_key: SecretStr | None = None
    """A key with the role admin that is in no table: for stacks on one machine. Refused where the API listens
    on more than loopback."""
    oidc_issuer: str | None = None
    """Whose JSON Web Tokens are taken besides keys; None: nobody's."""
    oidc_audience: Annotated[str | None, Field(validate_default=True)] = None
    oidc_jwks_url: Annotated[str | None, Field(validate_default=True)] = None
    """Where the issuer shows its public keys."""
    oidc_roles_claim: str = "roles"
    """A list of our roles, or one string with spaces."""
    oidc_customer_claim: str = "customer_id"

    access_approval: Literal["second_person", "customer"] = "second_person"
    """Who has to agree to support access: an operator or admin who did not ask for it, or the customer."""
    access_approval_seconds: Annotated[int, Field(ge=60, le=7 * 86_400)] = 4 * 3600
    """How long a request for support access waits for that."""

    log_format: Literal["json", "console"] = "json"
    log_level: Literal["debug", "info", "warning", "error"] = "info"

    @field_validator("worker_roles", mode="before")
    @classmethod
    def _list(cls, value: object) -> object:
        return tuple(part.strip() for part in value.split(",")) if isinstance(value, str) else value

    @field_validator("worker_roles")
    @classmethod
    def _some_roles_once(cls, value: tuple[Role, ...]) -> tuple[Role, ...]:
        if not value or len(set(value)) < len(value):
            raise ValueError(f"must name some of {', '.join(get_args(Role))}, each once")
        return value

    @field_validator("invoice_folder")
    @classmethod
    def _folder_for_files(cls, value: Path | None, info: ValidationInfo) -> Path | None:
        if value is None and info.data.get("invoice_sink") == "file":
            raise ValueError("must name a folder when TENANTRY_INVOICE_SINK is file")
        return value

    @field_validator("stripe_api_key")
    @classmethod
    def _key_for_stripe(cls, value: SecretStr | None, info: ValidationInfo) -> SecretStr | None:
        if info.data.get("invoice_sink") == "stripe" and not (value and value.get_secret_value()):
            raise ValueError("must be set when TENANTRY_INVOICE_SINK is stripe")
        return value

    @field_validator("development_key")
    @classmethod
    def _on_one_machine(cls, value: SecretStr | None, info: ValidationInfo) -> SecretStr | None:
        if value is not None and not is_loopback(str(info.data.get("api_host"))):
            raise ValueError("goes with TENANTRY_API_HOST=127.0.0.1 only: everybody else could try it")
        if value is not None and len(value.get_secret_value()) < SHORTEST_SECRET:
            raise ValueError(f"must have at least {SHORTEST_SECRET} characters")
        return value

    @field_validator("oidc_audience", "oidc_jwks_url")
    @classmethod
    def _with_issuer(cls, value: str | None, info: ValidationInfo) -> str | None:
        if info.data.get("oidc_issuer") and not value:
            raise ValueError("must be set when TENANTRY_OIDC_ISSUER is")
        if value and info.field_name == "oidc_jwks_url" and not is_private(value):
            raise ValueError("must begin with https://: whoever answers says which tokens are true")
        return value

    @field_validator("drift_policy", mode="before")
    @classmethod
    def _by_kind(cls, value: object) -> object:
        return parsed_policy(value) if isinstance(value, str) else value

    @field_validator("database_url")
    @classmethod
    def _postgresql(cls, value: SecretStr) -> SecretStr:
        if not value.get_secret_value().startswith(("postgresql://", "postgres://")):
            raise ValueError("must start with postgresql://")
        return value


def is_loopback(host: str) -> bool:
    """Whether only this machine can ask there."""
    try:
        return host == "localhost" or ip_address(host).is_loopback
    except ValueError:
        return False


def is_private(url: str) -> bool:
    """Whether nobody on the way can change what this address answers."""
    parts = urlsplit(url)
    return parts.scheme == "https" or (parts.scheme == "http" and is_loopback(parts.hostname or ""))


AnySettings = TypeVar("AnySettings", bound=Settings)


def parsed_policy(text: str) -> dict[str, str]:
    """Actions by kind; `*` is every kind that is not named. Raises ValueError with all that is wrong."""
    actions: dict[str, str] = {}
    problems: list[str] = []
    for part in (part.strip() for part in text.split(",")):
        kind, equals, action = (word.strip() for word in part.partition("="))
        if not equals:
            kind, action = "*", part
        if action not in {"repair", "report"}:
            problems.append(f"'{part}' must be repair, report or <kind>=repair|report")
        elif not re.fullmatch(DRIFT_KIND, kind):
            problems.append(f"'{kind}' is no kind: write s3:bucket, apps/v1/Deployment or *")
        elif kind in actions:
            problems.append(f"'{kind}' is named twice")
        actions[kind] = action
    if problems:
        raise ValueError("; ".join(problems))
    return actions


def load_settings() -> Settings:
    """Settings from the environment, or exit code 2 with every problem on stderr."""
    return loaded(Settings)


def loaded(kind: type[AnySettings]) -> AnySettings:
    """The same of a process that has more settings."""
    try:
        return kind()
    except ValidationError as error:
        for problem in error.errors():
            name = "TENANTRY_" + "_".join(str(part) for part in problem["loc"]).upper()
            sys.stderr.write(f"error: {name.replace('TENANTRY_TENANTRY_', 'TENANTRY_')}: {problem['msg']}\n")
        raise SystemExit(2) from None
