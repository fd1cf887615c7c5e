"""Copies of a database's data that outlive it."""

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.activities.aws.subject import Subject
from tests.audit import Auditor

STEP = "database"
NEEDS = ("database-admin", "database-password", "database-parameters")


@pytest.fixture
def subject(begun: Callable[..., Subject]) -> Subject:
    """A tenant whose secret and parameter group exist."""
    one = begun()
    one.build(*NEEDS)
    return one


def test_the_last_snapshot_is_kept_and_reported(subject: Subject) -> None:
    """A plan with a final snapshot leaves exactly one, and says its name each time."""
    subject.ensure(STEP)
    first = subject.remove(STEP, final_snapshot=True)
    assert subject.remove(STEP, final_snapshot=True) == first
    snapshots = subject.aws("rds").describe_db_snapshots(DBInstanceIdentifier=subject.name(STEP))
    (snapshot,) = snapshots["DBSnapshots"]
    for step in reversed(NEEDS):
        subject.remove(step)
    assert subject.verify().survivors == []
    name = snapshot["DBSnapshotIdentifier"]
    gone = "rds:DescribeDBInstances answered DBInstanceNotFound"
    assert subject.proof(STEP) == f"{gone}; a final snapshot {name} is kept by plan"
    (kept,) = first.kept
    assert snapshot["DBSnapshotIdentifier"] in kept


def test_the_auditor_sees_the_copies_that_outlive_a_database(
    subject: Subject, aws_url: str, tmp_path: Path
) -> None:
    """Final snapshots and kept backups count as things of the tenant; removal itself keeps no backup."""
    cell = {"name": subject.cell.name, "region": subject.cell.region}
    auditor = Auditor(aws_url, tmp_path / "kubeconfig", [cell])
    rds, name = subject.aws("rds"), subject.name(STEP)

    def copies() -> list[str]:
        found = auditor.databases_of(subject.tenant.id, subject.cell.region)
        return [one for one in found if not one.startswith("parameters ")]

    subject.ensure(STEP)
    assert copies() == [f"database {name}"]
    subject.remove(STEP, final_snapshot=True)
    final = f"snapshot {name}-final-{subject.operation_id}"
    assert copies() == [final]
    subject.ensure(STEP, accept_data_loss=True)
    rds.modify_db_instance(DBInstanceIdentifier=name, DeletionProtection=False)
    rds.delete_db_instance(DBInstanceIdentifier=name, SkipFinalSnapshot=True, DeleteAutomatedBackups=False)
    assert copies() == [final, f"backup {name}"]
