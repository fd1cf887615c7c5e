"""Taking an RDS instance away: protection off, a last snapshot where the plan wants one, then deletion."""

from collections.abc import Callable
from datetime import timedelta
from typing import TYPE_CHECKING

from botocore.exceptions import ClientError

from activities.aws.base import Holder, are_ours, holder_of
from activities.aws.failures import code_of
from activities.aws.instances import UNSNAPSHOTTABLE, Instance, describe
from domain.errors import NotReady, PermanentError
from domain.messages import StepCall, TenantContext
from store.inventory import InventoryRow

if TYPE_CHECKING:  # the stubs are a development dependency
    from mypy_boto3_rds import RDSClient

FINAL = "-final-"
"""In the name of a final snapshot, between those of its instance and its operation."""


def remove_instance(
    client: "RDSClient", call: StepCall, row: InventoryRow, spacing: Callable[[], timedelta]
) -> list[str]:
    """Returns once it is gone, with what is kept of it, in words. Raises NotReady while it is not."""
    name = row.ref.name
    instance = describe(client, name)
    if instance is not None and holder_of(instance.tags, call.tenant) is not Holder.OURS:
        return []
    if row.state == "made" if instance is None else instance.status != "deleting":
        try:
            _delete(client, call, name, instance)
        except ClientError as error:
            if code_of(error) == "InvalidDBInstanceState":
                status = instance.status if instance else "busy"
                message = f"database {name} is {status}; it can be deleted afterwards"
                raise NotReady(message, retry_after=spacing()) from error
            if code_of(error) != "DBInstanceNotFound":
                raise
        instance = describe(client, name)
    if instance is not None:
        raise NotReady(f"database {name} is being deleted", retry_after=spacing())
    return snapshots_left(client, call.tenant, name) if call.final_snapshot else []


def snapshots_left(client: "RDSClient", tenant: TenantContext, name: str) -> list[str]:
    """What outlives the instance of that name, in words: each snapshot is a copy of the tenant's data."""
    pages = client.get_paginator("describe_db_snapshots").paginate(
        DBInstanceIdentifier=name, SnapshotType="manual"
    )
    return [
        _left(snapshot["DBSnapshotIdentifier"], name)
        for page in pages
        for snapshot in page["DBSnapshots"]
        if are_ours({tag["Key"]: tag["Value"] for tag in snapshot.get("TagList", [])}, tenant)
    ]


def _left(snapshot: str, name: str) -> str:
    if snapshot.startswith(f"{name}{FINAL}"):
        return f"a final snapshot {snapshot} is kept by plan"
    return f"a snapshot {snapshot} that is not by plan is left untouched"


def _final_name(call: StepCall, name: str) -> str:
    """The same for every attempt of one operation, and new for the next: a snapshot name is never reused."""
    return f"{name}{FINAL}{call.operation_id}"


def _delete(client: "RDSClient", call: StepCall, name: str, instance: Instance | None) -> None:
    if instance and call.final_snapshot and instance.status in UNSNAPSHOTTABLE:
        raise PermanentError(
            f"database {name} is {instance.status}, so RDS can take no final snapshot of it; "
            "take what is needed from its automated backups and delete it, then remove the tenant again"
        )
    if instance is None or instance.protected:
        client.modify_db_instance(DBInstanceIdentifier=name, DeletionProtection=False, ApplyImmediately=True)
    if call.final_snapshot:
        client.delete_db_instance(
            DBInstanceIdentifier=name,
            FinalDBSnapshotIdentifier=_final_name(call, name),
            DeleteAutomatedBackups=True,
        )
    else:
        client.delete_db_instance(
            DBInstanceIdentifier=name, SkipFinalSnapshot=True, DeleteAutomatedBackups=True
        )
