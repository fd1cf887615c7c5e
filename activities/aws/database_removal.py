"""Taking an RDS instance away: protection off, a last snapshot where the plan wants one, then deletion."""

from collections.abc import Callable
from datetime import timedelta
from typing import TYPE_CHECKING

from botocore.exceptions import ClientError

from activities.aws.base import Holder, are_ours, holder_of
from activities.aws.failures import code_of
from activities.aws.instances import UNSNAPSHOTTABLE, Instance, describe
from domain.errors import NotReady, PermanentError
from domain.messages import StepCall

if TYPE_CHECKING:  # the stubs are a development dependency
    from mypy_boto3_rds import RDSClient


def remove_instance(
    client: "RDSClient", call: StepCall, name: str, spacing: Callable[[], timedelta]
) -> list[str]:
    """Returns once it is gone, with what is kept of it, in words. Raises NotReady while it is not."""
    instance = describe(client, name)
    if instance is not None and holder_of(instance.tags, call.tenant) is not Holder.OURS:
        return []
    if instance is not None and instance.status != "deleting":
        try:
            _delete(client, call, instance)
        except ClientError as error:
            if code_of(error) == "InvalidDBInstanceState":
                message = f"database {name} is {instance.status}; it can be deleted afterwards"
                raise NotReady(message, retry_after=spacing()) from error
            raise
        instance = describe(client, name)
    if instance is not None:
        raise NotReady(f"database {name} is being deleted", retry_after=spacing())
    return _kept(client, call, name) if call.final_snapshot else []


def snapshot_name(call: StepCall, name: str) -> str:
    """The same for every attempt of one operation, and new for the next: a snapshot name is never reused."""
    return f"{name}-final-{call.operation_id}"


def _delete(client: "RDSClient", call: StepCall, instance: Instance) -> None:
    if call.final_snapshot and instance.status in UNSNAPSHOTTABLE:
        raise PermanentError(
            f"database {instance.name} is {instance.status}, so RDS can take no final snapshot of it; "
            "take what is needed from its automated backups and delete it, then remove the tenant again"
        )
    if instance.protected:
        client.modify_db_instance(
            DBInstanceIdentifier=instance.name, DeletionProtection=False, ApplyImmediately=True
        )
    try:
        if call.final_snapshot:
            client.delete_db_instance(
                DBInstanceIdentifier=instance.name,
                FinalDBSnapshotIdentifier=snapshot_name(call, instance.name),
                DeleteAutomatedBackups=True,
            )
        else:
            client.delete_db_instance(
                DBInstanceIdentifier=instance.name, SkipFinalSnapshot=True, DeleteAutomatedBackups=True
            )
    except ClientError as error:
        if code_of(error) != "DBInstanceNotFound":
            raise


def _kept(client: "RDSClient", call: StepCall, name: str) -> list[str]:
    """The last snapshots of the instance, which outlive the tenant on purpose."""
    pages = client.get_paginator("describe_db_snapshots").paginate(
        DBInstanceIdentifier=name, SnapshotType="manual"
    )
    names = [
        snapshot["DBSnapshotIdentifier"]
        for page in pages
        for snapshot in page["DBSnapshots"]
        if are_ours({tag["Key"]: tag["Value"] for tag in snapshot.get("TagList", [])}, call.tenant)
    ]
    return [f"final snapshot {name} of the database is kept by the plan" for name in names]
