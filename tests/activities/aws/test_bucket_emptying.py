"""Removing a bucket that holds more than one page of versions."""

from collections.abc import Callable, Iterator

import pytest
from botocore.exceptions import ClientError

from activities.aws.base import Ground
from activities.aws.bucket import Buckets
from activities.aws.clients import Clients
from domain.errors import AccessDenied, Unavailable
from tests.activities.aws.faults import Faults
from tests.activities.aws.subject import Subject, World

STEP = "recordings"


@pytest.fixture
def subject(begun: Callable[..., Subject], world: World) -> Iterator[Subject]:
    """A tenant with seven versions in its bucket, which is emptied two at a time."""
    one = begun()
    one.ensure(STEP)
    for key in ("a", "b", "c"):
        for _ in range(2):
            one.aws("s3").put_object(Bucket=one.name(STEP), Key=key, Body=b"x")
    one.aws("s3").delete_object(Bucket=one.name(STEP), Key="c")
    ground = Ground(world.settings, world.catalog, world.inventory, Clients(world.settings))
    whole = world.activities["bucket.remove"]
    world.activities["bucket.remove"] = Buckets(ground, page=2).remove
    yield one
    world.activities["bucket.remove"] = whole


def is_gone(subject: Subject) -> bool:
    try:
        subject.aws("s3").head_bucket(Bucket=subject.name(STEP))
    except ClientError:
        return True
    return False


def test_every_page_is_deleted_and_told(subject: Subject) -> None:
    """Each page that is done is in a heartbeat, and at the end the bucket is gone."""
    subject.remove(STEP)
    assert is_gone(subject)
    assert subject.heartbeats == [({"deleted": count},) for count in (2, 4, 6, 7)]


def test_an_attempt_goes_on_where_the_last_broke_off(subject: Subject, faults: Faults) -> None:
    """A page whose answer was lost is not counted twice, and the next attempt finishes the rest."""
    faults.drop_answer("DeleteObjects", subject.name(STEP))
    with pytest.raises(Unavailable):
        subject.remove(STEP)
    subject.remove(STEP, heartbeat_details=[{"deleted": 2}])
    assert is_gone(subject)
    assert subject.heartbeats == [({"deleted": count},) for count in (4, 6, 7)]


def test_a_version_that_may_not_be_deleted_is_named(subject: Subject, faults: Faults) -> None:
    """A refusal stops the removal with its reason instead of going round for ever."""
    faults.refuse("DeleteObjects", subject.name(STEP), code="AccessDenied", status=403)
    with pytest.raises(AccessDenied):
        subject.remove(STEP)
    assert not is_gone(subject)
