"""Bringing an RDS instance to its wanted state, within what RDS allows."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from activities.aws import database_properties
from activities.aws.database_properties import Properties
from activities.aws.failures import code_of, message_of
from activities.aws.instances import Instance, instance_of
from domain.errors import InvalidSpec, NotReady
from domain.sizing import DatabaseSize

if TYPE_CHECKING:  # the stubs are a development dependency
    from mypy_boto3_rds import RDSClient

STORAGE_REST = timedelta(hours=6)


@dataclass(frozen=True)
class Changed:
    """RDS accepted a change."""

    instance: Instance
    grown_at: str
    """When its storage was made to grow, as an HTTP date; empty if it was not."""


def change(
    client: "RDSClient",
    instance: Instance,
    size: DatabaseSize,
    properties: Properties,
    spacing: Callable[[], timedelta],
    grown_at: Callable[[], str],
) -> Changed | None:
    """Asks for what differs, in one call: either all of it is accepted or nothing. None if nothing differs.

    Raises NotReady while RDS is busy with the instance, and InvalidSpec within 6 hours of the last growth.
    """
    changes = _differences(instance, size) | database_properties.changes(properties, instance.properties)
    if not changes:
        return None
    try:
        answer = client.modify_db_instance(
            DBInstanceIdentifier=instance.name,
            ApplyImmediately=True,
            **changes,
        )
    except ClientError as error:
        if code_of(error) == "InvalidDBInstanceState":
            raise NotReady(busy_text(instance), retry_after=spacing()) from error
        if "AllocatedStorage" in changes and _rests(error):
            raise InvalidSpec(_too_early(instance, size, grown_at())) from error
        raise
    # AWS's own clock: it is what the next refusal goes by.
    now = answer["ResponseMetadata"]["HTTPHeaders"]["date"]
    return Changed(instance_of(answer["DBInstance"]), now if "AllocatedStorage" in changes else "")


def busy_text(instance: Instance) -> str:
    return f"database {instance.name} is {instance.status}; it takes changes afterwards"


def resting_text(instance: Instance, size: DatabaseSize, grown_at: str, now: datetime) -> str | None:
    """Why RDS would refuse to make its storage grow now; None if nothing is known that speaks against it."""
    grows = instance.storage_gib < size.storage_gib
    if not grows or not grown_at or parsedate_to_datetime(grown_at) + STORAGE_REST <= now:
        return None
    return _too_early(instance, size, grown_at)


def _differences(instance: Instance, size: DatabaseSize) -> dict[str, Any]:
    changes: dict[str, Any] = {}
    if instance.instance_class != size.instance_class:
        changes["DBInstanceClass"] = size.instance_class
    if instance.storage_gib < size.storage_gib:
        changes["AllocatedStorage"] = size.storage_gib
    return changes


def _rests(error: ClientError) -> bool:
    """Whether RDS refuses because storage was changed less than 6 hours ago. It has no code for that."""
    text = message_of(error).lower()
    return code_of(error) == "InvalidParameterCombination" and "storage" in text and "optimized" in text


def _too_early(instance: Instance, size: DatabaseSize, grown_at: str) -> str:
    when = "in 6 hours at the latest"
    if grown_at:
        earliest: datetime = parsedate_to_datetime(grown_at) + STORAGE_REST
        when = f"after {earliest:%Y-%m-%d %H:%M} UTC"
    return (
        f"database {instance.name} cannot grow from {instance.storage_gib} to {size.storage_gib} GiB yet: "
        f"RDS allows one storage change in 6 hours; try again {when}"
    )
