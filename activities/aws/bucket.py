"""S3 buckets: private, encrypted, versioned, and emptied page by page before they are deleted."""

from typing import TYPE_CHECKING, TypedDict

from botocore.exceptions import ClientError
from temporalio import activity

from activities.aws.base import (
    Finding,
    Ground,
    Holder,
    Kind,
    holder_of,
    listed,
    name_of,
    require_ours,
    tags_of,
)
from activities.aws.failures import aws_errors, code_of, of_answer
from domain.errors import AccessDenied, OwnershipConflict, Unavailable
from domain.messages import ResourceRef, StepCall, StepOutcome, TenantContext
from domain.plans import Cell
from domain.specs import BucketSpec

if TYPE_CHECKING:  # the stubs are a development dependency
    from mypy_boto3_s3 import S3Client
    from mypy_boto3_s3.type_defs import ObjectIdentifierTypeDef

HOME_REGION = "us-east-1"
"""The one region that S3 refuses to be told as a location constraint."""

ABORT_UPLOADS_AFTER_DAYS = 7
PAGE = 1000


class Position(TypedDict):
    """How far the emptying of a bucket got."""

    key: str
    version: str


class Buckets(Kind):
    ref_kind = "s3:bucket"

    def __init__(self, ground: Ground, page: int = PAGE) -> None:
        super().__init__(ground)
        self._page = page

    @activity.defn(name="bucket.ensure")
    def ensure(self, call: StepCall) -> StepOutcome:
        cell = self.ground.cell(call.tenant)
        spec = self.ground.spec(call, BucketSpec)
        name = name_of(call.tenant, call.step)
        with aws_errors():
            bucket = _Bucket(self.ground.clients.s3(cell.region), name, cell)
            self._create_or_adopt(bucket, call)
            bucket.configure(spec)
        arn = f"arn:{cell.partition}:s3:::{name}"
        outputs = {"name": name, "arn": arn, "region": cell.region}
        return StepOutcome(
            outputs=self.ground.made(call, self.ref_kind, name, provider_id=arn, outputs=outputs)
        )

    @activity.defn(name="bucket.remove")
    def remove(self, call: StepCall) -> StepOutcome:
        cell = self.ground.cell(call.tenant)
        for row in self.ground.rows(call):
            with aws_errors():
                bucket = _Bucket(self.ground.clients.s3(cell.region), row.ref.name, cell)
                if self._holder(bucket, call.tenant) is Holder.OURS and not bucket.delete():
                    self._empty(bucket)
                    bucket.delete_emptied()
        return StepOutcome()

    def find(self, tenant: TenantContext, ref: ResourceRef) -> Finding:
        cell = self.ground.cell(tenant)
        with aws_errors():
            bucket = _Bucket(self.ground.clients.s3(cell.region), ref.name, cell)
            holder = self._holder(bucket, tenant)
        if holder is Holder.NOBODY:
            return Finding(holder, "s3:GetBucketTagging answered NoSuchBucket")
        return Finding(holder, "s3:GetBucketTagging answered with tags that are not this tenant's")

    def _create_or_adopt(self, bucket: "_Bucket", call: StepCall) -> None:
        # Looked for first: in us-east-1 creating a bucket again succeeds, and resets what is a stranger's.
        tags = bucket.tags()
        wanted = tags_of(call)
        if tags is None:
            bucket.create(wanted)
            return
        require_ours(tags, call.tenant, f"bucket {bucket.name}")
        if not wanted.items() <= tags.items():
            bucket.tag({**tags, **wanted})

    def _holder(self, bucket: "_Bucket", tenant: TenantContext) -> Holder:
        try:
            tags = bucket.tags()
        except OwnershipConflict:
            return Holder.STRANGER
        return Holder.NOBODY if tags is None else holder_of(tags, tenant)

    def _empty(self, bucket: "_Bucket") -> None:
        """Deletes all versions and markers; goes on where an attempt that was killed stopped."""
        details = activity.info().heartbeat_details
        position: Position | None = details[0] if details else None
        while True:
            position = bucket.delete_page(position, self._page)
            if position is None:
                return
            activity.heartbeat(position)


class _Bucket:
    """One bucket; every call says whose it has to be."""

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
            ObjectOwnership="BucketOwnerEnforced",
        )

    def tag(self, tags: dict[str, str]) -> None:
        self._client.put_bucket_tagging(
            Bucket=self.name,
            Tagging={"TagSet": listed(tags)},  # type: ignore[typeddict-item]  # plain dicts
            ExpectedBucketOwner=self._owner,
        )

    def configure(self, spec: BucketSpec) -> None:
        """Brings every property to the wanted state; each call replaces what was there."""
        client, name, owner = self._client, self.name, self._owner
        client.put_public_access_block(
            Bucket=name,
            PublicAccessBlockConfiguration={
                "BlockPublicAcls": True,
                "IgnorePublicAcls": True,
                "BlockPublicPolicy": True,
                "RestrictPublicBuckets": True,
            },
            ExpectedBucketOwner=owner,
        )
        client.put_bucket_ownership_controls(
            Bucket=name,
            OwnershipControls={"Rules": [{"ObjectOwnership": "BucketOwnerEnforced"}]},
            ExpectedBucketOwner=owner,
        )
        client.put_bucket_encryption(
            Bucket=name,
            ServerSideEncryptionConfiguration={
                "Rules": [{"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "AES256"}}]
            },
            ExpectedBucketOwner=owner,
        )
        client.put_bucket_versioning(
            Bucket=name, VersioningConfiguration={"Status": "Enabled"}, ExpectedBucketOwner=owner
        )
        client.put_bucket_lifecycle_configuration(
            Bucket=name,
            LifecycleConfiguration={
                "Rules": [
                    {
                        "ID": "archive-and-expire",
                        "Status": "Enabled",
                        "Filter": {"Prefix": ""},
                        "Transitions": [{"Days": spec.archive_after_days, "StorageClass": "GLACIER_IR"}],
                        "NoncurrentVersionExpiration": {"NoncurrentDays": spec.expire_versions_after_days},
                        "AbortIncompleteMultipartUpload": {"DaysAfterInitiation": ABORT_UPLOADS_AFTER_DAYS},
                    }
                ]
            },
            ExpectedBucketOwner=owner,
        )

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

    def delete_emptied(self) -> None:
        """Raises Unavailable if something was written meanwhile, behind the position."""
        if not self.delete():
            activity.heartbeat()  # forgets the position: the next attempt starts at the first key
            raise Unavailable(f"bucket {self.name} was written to while it was emptied")

    def delete_page(self, position: Position | None, size: int) -> Position | None:
        """Deletes the next page of versions; answers where to go on, or None after the last."""
        after = {"KeyMarker": position["key"], "VersionIdMarker": position["version"]} if position else {}
        page = self._client.list_object_versions(
            Bucket=self.name,
            MaxKeys=size,
            ExpectedBucketOwner=self._owner,
            **after,  # type: ignore[arg-type]  # two strings or nothing
        )
        found = [*page.get("Versions", []), *page.get("DeleteMarkers", [])]
        doomed: list[ObjectIdentifierTypeDef] = [
            {"Key": one["Key"], "VersionId": one["VersionId"]} for one in found
        ]
        if doomed:
            self._delete_objects(doomed)
        if not page["IsTruncated"]:
            return None
        return {"key": page["NextKeyMarker"], "version": page["NextVersionIdMarker"]}

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
