"""What a tenant's secret says about how to log in to its database, version by version."""

import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from botocore.exceptions import ClientError

from activities.aws.base import settling
from activities.aws.failures import code_of
from activities.aws.usage_token import CURRENT
from domain.errors import InvalidSpec, NotReady

if TYPE_CHECKING:  # the stubs are a development dependency
    from mypy_boto3_secretsmanager import SecretsManagerClient

PENDING, PREVIOUS = "AWSPENDING", "AWSPREVIOUS"


@dataclass(frozen=True)
class Credentials:
    """Never to be logged, returned from an activity or stored."""

    user: str
    password: str = field(repr=False)
    version: str
    """Of the secret; tells nothing of what it holds."""


def read_current(client: "SecretsManagerClient", name: str, settling_seconds: float) -> Credentials:
    """Raises NotReady where AWS may not show yet what was just written."""
    found = read_stage(client, name, CURRENT)
    if found:
        return found
    if settling(settling_seconds):
        raise NotReady(f"AWS does not show the value of secret {name} yet")
    raise InvalidSpec(f"secret {name} is gone, or without a value; look at the tenant's drift")


def read_stage(client: "SecretsManagerClient", name: str, stage: str) -> Credentials | None:
    """None if no version bears this label."""
    try:
        # The label decides also where it has just been moved.
        found = client.get_secret_value(SecretId=name, VersionStage=stage)
    except ClientError as error:
        if code_of(error) == "ResourceNotFoundException":
            return None
        raise
    return _parsed(name, found["SecretString"], found["VersionId"])


def read_version(client: "SecretsManagerClient", name: str, version: str) -> Credentials:
    found = client.get_secret_value(SecretId=name, VersionId=version)
    return _parsed(name, found["SecretString"], version)


def versions(client: "SecretsManagerClient", name: str) -> dict[str, list[str]]:
    """The labels of each version that has some."""
    found = client.describe_secret(SecretId=name).get("VersionIdsToStages", {})
    return {version: stages for version, stages in found.items() if stages}


def current_of(known: dict[str, list[str]]) -> str | None:
    return next((version for version, stages in known.items() if CURRENT in stages), None)


def _parsed(name: str, text: str, version: str) -> Credentials:
    try:
        value = json.loads(text)
        return Credentials(str(value["username"]), str(value["password"]), version)
    except (ValueError, KeyError, TypeError):
        raise InvalidSpec(
            f"secret {name} does not hold a username and a password: put back the version that did"
        ) from None
