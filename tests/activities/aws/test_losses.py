"""What held a tenant's data or password and is gone: it is not made anew, empty, behind anybody's back."""

import json
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from botocore.client import BaseClient

from activities.aws.secret import read_password
from domain.errors import DataLost, NotReady, OwnershipConflict, TemporaryError
from domain.naming import database_name
from store.inventory import Inventory
from tests.activities.aws.faults import Faults
from tests.activities.aws.subject import Subject

SECRET = "database-password"
NEEDS = {"database": ("database-admin", SECRET, "database-parameters")}
MAKING = {"recordings": "CreateBucket", SECRET: "CreateSecret", "database": "CreateDBInstance"}
READS = {
    "recordings": ("GetBucketTagging", "NoSuchBucket"),
    SECRET: ("DescribeSecret", "ResourceNotFoundException"),
    "database": ("DescribeDBInstances", "DBInstanceNotFound"),
}


def delete(subject: Subject, step: str) -> None:
    """As somebody at the console would."""
    name, rds = subject.name(step), subject.aws("rds")
    if step == "recordings":
        subject.aws("s3").delete_bucket(Bucket=name)
    elif step == SECRET:
        subject.aws("secretsmanager").delete_secret(SecretId=name, ForceDeleteWithoutRecovery=True)
    else:
        rds.modify_db_instance(DBInstanceIdentifier=name, DeletionProtection=False)
        rds.delete_db_instance(DBInstanceIdentifier=name, SkipFinalSnapshot=True)


def bring_back(subject: Subject, step: str) -> None:
    """As a restore under the old name does: our tags, another identity."""
    name = subject.name(step)
    tags = [{"Key": key, "Value": value} for key, value in subject.tags(step).items()]
    if step == "recordings":
        subject.aws("s3").create_bucket(Bucket=name)
        subject.aws("s3").put_bucket_tagging(Bucket=name, Tagging={"TagSet": tags})
    elif step == SECRET:
        value = json.dumps({"username": "u", "password": "kept"})
        subject.aws("secretsmanager").create_secret(Name=name, SecretString=value, Tags=tags)
    else:
        subject.aws("rds").create_db_instance(
            DBInstanceIdentifier=name,
            Engine="postgres",
            EngineVersion="16",
            DBInstanceClass="db.t4g.small",
            AllocatedStorage=20,
            DBName=database_name(subject.tenant.id),
            MasterUsername=database_name(subject.tenant.id),
            MasterUserPassword=read_password(subject.aws("secretsmanager"), subject.name("database-admin")),
            DBSubnetGroupName=subject.cell.database.subnet_group,
            Tags=tags,
        )


@pytest.mark.parametrize("step", MAKING)
def test_what_is_gone_with_its_data_is_not_made_anew(subject: Subject, faults: Faults, step: str) -> None:
    """An ensure of what was made and is absent makes nothing, and names the thing and the way out."""
    subject.build(*NEEDS.get(step, ()), step)
    made = faults.calls(subject.name(step)).count(MAKING[step])
    delete(subject, step)
    with pytest.raises(DataLost, match="try again") as raised:
        subject.ensure(step)
    row = subject.row(step)
    assert raised.value.about == {"kind": row.ref.kind, "name": subject.name(step), "namespace": ""}
    assert faults.calls(subject.name(step)).count(MAKING[step]) == made
    assert row.state == "made"


@pytest.mark.parametrize("step", ["recordings", "database"])
def test_what_another_attempt_makes_meanwhile_is_not_lost(
    subject: Subject, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    """An attempt whose look finds nothing, and that is overtaken by another one, ends as that one did."""
    subject.build(*NEEDS.get(step, ()))
    look, _ = READS[step]
    ask, others = BaseClient._make_api_call, [subject.ensure]  # type: ignore[attr-defined]  # not in the stubs

    def overtaken(self: BaseClient, operation: str, asked: dict[str, Any]) -> Any:
        try:
            return ask(self, operation, asked)
        finally:
            if operation == look and others:
                with ThreadPoolExecutor(1) as another:
                    another.submit(others.pop(), step).result()

    monkeypatch.setattr(BaseClient, "_make_api_call", overtaken)
    try:
        subject.ensure(step)
    except TemporaryError:
        subject.ensure(step)
    assert not others
    assert subject.row(step).state == "made"


@pytest.mark.parametrize("step", MAKING)
def test_what_we_removed_ourselves_is_made_anew(subject: Subject, faults: Faults, step: str) -> None:
    """Wanted again in the middle of its undo, as after a reset by hand, it is no loss but a new thing."""
    subject.build(*NEEDS.get(step, ()), step)
    before = subject.row(step)
    subject.remove(step)
    assert (row := subject.row(step)).state == "made"
    assert row.removing_since
    subject.ensure(step)
    assert faults.calls(subject.name(step)).count(MAKING[step]) == 2
    after = subject.row(step)
    assert after.removing_since is None
    assert after.made_at
    assert before.made_at
    assert after.made_at > before.made_at


@pytest.mark.parametrize("step", ["recordings", "database"])
def test_an_accepted_loss_lets_it_be_made_anew(subject: Subject, step: str) -> None:
    """With a person's consent it is made, and the inventory knows the new one; again, it is kept."""
    subject.build(*NEEDS.get(step, ()), step)
    before = subject.row(step).attributes
    delete(subject, step)
    first = subject.ensure(step, accept_data_loss=True)
    after = subject.row(step).attributes
    assert subject.ensure(step, accept_data_loss=True) == first
    assert subject.row(step).attributes == after
    if "identity" in before:
        assert after["identity"] != before["identity"]


def test_no_consent_makes_a_new_password(subject: Subject) -> None:
    """The database keeps the old one, so that a new one would lock its tenant out."""
    subject.ensure(SECRET)
    delete(subject, SECRET)
    with pytest.raises(DataLost, match="a new password would not be"):
        subject.ensure(SECRET, accept_data_loss=True)


def test_a_secret_that_lost_its_value_is_given_no_other(subject: Subject) -> None:
    """A secret made again by hand without a value is ours to complete only while none was ever made."""
    subject.ensure(SECRET)
    delete(subject, SECRET)
    tags = [{"Key": key, "Value": value} for key, value in subject.tags(SECRET).items()]
    subject.aws("secretsmanager").create_secret(Name=subject.name(SECRET), Tags=tags)
    with pytest.raises(DataLost, match="without a value"):
        subject.ensure(SECRET)
    found = subject.aws("secretsmanager").describe_secret(SecretId=subject.name(SECRET))
    assert not found.get("VersionIdsToStages")


@pytest.mark.parametrize("step", MAKING)
def test_what_was_brought_back_under_its_name_is_kept(subject: Subject, step: str) -> None:
    """A restored thing with our tags is found again, and the inventory learns its new identity."""
    subject.build(*NEEDS.get(step, ()), step)
    before = subject.row(step).attributes
    delete(subject, step)
    bring_back(subject, step)
    subject.ensure(step)
    after = subject.row(step)
    assert after.state == "made"
    if "identity" in before:
        assert after.attributes["identity"] != before["identity"]
    if step == SECRET:
        assert read_password(subject.aws("secretsmanager"), subject.name(step)) == "kept"


def test_a_stranger_in_its_place_is_left_untouched(subject: Subject) -> None:
    """A secret of somebody else under the name of ours that is gone is a conflict, whatever it holds."""
    subject.ensure(SECRET)
    delete(subject, SECRET)
    subject.aws("secretsmanager").create_secret(Name=subject.name(SECRET))
    with pytest.raises(OwnershipConflict):
        subject.ensure(SECRET)


@pytest.mark.parametrize("step", MAKING)
def test_killed_between_making_and_recording_it_is_found(
    subject: Subject, faults: Faults, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    """Made and not recorded it is only intended: the next run keeps it and makes no second one."""
    subject.build(*NEEDS.get(step, ()))

    def killed(*_: Any, **__: Any) -> None:
        raise RuntimeError("the worker was killed")

    with monkeypatch.context() as dying:
        dying.setattr(Inventory, "made", killed)
        with pytest.raises(RuntimeError):
            subject.ensure(step)
    assert subject.row(step).state == "intended"
    value = secret_value(subject) if step == SECRET else None
    subject.ensure(step)
    assert subject.row(step).state == "made"
    if step == SECRET:
        assert secret_value(subject) == value


@pytest.mark.parametrize("step", READS)
def test_what_was_made_a_moment_ago_is_looked_for_again(
    begun: Callable[..., Subject], faults: Faults, step: str
) -> None:
    """A read that does not show yet what was just made is no loss."""
    subject = begun().under(expected_load_balancer_seconds=90)
    subject.build(*NEEDS.get(step, ()), step)
    identity = subject.row(step).attributes.get("identity")
    operation, code = READS[step]
    faults.refuse(operation, subject.name(step), code=code, status=404)
    with pytest.raises(NotReady, match="does not show") as raised:
        subject.ensure(step)
    assert raised.value.retry_after
    subject.ensure(step)
    assert subject.row(step).attributes.get("identity") == identity


def secret_value(subject: Subject) -> str:
    answer = subject.aws("secretsmanager").get_secret_value(SecretId=subject.name(SECRET))
    return str(answer["SecretString"])
