"""Reads that lag behind: what was just made is not found yet, and what was just deleted is still shown."""

from collections.abc import Callable
from datetime import timedelta

import pytest

from activities.aws import pod_identity
from domain.errors import NotReady, Unavailable
from tests.activities.aws.faults import Faults
from tests.activities.aws.subject import Subject

READS = {
    "recordings": ("GetBucketTagging", "NoSuchBucket"),
    "database-password": ("DescribeSecret", "ResourceNotFoundException"),
    "usage-token": ("DescribeSecret", "ResourceNotFoundException"),
    "database-parameters": ("DescribeDBParameterGroups", "DBParameterGroupNotFound"),
    "database": ("DescribeDBInstances", "DBInstanceNotFound"),
    "auth-role": ("GetRole", "NoSuchEntity"),
}
NEEDS = {"database": ("database-admin", "database-password", "database-parameters")}


@pytest.mark.parametrize("step", READS)
def test_what_was_made_is_deleted_although_a_read_does_not_find_it(
    subject: Subject, faults: Faults, step: str
) -> None:
    """A removal seconds after the making deletes what AWS does not show yet."""
    subject.build(*NEEDS.get(step, ()), step)
    operation, code = READS[step]
    faults.refuse(operation, subject.name(step), code=code, status=404)
    subject.remove(step)
    assert faults.taken() == 1
    assert step not in {ref.step for ref in subject.verify().survivors}


@pytest.mark.parametrize("step", READS)
def test_what_was_never_made_is_not_deleted_unseen(subject: Subject, faults: Faults, step: str) -> None:
    """Of what is only intended a read that finds nothing is the end: it might be a stranger's by then."""
    subject.remove(step)
    assert faults.calls(subject.name(step)) == [READS[step][0]]


def test_a_role_whose_policies_are_not_shown_yet_is_deleted(subject: Subject, faults: Faults) -> None:
    """Neither the role nor the policy that we put on it needs to be seen to be deleted."""
    subject.ensure("auth-role")
    for operation in ("GetRole", "ListRolePolicies"):
        faults.refuse(operation, subject.name("auth-role"), code="NoSuchEntity", status=404)
    subject.remove("auth-role")
    assert faults.taken() == 2
    assert subject.verify().survivors == []


def test_a_bucket_that_holds_something_is_not_emptied_unseen(subject: Subject, faults: Faults) -> None:
    """Whose the contents are must be known before they are deleted: another try looks again."""
    subject.ensure("recordings")
    name = subject.name("recordings")
    subject.aws("s3").put_object(Bucket=name, Key="session", Body=b"x")
    faults.refuse("GetBucketTagging", name, code="NoSuchBucket", status=404)
    with pytest.raises(Unavailable, match="holds something"):
        subject.remove("recordings")
    assert subject.aws("s3").list_objects_v2(Bucket=name)["KeyCount"] == 1
    subject.remove("recordings")
    assert subject.verify().survivors == []


def test_a_protected_database_that_is_not_shown_yet_waits_while_rds_is_busy(
    subject: Subject, faults: Faults
) -> None:
    """RDS refuses to delete what it still creates; that is waited for."""
    subject.build(*NEEDS["database"], "database")
    faults.refuse("DescribeDBInstances", subject.name("database"), code="DBInstanceNotFound", status=404)
    faults.refuse("ModifyDBInstance", subject.name("database"), code="InvalidDBInstanceState")
    with pytest.raises(NotReady, match="busy"):
        subject.remove("database")
    subject.remove("database")
    assert "database" not in {ref.step for ref in subject.verify().survivors}


def test_an_association_is_deleted_by_its_recorded_id(
    subject: Subject, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A list that does not show it yet does not keep it."""
    subject.build("auth-role", "auth-identity")
    with monkeypatch.context() as lagging:
        lagging.setattr(pod_identity, "_find", lambda *_: None)
        subject.remove("auth-identity")
    subject.remove("auth-role")
    assert subject.verify().survivors == []


def test_what_is_still_shown_is_asked_for_again_for_a_minute(begun: Callable[..., Subject]) -> None:
    """Only what AWS still shows after a minute is for a person to look at."""
    subject = begun().under(expected_load_balancer_seconds=90)
    subject.ensure("auth-role")
    for waited in (0, 59):
        with pytest.raises(NotReady, match=subject.name("auth-role")) as raised:
            subject.verify(waited)
        assert raised.value.retry_after
        assert raised.value.retry_after <= timedelta(seconds=10)
    assert [ref.step for ref in subject.verify(61).survivors] == ["auth-role"]
    subject.remove("auth-role")
    assert subject.verify().survivors == []
