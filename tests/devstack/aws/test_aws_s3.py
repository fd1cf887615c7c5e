"""S3: creation, ownership, deletion."""

from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.devstack.aws.support import ACCOUNT, STRANGER, STRANGERS_ACCOUNT, Aws, refused, unique

TAGS = [{"Key": "tenant", "Value": "a"}]


def _bucket(aws: Aws, **configuration: Any) -> str:
    name = unique("bucket")
    if aws.region != "us-east-1":
        configuration["LocationConstraint"] = aws.region
    arguments: Any = {"CreateBucketConfiguration": configuration} if configuration else {}
    aws.s3.create_bucket(Bucket=name, **arguments)
    return name


@pytest.mark.parametrize("region", ["us-east-1", "eu-west-1"])
def test_tags_given_at_creation_are_kept(aws: Aws, region: str) -> None:
    """A bucket is tagged from its first moment on."""
    here = aws.elsewhere(region)
    name = _bucket(here, Tags=TAGS)
    assert here.s3.get_bucket_tagging(Bucket=name)["TagSet"] == TAGS


def test_unusable_tags_are_refused_and_no_bucket_is_made(aws: Aws) -> None:
    """Too many tags, reserved keys, or one key twice are refused."""
    for tags in (
        [{"Key": f"k{i}", "Value": ""} for i in range(51)],
        [{"Key": "aws:mine", "Value": ""}],
        [{"Key": "twice", "Value": "1"}, {"Key": "twice", "Value": "2"}],
    ):
        name = unique("bucket")
        refusal = refused(aws.s3.create_bucket, Bucket=name, CreateBucketConfiguration={"Tags": tags})
        assert refusal.status == 400
        assert refused(aws.s3.head_bucket, Bucket=name).status == 404


def test_creating_ones_own_bucket_again(aws: Aws) -> None:
    """Elsewhere it is refused as one's own; in us-east-1 it succeeds, and the tags stay."""
    here = _bucket(aws, Tags=TAGS)
    aws.s3.create_bucket(Bucket=here, CreateBucketConfiguration={"Tags": [{"Key": "other", "Value": "b"}]})
    assert aws.s3.get_bucket_tagging(Bucket=here)["TagSet"] == TAGS
    ireland = aws.elsewhere("eu-west-1")
    there = _bucket(ireland)
    again = refused(
        ireland.s3.create_bucket,
        Bucket=there,
        CreateBucketConfiguration={"LocationConstraint": "eu-west-1"},
    )
    assert (again.code, again.status) == ("BucketAlreadyOwnedByYou", 409)


def test_a_bucket_of_a_stranger(aws: Aws) -> None:
    """Its name is taken for everyone, and its contents are closed to everyone else."""
    theirs = _bucket(aws.as_caller(STRANGER))
    taken = refused(aws.s3.create_bucket, Bucket=theirs)
    assert (taken.code, taken.status) == ("BucketAlreadyExists", 409)
    assert refused(aws.s3.head_bucket, Bucket=theirs).status == 403
    assert refused(aws.s3.get_bucket_tagging, Bucket=theirs).code == "AccessDenied"
    assert refused(aws.s3.put_object, Bucket=theirs, Key="k", Body=b"").code == "AccessDenied"
    assert refused(aws.s3.delete_bucket, Bucket=theirs).code == "AccessDenied"
    aws.as_caller(STRANGER).s3.head_bucket(Bucket=theirs)


def test_the_expected_owner_is_checked(aws: Aws) -> None:
    """A call that expects another account is refused, whatever it would do."""
    name = _bucket(aws)
    aws.s3.head_bucket(Bucket=name, ExpectedBucketOwner=ACCOUNT)
    wrong = {"Bucket": name, "ExpectedBucketOwner": STRANGERS_ACCOUNT}
    assert refused(aws.s3.head_bucket, **wrong).status == 403
    assert refused(aws.s3.put_bucket_tagging, **wrong, Tagging={"TagSet": TAGS}).code == "AccessDenied"
    assert refused(aws.s3.delete_bucket, **wrong).code == "AccessDenied"
    missing = refused(aws.s3.head_bucket, Bucket=unique("bucket"), ExpectedBucketOwner=ACCOUNT)
    assert missing.status == 404


def test_only_an_empty_bucket_is_deleted(aws: Aws) -> None:
    """Versions and delete markers count; they are listed, and once they are gone the bucket goes."""
    name = _bucket(aws)
    aws.s3.put_bucket_versioning(Bucket=name, VersioningConfiguration={"Status": "Enabled"})
    for body in (b"1", b"2"):
        aws.s3.put_object(Bucket=name, Key="recording", Body=body)
    aws.s3.delete_object(Bucket=name, Key="recording")
    listed = aws.s3.list_object_versions(Bucket=name)
    assert (len(listed["Versions"]), len(listed["DeleteMarkers"])) == (2, 1)
    assert refused(aws.s3.delete_bucket, Bucket=name).code == "BucketNotEmpty"
    for version in listed["Versions"]:
        aws.s3.delete_object(Bucket=name, Key="recording", VersionId=version["VersionId"])
    marked = refused(aws.s3.delete_bucket, Bucket=name)
    assert (marked.code, marked.status) == ("BucketNotEmpty", 409)
    for marker in listed["DeleteMarkers"]:
        aws.s3.delete_object(Bucket=name, Key="recording", VersionId=marker["VersionId"])
    aws.s3.delete_bucket(Bucket=name)
    assert refused(aws.s3.head_bucket, Bucket=name).status == 404


def test_many_versions_are_listed_in_pages(aws: Aws) -> None:
    """The paginator finds each version once."""
    name = _bucket(aws)
    aws.s3.put_bucket_versioning(Bucket=name, VersioningConfiguration={"Status": "Enabled"})
    for number in range(7):
        aws.s3.put_object(Bucket=name, Key=f"k{number % 3}", Body=b"")
    pages = aws.s3.get_paginator("list_object_versions").paginate(
        Bucket=name, PaginationConfig={"PageSize": 2}
    )
    found = [(version["Key"], version["VersionId"]) for page in pages for version in page.get("Versions", [])]
    assert (len(found), len(set(found))) == (7, 7)


def test_bodies_arrive_whole(aws: Aws) -> None:
    """Objects come back byte for byte, with their metadata, through either kind of request."""
    name = _bucket(aws)
    body = bytes(range(256)) * 4096
    aws.s3.put_object(Bucket=name, Key="a/b c.bin", Body=body, Metadata={"of": "tenant"})
    got = aws.s3.get_object(Bucket=name, Key="a/b c.bin")
    assert (got["Body"].read() == body, got["Metadata"]) == (True, {"of": "tenant"})
    assert aws.s3.head_object(Bucket=name, Key="a/b c.bin")["ContentLength"] == len(body)
    with pytest.raises(ClientError):
        aws.s3.get_object(Bucket=name, Key="none")
