"""STS sessions of roles: bound twice, and dead at their time whatever anybody does."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError

from devstack.aws.front import AwsFront
from tests.devstack.aws.support import ACCOUNT, Aws, unique

# moto looks for the code in the service's model, and AWS models it for none.
pytestmark = pytest.mark.filterwarnings("ignore:Exception.*does not match an error shape")

ROLE = unique("role")
ARN = f"arn:aws:iam::{ACCOUNT}:role/{ROLE}"
TAGS = [{"Key": "owner", "Value": "us"}]
CREDENTIALS = {
    "aws_access_key_id": "AccessKeyId",
    "aws_secret_access_key": "SecretAccessKey",
    "aws_session_token": "SessionToken",
}


def statement(actions: list[str], resource: str) -> dict[str, Any]:
    return {"Effect": "Allow", "Action": actions, "Resource": resource}


TRUST = {
    "Version": "2012-10-17",
    "Statement": [
        {
            "Effect": "Allow",
            "Principal": {"AWS": f"arn:aws:iam::{ACCOUNT}:root"},
            "Action": ["sts:AssumeRole", "sts:TagSession"],
            "Condition": {"StringEquals": {"aws:RequestTag/owner": "us"}},
        }
    ],
}
READS = {"Version": "2012-10-17", "Statement": [statement(["s3:GetObject", "s3:ListAllMyBuckets"], "*")]}


@pytest.fixture(scope="module")
def front() -> Iterator[AwsFront]:
    with AwsFront(roles=[{"name": ROLE, "trust": TRUST, "policy": READS}]) as running:
        yield running


def assume(front: AwsFront, **changes: Any) -> dict[str, Any]:
    given = {"RoleArn": ARN, "RoleSessionName": "somebody", "DurationSeconds": 900, "Tags": TAGS, **changes}
    return dict(Aws(front.url).client("sts").assume_role(**given)["Credentials"])


def s3_of(front: AwsFront, session: dict[str, Any], **changes: str) -> Any:
    keys = {name: session[member] for name, member in CREDENTIALS.items()} | changes
    config = Config(retries={"total_max_attempts": 1}, s3={"addressing_style": "path"})
    return boto3.client("s3", endpoint_url=front.url, region_name="us-east-1", config=config, **keys)


def test_a_session_dies_at_its_time(front: AwsFront) -> None:
    """With nobody to end it: its life is kept where calls are judged."""
    session = assume(front)
    left = session["Expiration"] - datetime.now(UTC)
    assert timedelta(seconds=890) < left <= timedelta(seconds=900)
    s3 = s3_of(front, session)
    s3.list_buckets()
    Aws(front.url).advance(901)
    with pytest.raises(ClientError, match="ExpiredToken"):
        s3.list_buckets()
    Aws(front.url).advance(-901)


def test_a_session_may_ask_who_it_is(front: AwsFront) -> None:
    """Without any right for that, as everybody."""
    session = assume(front)
    keys = {name: session[member] for name, member in CREDENTIALS.items()}
    sts = boto3.client("sts", endpoint_url=front.url, region_name="us-east-1", **keys)
    assert sts.get_caller_identity()["Arn"] == f"arn:aws:sts::{ACCOUNT}:assumed-role/{ROLE}/somebody"


def test_both_policies_have_to_allow(front: AwsFront) -> None:
    """What the session policy leaves out is refused though the role may, and it gives nothing besides."""
    own, other = unique("bucket"), unique("bucket")
    for bucket in (own, other):
        Aws(front.url).s3.create_bucket(Bucket=bucket)
        Aws(front.url).s3.put_object(Bucket=bucket, Key="a", Body=b"x")
    wide = statement(["s3:GetObject", "s3:PutObject"], f"arn:aws:s3:::{own}/*")
    s3 = s3_of(front, assume(front, Policy=json.dumps({"Statement": [wide]})))
    assert s3.get_object(Bucket=own, Key="a")["Body"].read() == b"x"
    with pytest.raises(ClientError, match="no session policy allows the s3:GetObject"):
        s3.get_object(Bucket=other, Key="a")
    with pytest.raises(ClientError, match="no identity-based policy allows the s3:PutObject"):
        s3.put_object(Bucket=own, Key="a", Body=b"y")


@pytest.mark.parametrize("change", [{"aws_session_token": "another"}, {"aws_access_key_id": "ASIAMADEUP"}])
def test_keys_of_no_session_are_refused(front: AwsFront, change: dict[str, str]) -> None:
    """A key without its token, or one that nobody was given."""
    with pytest.raises(ClientError, match="InvalidToken"):
        s3_of(front, assume(front), **change).list_buckets()


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"DurationSeconds": 3601}, "ValidationError"),
        ({"RoleSessionName": "some body"}, "ValidationError"),
        ({"Policy": json.dumps({"Statement": [statement(["s3:*"], "x" * 2048)]})}, "PackedPolicyTooLarge"),
        ({"Tags": []}, "AccessDenied"),
        ({"RoleArn": f"{ARN}-of-nobody"}, "AccessDenied"),
    ],
)
def test_what_sts_refuses(front: AwsFront, change: dict[str, Any], code: str) -> None:
    """Too long, misnamed, too wordy, not trusted, not there."""
    with pytest.raises(ClientError, match=code):
        assume(front, **change)
