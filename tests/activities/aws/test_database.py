"""RDS instances."""

import logging
import os
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from botocore.exceptions import ClientError

from activities.aws.secret import read_password
from domain.errors import InvalidSpec, NotReady, OwnershipConflict, PermanentError, Unavailable
from domain.messages import Desired
from domain.naming import database_name, database_owner, database_users
from domain.sizing import DatabaseSize
from tests import logins
from tests.activities.aws.faults import Faults
from tests.activities.aws.subject import Subject

STEP = "database"
NEEDS = ("database-admin", "database-password", "database-parameters")


@pytest.fixture
def subject(begun: Callable[..., Subject]) -> Subject:
    """A tenant whose secret and parameter group exist."""
    one = begun()
    one.build(*NEEDS)
    return one


def instance_of(subject: Subject) -> dict[str, Any]:
    answer = subject.aws("rds").describe_db_instances(DBInstanceIdentifier=subject.name(STEP))
    found: dict[str, Any] = answer["DBInstances"][0]
    return found


def sized(subject: Subject, instance_class: str, storage_gib: int) -> Desired:
    assert subject.plan.after
    sizes = subject.plan.after.sizes.model_copy(
        update={"database": DatabaseSize(instance_class=instance_class, storage_gib=storage_gib)}
    )
    return subject.plan.after.model_copy(update={"sizes": sizes})


def test_a_database_is_private_protected_encrypted_and_ours(subject: Subject) -> None:
    """A new instance has every property of plan, cell and blueprint, and answers at its outputs."""
    outcome = subject.ensure(STEP)
    found = instance_of(subject)
    assert outcome.ready
    assert found["Engine"] == "postgres"
    assert found["DBInstanceClass"] == "db.t4g.small"
    assert found["AllocatedStorage"] == 20
    assert found["StorageType"] == "gp3"
    assert found["StorageEncrypted"]
    assert not found["PubliclyAccessible"]
    assert found["DeletionProtection"]
    assert not found["MultiAZ"]
    assert found["BackupRetentionPeriod"] == 7
    assert found["CopyTagsToSnapshot"]
    assert found["DBSubnetGroup"]["DBSubnetGroupName"] == subject.cell.database.subnet_group
    groups = [group["VpcSecurityGroupId"] for group in found["VpcSecurityGroups"]]
    assert groups == [subject.cell.database.security_group]
    (group,) = found["DBParameterGroups"]
    assert group["DBParameterGroupName"] == subject.name("database-parameters")
    assert {tag["Key"]: tag["Value"] for tag in found["TagList"]} == subject.tags(STEP)
    assert outcome.outputs == {
        "database.name": database_name(subject.tenant.id),
        "database.host": found["Endpoint"]["Address"],
        "database.port": str(found["Endpoint"]["Port"]),
    }
    assert subject.row(STEP).provider_id == found["DBInstanceArn"]
    assert subject.row(STEP).attributes["host"] == found["Endpoint"]["Address"]


@pytest.mark.skipif("AWS_ENDPOINT_URL" in os.environ, reason="no database can be reached there")
def test_the_password_in_the_secret_opens_the_database(subject: Subject) -> None:
    """What pods will read from the secret is what the database takes; anything else is refused."""
    subject.ensure(STEP)
    instance = instance_of(subject)
    login = logins.secret(subject.aws("secretsmanager"), subject.name("database-password"))
    assert login["username"] == database_users(subject.tenant.id)[0]
    assert logins.acts_as(instance, login) == database_owner(subject.tenant.id)
    assert logins.is_refused(instance, {**login, "password": "wrong"})


def test_ensure_twice_is_ensure_once(subject: Subject) -> None:
    """A second run changes nothing and answers the same."""
    first = subject.ensure(STEP)
    before = instance_of(subject)
    assert subject.ensure(STEP) == first
    assert instance_of(subject) == before


def test_a_lost_answer_makes_no_second_database(subject: Subject, faults: Faults) -> None:
    """The instance whose answer was lost is the one that stays."""
    faults.drop_answer("CreateDBInstance", subject.name(STEP))
    with pytest.raises(Unavailable):
        subject.ensure(STEP)
    before = instance_of(subject)
    assert subject.ensure(STEP).ready
    assert faults.taken() == 1
    assert instance_of(subject)["DbiResourceId"] == before["DbiResourceId"]


def test_a_database_is_awaited_until_it_is_available(subject: Subject, faults: Faults) -> None:
    """While RDS creates it the step is not ready; every look says what is waited for."""
    faults.delays(database=3600)
    try:
        outcome = subject.ensure(STEP)
        assert not outcome.ready
        assert "creating" in outcome.waiting_for
        assert subject.ensure(STEP) == outcome
        with pytest.raises(NotReady, match="creating") as raised:
            subject.await_ready(STEP)
        assert raised.value.retry_after
        with pytest.raises(NotReady, match="creating"):
            subject.ensure(STEP, desired=sized(subject, "db.t4g.medium", 20))
    finally:
        faults.delays(database=0)


@pytest.mark.parametrize(("delay", "half"), [("database", 240), ("database_modify", 120)])
def test_a_change_is_looked_at_sooner_than_a_new_database(
    subject: Subject, faults: Faults, delay: str, half: int
) -> None:
    """After the early look the next is at half of the usual time, which is shorter for what stands."""
    subject = subject.under(expected_database_seconds=480)
    if delay == "database_modify":
        subject.ensure(STEP)
    wanted = sized(subject, "db.t4g.large", 20)
    faults.delays(**{delay: 3600})
    try:
        subject.ensure(STEP, desired=wanted)
        for waited, seconds in ((0, 30), (30, half - 30), (half, 14.4)):
            with pytest.raises(NotReady) as raised:
                subject.await_ready(STEP, desired=wanted, waited_seconds=waited)
            assert raised.value.retry_after == timedelta(seconds=seconds)
    finally:
        faults.delays(**{delay: 0})


def test_await_ready_brings_the_outputs(subject: Subject) -> None:
    """The look that finds it available answers host and port."""
    expected = subject.ensure(STEP).outputs
    assert subject.await_ready(STEP).outputs == expected


def test_scaling_changes_class_and_storage_in_one_step(subject: Subject) -> None:
    """A bigger plan is one modification, applied at once."""
    subject.ensure(STEP)
    outcome = subject.ensure(STEP, desired=sized(subject, "db.t4g.large", 40))
    found = instance_of(subject)
    assert (found["DBInstanceClass"], found["AllocatedStorage"]) == ("db.t4g.large", 40)
    assert outcome.kept == []


def test_a_lost_answer_of_a_change_is_made_good(subject: Subject, faults: Faults) -> None:
    """A modification whose answer was lost is not asked for again."""
    subject.ensure(STEP)
    wanted = sized(subject, "db.t4g.large", 40)
    faults.drop_answer("ModifyDBInstance", subject.name(STEP))
    with pytest.raises(Unavailable):
        subject.ensure(STEP, desired=wanted)
    assert subject.ensure(STEP, desired=wanted).ready
    assert faults.taken() == 1


def test_a_change_is_awaited_with_its_new_class(subject: Subject, faults: Faults) -> None:
    """Until the new class is there the step is not ready, though RDS answers to connections."""
    subject.ensure(STEP)
    wanted = sized(subject, "db.t4g.large", 20)
    faults.delays(database_modify=3600)
    try:
        assert not subject.ensure(STEP, desired=wanted).ready
        with pytest.raises(NotReady):
            subject.await_ready(STEP, desired=wanted)
        with pytest.raises(NotReady, match="modifying"):
            subject.ensure(STEP, desired=sized(subject, "db.t4g.medium", 20))
    finally:
        faults.delays(database_modify=0)


def test_a_database_that_somebody_stopped_is_started_again(subject: Subject) -> None:
    """An active tenant's database runs, whatever was done to it by hand."""
    subject.ensure(STEP)
    subject.aws("rds").stop_db_instance(DBInstanceIdentifier=subject.name(STEP))
    assert subject.ensure(STEP).ready
    assert instance_of(subject)["DBInstanceStatus"] == "available"


def test_storage_that_grew_is_kept_and_reported(subject: Subject) -> None:
    """Going back to the old sizes changes the class, and says that the disk stays."""
    subject.ensure(STEP)
    subject.ensure(STEP, desired=sized(subject, "db.t4g.large", 40))
    outcome = subject.ensure(STEP, desired=sized(subject, "db.t4g.small", 20))
    found = instance_of(subject)
    assert (found["DBInstanceClass"], found["AllocatedStorage"]) == ("db.t4g.small", 40)
    (kept,) = outcome.kept
    assert "40 GiB" in kept


def test_a_second_growth_within_six_hours_says_when_to_try_again(subject: Subject) -> None:
    """RDS refuses it; the error names the time, and nothing was changed."""
    subject.ensure(STEP)
    subject.ensure(STEP, desired=sized(subject, "db.t4g.small", 40))
    with pytest.raises(InvalidSpec, match=r"try again after \d{4}-\d\d-\d\d \d\d:\d\d UTC"):
        subject.ensure(STEP, desired=sized(subject, "db.t4g.large", 80))
    found = instance_of(subject)
    assert (found["DBInstanceClass"], found["AllocatedStorage"]) == ("db.t4g.small", 40)


def test_a_class_that_rds_refuses_is_permanent(subject: Subject) -> None:
    """The provider's words reach the customer, and nothing is made."""
    with pytest.raises(InvalidSpec, match=r"db\.x9\.huge"):
        subject.ensure(STEP, desired=sized(subject, "db.x9.huge", 20))
    with pytest.raises(ClientError, match="DBInstanceNotFound"):
        instance_of(subject)


def test_a_foreign_database_is_left_untouched(subject: Subject) -> None:
    """An instance under our name that is not ours keeps its class, its protection and its life."""
    subject.aws("rds").create_db_instance(
        DBInstanceIdentifier=subject.name(STEP),
        Engine="postgres",
        DBInstanceClass="db.t4g.micro",
        AllocatedStorage=20,
        MasterUsername="somebody",
        MasterUserPassword="somebodys-password",
        Tags=[{"Key": "owner", "Value": "other"}],
    )
    before = instance_of(subject)
    with pytest.raises(OwnershipConflict):
        subject.ensure(STEP)
    subject.remove(STEP)
    for step in reversed(NEEDS):
        subject.remove(step)
    assert subject.verify().survivors == []
    assert "not ours" in subject.proof(STEP)
    assert instance_of(subject) == before


def test_the_password_stays_out_of_everything(subject: Subject, caplog: pytest.LogCaptureFixture) -> None:
    """Outputs, inventory and a debug log hold no password."""
    with caplog.at_level(logging.DEBUG):
        outcome = subject.ensure(STEP)
    password = read_password(subject.aws("secretsmanager"), subject.name("database-admin"))
    assert password not in outcome.model_dump_json()
    assert password not in repr(subject.row(STEP))
    assert password not in "".join(record.getMessage() for record in caplog.records)


def test_a_password_that_rds_quotes_back_is_blotted_out(subject: Subject, faults: Faults) -> None:
    """Not even an error of AWS that repeats the password carries it further, nor does its cause."""
    password = read_password(subject.aws("secretsmanager"), subject.name("database-admin"))
    faults.refuse(
        "CreateDBInstance",
        subject.name(STEP),
        code="InvalidParameterValue",
        status=400,
        message=f"Invalid master password: {password}",
    )
    with pytest.raises(InvalidSpec, match=r"Invalid master password: \*\*\*") as raised:
        subject.ensure(STEP)
    assert password not in str(raised.value.__cause__)


def test_remove_takes_protection_off_and_deletes(subject: Subject, faults: Faults) -> None:
    """Removal survives a lost answer, and is a success again."""
    subject.ensure(STEP)
    faults.drop_answer("DeleteDBInstance", subject.name(STEP))
    with pytest.raises(Unavailable):
        subject.remove(STEP)
    assert subject.remove(STEP).kept == []
    assert subject.remove(STEP).kept == []
    with pytest.raises(ClientError, match="DBInstanceNotFound"):
        instance_of(subject)
    for step in reversed(NEEDS):
        subject.remove(step)
    assert subject.verify().survivors == []
    assert "DBInstanceNotFound" in subject.proof(STEP)


def test_removal_waits_until_rds_has_deleted_it(subject: Subject, faults: Faults) -> None:
    """While RDS deletes it, removal is not done and verification still lists it."""
    subject.ensure(STEP)
    faults.delays(database_delete=3600)
    try:
        for _ in range(2):
            with pytest.raises(NotReady, match="being deleted"):
                subject.remove(STEP)
        assert subject.name(STEP) in [ref.name for ref in subject.verify().survivors]
        assert faults.calls(subject.name(STEP)).count("DeleteDBInstance") == 1
    finally:
        faults.delays(database_delete=0)


def test_a_database_that_is_being_created_is_removed_afterwards(subject: Subject, faults: Faults) -> None:
    """RDS takes no change while it creates; removal waits instead of failing."""
    faults.delays(database=3600)
    try:
        subject.ensure(STEP)
        with pytest.raises(NotReady, match="creating"):
            subject.remove(STEP)
    finally:
        faults.delays(database=0)


def test_a_database_that_failed_is_an_end(subject: Subject) -> None:
    """A vanished instance is not waited for."""
    with pytest.raises(PermanentError, match="vanished"):
        subject.await_ready(STEP)
