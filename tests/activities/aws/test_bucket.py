"""S3 buckets."""

from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import ClientError

from domain.errors import OwnershipConflict, Unavailable
from tests.activities.aws.faults import Faults
from tests.activities.aws.subject import Subject

STEP = "recordings"


def properties(subject: Subject) -> dict[str, Any]:
    s3, name = subject.aws("s3"), subject.name(STEP)
    return {
        "tags": s3.get_bucket_tagging(Bucket=name)["TagSet"],
        "block": s3.get_public_access_block(Bucket=name)["PublicAccessBlockConfiguration"],
        "encryption": s3.get_bucket_encryption(Bucket=name)["ServerSideEncryptionConfiguration"],
        "versioning": s3.get_bucket_versioning(Bucket=name)["Status"],
        "ownership": s3.get_bucket_ownership_controls(Bucket=name)["OwnershipControls"],
        "lifecycle": s3.get_bucket_lifecycle_configuration(Bucket=name)["Rules"],
        "location": s3.get_bucket_location(Bucket=name)["LocationConstraint"],
    }


@pytest.mark.parametrize("region", ["us-east-1", "eu-west-1"])
def test_a_bucket_is_private_encrypted_versioned_and_ours(begun: Callable[..., Subject], region: str) -> None:
    """A new bucket has every property of the blueprint, in any region, and is in the inventory."""
    subject = begun(region=region)
    outcome = subject.ensure(STEP)
    found = properties(subject)
    assert {tag["Key"]: tag["Value"] for tag in found["tags"]} == subject.tags(STEP)
    assert all(found["block"].values())
    rule = found["encryption"]["Rules"][0]["ApplyServerSideEncryptionByDefault"]
    assert rule == {"SSEAlgorithm": "AES256"}
    assert found["versioning"] == "Enabled"
    assert found["ownership"]["Rules"] == [{"ObjectOwnership": "BucketOwnerEnforced"}]
    (lifecycle,) = found["lifecycle"]
    assert lifecycle["Transitions"] == [{"Days": 90, "StorageClass": "GLACIER_IR"}]
    assert lifecycle["NoncurrentVersionExpiration"] == {"NoncurrentDays": 30}
    assert found["location"] == (None if region == "us-east-1" else region)
    assert outcome.outputs["recordings.name"] == subject.name(STEP)
    assert subject.row(STEP).state == "made"
    assert subject.row(STEP).provider_id == f"arn:aws:s3:::{subject.name(STEP)}"


def test_ensure_twice_is_ensure_once(subject: Subject) -> None:
    """A second run changes nothing and answers the same."""
    first = subject.ensure(STEP)
    before = properties(subject)
    assert subject.ensure(STEP) == first
    assert properties(subject) == before


def test_drift_is_corrected_and_foreign_tags_are_kept(subject: Subject) -> None:
    """What somebody changed by hand is brought back; tags of others on our bucket stay."""
    subject.ensure(STEP)
    s3, name = subject.aws("s3"), subject.name(STEP)
    tags = {**subject.tags(STEP), "cost-center": "7", "tenantry.dev/slug": "wrong"}
    s3.put_bucket_tagging(
        Bucket=name, Tagging={"TagSet": [{"Key": key, "Value": value} for key, value in tags.items()]}
    )
    s3.delete_public_access_block(Bucket=name)
    s3.delete_bucket_ownership_controls(Bucket=name)
    s3.put_bucket_versioning(Bucket=name, VersioningConfiguration={"Status": "Suspended"})
    subject.ensure(STEP)
    found = properties(subject)
    assert {tag["Key"]: tag["Value"] for tag in found["tags"]} == {
        **subject.tags(STEP),
        "cost-center": "7",
    }
    assert all(found["block"].values())
    assert found["ownership"]["Rules"] == [{"ObjectOwnership": "BucketOwnerEnforced"}]
    assert found["versioning"] == "Enabled"


@pytest.mark.parametrize("region", ["us-east-1", "eu-west-1"])
@pytest.mark.parametrize("operation", ["CreateBucket", "PutPublicAccessBlock", "PutBucketVersioning"])
def test_a_lost_answer_is_made_good_by_the_next_run(
    begun: Callable[..., Subject], faults: Faults, operation: str, region: str
) -> None:
    """An answer lost after the effect is a temporary error, and the next run ends as if nothing happened."""
    subject = begun(region=region)
    faults.drop_answer(operation, subject.name(STEP))
    with pytest.raises(Unavailable):
        subject.ensure(STEP)
    assert subject.ensure(STEP).ready
    assert faults.taken() == 1
    assert properties(subject)["versioning"] == "Enabled"


@pytest.mark.parametrize("region", ["us-east-1", "eu-west-1"])
@pytest.mark.parametrize("tags", [{}, {"owner": "somebody"}])
def test_a_foreign_bucket_of_our_account_is_left_untouched(
    begun: Callable[..., Subject], tags: dict[str, str], region: str
) -> None:
    """A bucket under our name without our tags is a conflict for ensure and nothing to remove for undo."""
    subject = begun(region=region)
    s3, name = subject.aws("s3"), subject.name(STEP)
    where = {} if region == "us-east-1" else {"CreateBucketConfiguration": {"LocationConstraint": region}}
    s3.create_bucket(Bucket=name, **where)
    if tags:
        s3.put_bucket_tagging(Bucket=name, Tagging={"TagSet": [{"Key": "owner", "Value": "somebody"}]})
    s3.put_object(Bucket=name, Key="theirs", Body=b"x")
    with pytest.raises(OwnershipConflict):
        subject.ensure(STEP)
    subject.remove(STEP)
    assert subject.verify().survivors == []
    assert "not ours" in subject.proof(STEP)
    assert s3.get_object(Bucket=name, Key="theirs")["Body"].read() == b"x"
    assert "Status" not in s3.get_bucket_versioning(Bucket=name)
    with pytest.raises(ClientError, match="PublicAccessBlock"):
        s3.get_public_access_block(Bucket=name)


def test_remove_empties_all_versions_and_deletes(subject: Subject) -> None:
    """Removal also takes old versions and delete markers; again, it is a success."""
    subject.ensure(STEP)
    s3, name = subject.aws("s3"), subject.name(STEP)
    for body in (b"1", b"2"):
        s3.put_object(Bucket=name, Key="session", Body=body)
    s3.delete_object(Bucket=name, Key="session")
    subject.remove(STEP)
    with pytest.raises(ClientError, match="404"):
        s3.head_bucket(Bucket=name)
    subject.remove(STEP)
    assert subject.verify().survivors == []
    assert subject.proof(STEP) == "s3:GetBucketTagging answered NoSuchBucket"


def test_removing_what_was_never_made_is_success(subject: Subject) -> None:
    """The undo of a step that never ran finds nothing and says so in the proof."""
    subject.remove(STEP)
    assert subject.verify().survivors == []


def test_a_lost_answer_while_removing(subject: Subject, faults: Faults) -> None:
    """A deletion whose answer is lost is finished by the next run."""
    subject.ensure(STEP)
    faults.drop_answer("DeleteBucket", subject.name(STEP))
    with pytest.raises(Unavailable):
        subject.remove(STEP)
    subject.remove(STEP)
    assert subject.verify().survivors == []


def test_a_bucket_that_is_still_there_survives_verification(subject: Subject) -> None:
    """Verification lists what exists and marks nothing of it gone."""
    subject.ensure(STEP)
    assert [ref.name for ref in subject.verify().survivors] == [subject.name(STEP)]
    assert subject.row(STEP).state == "made"


def test_our_bucket_without_its_tags_survives_verification(subject: Subject) -> None:
    """A bucket that we made and whose tags were taken off is neither deleted nor called gone."""
    subject.ensure(STEP)
    subject.aws("s3").delete_bucket_tagging(Bucket=subject.name(STEP))
    subject.remove(STEP)
    assert [ref.name for ref in subject.verify().survivors] == [subject.name(STEP)]
