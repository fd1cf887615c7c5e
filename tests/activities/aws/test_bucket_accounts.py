"""Buckets of other accounts: their names are global."""

from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from botocore.config import Config
from sqlalchemy import Engine

from catalog import Catalog
from devstack.aws import AwsFront
from domain.errors import AccessDenied, OwnershipConflict
from runtime.settings import Settings
from tests.activities.aws.faults import Faults
from tests.activities.aws.subject import Subject, World

STEP = "recordings"


@pytest.fixture(scope="module")
def front() -> Iterator[AwsFront]:
    """An AWS of its own, in which the caller `stranger` has another account."""
    with AwsFront(accounts={"stranger": "999999999999"}) as running:
        yield running


@pytest.fixture
def subject(front: AwsFront, aws_settings: Settings, aws_catalog: Catalog, aws_engine: Engine) -> Subject:
    settings = aws_settings.model_copy(update={"aws_endpoint_url": front.url})
    return World(settings, aws_catalog, aws_engine).begin()


@pytest.fixture
def stranger(front: AwsFront) -> Any:
    return boto3.client(
        "s3",
        region_name="us-east-1",
        endpoint_url=front.url,
        aws_access_key_id="stranger",
        aws_secret_access_key="stranger",
        config=Config(s3={"addressing_style": "path"}, retries={"total_max_attempts": 1}),
    )


def test_a_bucket_of_another_account_is_a_conflict_and_no_survivor(subject: Subject, stranger: Any) -> None:
    """A stranger who holds our bucket's name keeps the bucket, and a removed tenant is not blamed for it."""
    stranger.create_bucket(Bucket=subject.name(STEP))
    stranger.put_object(Bucket=subject.name(STEP), Key="theirs", Body=b"x")
    with pytest.raises(OwnershipConflict, match="another account"):
        subject.ensure(STEP)
    subject.remove(STEP)
    assert subject.verify().survivors == []
    assert "not ours" in subject.proof(STEP)
    assert stranger.get_object(Bucket=subject.name(STEP), Key="theirs")["Body"].read() == b"x"


def test_a_bucket_of_ours_that_we_may_not_read_is_no_strangers(subject: Subject, front: AwsFront) -> None:
    """A missing permission on our own bucket is told as such, and the bucket does not count as gone."""
    subject.ensure(STEP)
    faults = Faults(front.url)
    faults.refuse("GetBucketTagging", subject.name(STEP), times=3, code="AccessDenied", status=403)
    for step in (subject.ensure, subject.remove):
        with pytest.raises(AccessDenied):
            step(STEP)
    with pytest.raises(AccessDenied):
        subject.verify()
    faults.clear()
    assert subject.row(STEP).state == "made"
