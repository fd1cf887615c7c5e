"""boto3 over HTTP against the front, and refusals checked against botocore's model."""

import json
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import cache
from typing import Any
from uuid import uuid4

import boto3
import httpx
import pytest
from botocore.client import BaseClient
from botocore.config import Config
from botocore.exceptions import ClientError
from botocore.model import Shape, StructureShape
from mypy_boto3_eks import EKSClient
from mypy_boto3_iam import IAMClient
from mypy_boto3_rds import RDSClient
from mypy_boto3_route53 import Route53Client
from mypy_boto3_s3 import S3Client
from mypy_boto3_secretsmanager import SecretsManagerClient

CLUSTER = "cell-a"
ZONE = "Z0TESTZONE"
DOMAIN = "use1.example.test"
CALLER = "AKIAFRONTTEST0000001"
STRANGER = "AKIAFRONTTEST0000002"
STRANGERS_ACCOUNT = "999999999999"
ACCOUNT = "123456789012"

COMMON_ERRORS = {
    "AccessDenied",
    "ExpiredToken",
    "InvalidClientTokenId",
    "InvalidParameterCombination",
    "InvalidParameterValue",
    "ValidationError",
    "ValidationException",
}
"""AWS documents these for every operation, and models them for none"""

TRUST = json.dumps(
    {
        "Version": "2012-10-17",
        "Statement": [
            {
                "Effect": "Allow",
                "Principal": {"Service": "pods.eks.amazonaws.com"},
                "Action": ["sts:AssumeRole", "sts:TagSession"],
            }
        ],
    }
)


def unique(prefix: str = "t") -> str:
    """A name that no other test has."""
    return f"{prefix}-{uuid4().hex[:12]}"


@cache
def _http() -> httpx.Client:
    """Making one takes longer than a request."""
    return httpx.Client(timeout=20, trust_env=False)


@cache
def _client(url: str, region: str, key: str, service: str) -> Any:
    """Making one takes longer than most tests."""
    return boto3.client(  # type: ignore[call-overload]  # the overloads want a literal name
        service,
        endpoint_url=url,
        region_name=region,
        aws_access_key_id=key,
        aws_secret_access_key="unused",
        config=Config(retries={"total_max_attempts": 1}, read_timeout=20, max_pool_connections=50),
    )


@dataclass
class Aws:
    """Clients of one caller in one region, and the front's own doors."""

    url: str
    region: str = "us-east-1"
    key: str = CALLER

    def client(self, service: str) -> Any:
        return _client(self.url, self.region, self.key, service)

    def elsewhere(self, region: str) -> "Aws":
        return Aws(self.url, region, self.key)

    def as_caller(self, key: str) -> "Aws":
        return Aws(self.url, self.region, key)

    @property
    def eks(self) -> EKSClient:
        return self.client("eks")  # type: ignore[no-any-return]

    @property
    def iam(self) -> IAMClient:
        return self.client("iam")  # type: ignore[no-any-return]

    @property
    def rds(self) -> RDSClient:
        return self.client("rds")  # type: ignore[no-any-return]

    @property
    def route53(self) -> Route53Client:
        return self.client("route53")  # type: ignore[no-any-return]

    @property
    def s3(self) -> S3Client:
        return self.client("s3")  # type: ignore[no-any-return]

    @property
    def secrets(self) -> SecretsManagerClient:
        return self.client("secretsmanager")  # type: ignore[no-any-return]

    def ask(self, method: str, path: str, body: Any = None) -> httpx.Response:
        return _http().request(method, f"{self.url}/_devstack/{path}", json=body)

    def control(self, method: str, path: str, body: Any = None) -> Any:
        answer = self.ask(method, path, body)
        answer.raise_for_status()
        return answer.json() if answer.content else None

    def calls(self, **equal: str) -> list[dict[str, Any]]:
        query = "&".join(f"{name}={value}" for name, value in equal.items())
        return list(self.control("GET", f"calls?{query}")["calls"])

    def advance(self, seconds: float) -> None:
        self.control("PUT", "clock", {"advance_seconds": seconds})

    def delay(self, **seconds: float) -> None:
        self.control("PUT", "delays", seconds)

    def role(self) -> str:
        """The ARN of a new role that EKS Pod Identity may assume."""
        return self.iam.create_role(RoleName=unique("role"), AssumeRolePolicyDocument=TRUST)["Role"]["Arn"]

    def database(self, name: str | None = None, **changes: Any) -> str:
        """The identifier of a new, small DB instance."""
        name = name or unique("db")
        user = name.replace("-", "_")
        arguments: dict[str, Any] = {
            "DBInstanceIdentifier": name,
            "DBInstanceClass": "db.t4g.medium",
            "Engine": "postgres",
            "AllocatedStorage": 20,
            "StorageType": "gp3",
            "DBName": user,
            "MasterUsername": user,
            "MasterUserPassword": "first-password",
            **changes,
        }
        self.rds.create_db_instance(**arguments)
        return name

    def described(self, name: str) -> dict[str, Any]:
        return dict(self.rds.describe_db_instances(DBInstanceIdentifier=name)["DBInstances"][0])


def error_codes(shapes: Iterable[Shape]) -> set[str]:
    return {shape.error_code for shape in shapes if isinstance(shape, StructureShape)}


@dataclass(frozen=True)
class Refusal:
    code: str
    message: str
    status: int


def refused(operation: Callable[..., Any], **arguments: Any) -> Refusal:
    """The refusal of this call, whose code must be one that the operation's model or AWS's docs know."""
    with pytest.raises(ClientError) as caught:
        operation(**arguments)
    error = caught.value
    owner = operation.__self__  # type: ignore[attr-defined]  # a client's method, or Aws.database
    client: BaseClient = owner.rds if isinstance(owner, Aws) else owner
    model = client.meta.service_model.operation_model(error.operation_name)
    code = error.response["Error"]["Code"]
    known = error_codes(model.error_shapes) | COMMON_ERRORS
    assert code in known or client.meta.service_model.service_name == "s3"
    status = error.response["ResponseMetadata"]["HTTPStatusCode"]
    return Refusal(code, error.response["Error"].get("Message", ""), status)
