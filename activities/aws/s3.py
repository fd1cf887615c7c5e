"""One S3 bucket and the calls on it, each of which says whose bucket it has to be."""

from typing import TYPE_CHECKING

from botocore.exceptions import ClientError

from activities.aws.base import listed
from activities.aws.bucket_properties import ALGORITHM, OWNERSHIP, PRIVATE, compare, lifecycle_of
from activities.aws.failures import code_of, of_answer
from activities.aws.observing import Comparison
from domain.errors import AccessDenied, OwnershipConflict
from domain.plans import Cell
from domain.specs import BucketSpec

if TYPE_CHECKING:  # the stubs are a development dependency
    from mypy_boto3_s3 import S3Client
    from mypy_boto3_s3.type_defs import ObjectIdentifierTypeDef

HOME_REGION = "us-east-1"
"""The one region that S3 refuses to be told as a location constraint."""


class Bucket:
    def __init__(self, client: "S3Client", name: str, cell: Cell) -> None:
        self.name = name
        self._client = client
        self._cell = cell
        self._owner = cell.account_id

    def tags(self) -> dict[str, str] | None:
        """None if there is no such bucket. Raises OwnershipConflict if it is in another account."""
        try:
            answer = self._client.get_bucket_tagging(Bucket=self.name, ExpectedBucketOwner=self._owner)
        except ClientError as error:
            if code_of(error) == "NoSuchBucket":
                return None
            if code_of(error) == "NoSuchTagSet":
                return {}
            if isinstance(of_answer(error), AccessDenied) and not self._in_our_account():
                raise OwnershipConflict(f"bucket {self.name} belongs to another account") from error
            raise
        return {tag["Key"]: tag["Value"] for tag in answer["TagSet"]}

    def create(self, tags: dict[str, str]) -> None:
        configuration: dict[str, object] = {"Tags": listed(tags)}
        if self._cell.region != HOME_REGION:
            configuration["LocationConstraint"] = self._cell.region
        self._client.create_bucket(
            Bucket=self.name,
            CreateBucketConfiguration=configuration,  # type: ignore[arg-type]  # built by cases
            ObjectOwnership=OWNERSHIP,
        )

    def tag(self, tags: dict[str, str]) -> None:
        self._client.put_bucket_tagging(
            Bucket=self.name,
            Tagging={"TagSet": listed(tags)},  # type: ignore[typeddict-item]  # plain dicts
            ExpectedBucketOwner=self._owner,
        )

    def own_objects(self) -> None:
        """Everything in the bucket belongs to its owner; a new bucket is made so."""
        self._client.put_bucket_ownership_controls(
            Bucket=self.name,
            OwnershipControls={"Rules": [{"ObjectOwnership": OWNERSHIP}]},
            ExpectedBucketOwner=self._owner,
        )

    def configure(self, spec: BucketSpec) -> None:
        """Brings every property to the wanted state; each call replaces what was there."""
        client, name, owner = self._client, self.name, self._owner
        client.put_public_access_block(
            Bucket=name, PublicAccessBlockConfiguration=PRIVATE, ExpectedBucketOwner=owner
        )
        client.put_bucket_encryption(
            Bucket=name,
            ServerSideEncryptionConfiguration={
                "Rules": [{"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": ALGORITHM}}]
            },
            ExpectedBucketOwner=owner,
        )
        client.put_bucket_versioning(
            Bucket=name, VersioningConfiguration={"Status": "Enabled"}, ExpectedBucketOwner=owner
        )
        client.put_bucket_lifecycle_configuration(
            Bucket=name, LifecycleConfiguration={"Rules": [lifecycle_of(spec)]}, ExpectedBucketOwner=owner
        )

    def compare(self, spec: BucketSpec, found: Comparison) -> None:
        """Notes which properties differ from what `configure` would set."""
        compare(self._client, self.name, self._cell, spec, found)

    def delete(self) -> bool:
        """False if something is in it."""
        try:
            self._client.delete_bucket(Bucket=self.name, ExpectedBucketOwner=self._owner)
        except ClientError as error:
            if code_of(error) == "BucketNotEmpty":
                return False
            if code_of(error) != "NoSuchBucket":
                raise
        return True

    def delete_page(self, size: int) -> tuple[int, bool]:
        """Deletes the first page of versions and markers; answers how many, and whether there are more.

        What is deleted is not listed again, so every page is the first one: no marker can point at something
        that is gone.
        """
        page = self._client.list_object_versions(
            Bucket=self.name, MaxKeys=size, ExpectedBucketOwner=self._owner
        )
        found = [*page.get("Versions", []), *page.get("DeleteMarkers", [])]
        doomed: list[ObjectIdentifierTypeDef] = [
            {"Key": one["Key"], "VersionId": one["VersionId"]} for one in found
        ]
        if doomed:
            self._delete_objects(doomed)
        return len(doomed), page["IsTruncated"]

    def _delete_objects(self, doomed: "list[ObjectIdentifierTypeDef]") -> None:
        answer = self._client.delete_objects(
            Bucket=self.name, Delete={"Objects": doomed, "Quiet": True}, ExpectedBucketOwner=self._owner
        )
        for refusal in answer.get("Errors", []):
            raise of_answer(
                ClientError(
                    {"Error": {"Code": refusal.get("Code", ""), "Message": refusal.get("Message", "")}},
                    "DeleteObjects",
                )
            )

    def _in_our_account(self) -> bool:
        """Tells a bucket of another account from one of ours that we may not read."""
        buckets = self._client.list_buckets(Prefix=self.name)["Buckets"]
        return any(bucket["Name"] == self.name for bucket in buckets)
