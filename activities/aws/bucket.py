"""S3 buckets: private, encrypted, versioned, and emptied page by page before they are deleted."""

from typing import TypedDict

from temporalio import activity

from activities.aws.base import Finding, Ground, Holder, Kind, holder_of, name_of, require_ours, tags_of
from activities.aws.failures import aws_errors
from activities.aws.losses import made_before, may_make
from activities.aws.observing import Comparison
from activities.aws.s3 import Bucket
from domain.errors import OwnershipConflict, Unavailable
from domain.messages import Difference, StepCall, StepOutcome, TenantContext
from domain.specs import BucketSpec
from store.inventory import InventoryRow

PAGE = 1000


class Position(TypedDict):
    """How far the emptying of a bucket got, over all attempts."""

    deleted: int


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
            bucket = Bucket(self.ground.clients.s3(cell.region), name, cell)
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
        for row in self.ground.to_remove(call):
            with aws_errors():
                bucket = Bucket(self.ground.clients.s3(cell.region), row.ref.name, cell)
                holder = self._holder(bucket, call.tenant)
                if holder is Holder.OURS and not bucket.delete():
                    self._empty(bucket)
                elif holder is Holder.NOBODY and row.state == "made" and not bucket.delete():
                    raise Unavailable(f"bucket {bucket.name} was not found, and yet it holds something")
        return StepOutcome()

    def observe(self, call: StepCall) -> list[Difference]:
        cell = self.ground.cell(call.tenant)
        name = name_of(call.tenant, call.step)
        found = Comparison(call, self.ref_kind, name)
        with aws_errors():
            bucket = Bucket(self.ground.clients.s3(cell.region), name, cell)
            try:
                tags = bucket.tags()
            except OwnershipConflict as error:
                return found.lost(str(error))
            if tags is None:
                return found.missing("with everything in it")
            if found.ours(tags):
                bucket.compare(self.ground.spec(call, BucketSpec), found)
        return found.differences

    def find(self, tenant: TenantContext, row: InventoryRow) -> Finding:
        cell = self.ground.cell(tenant)
        with aws_errors():
            bucket = Bucket(self.ground.clients.s3(cell.region), row.ref.name, cell)
            try:
                tags = bucket.tags()
            except OwnershipConflict:
                return Finding(
                    Holder.STRANGER,
                    "s3:GetBucketTagging answered AccessDenied, s3:ListBuckets does not list it",
                )
        if tags is None:
            return Finding(Holder.NOBODY, "s3:GetBucketTagging answered NoSuchBucket")
        if not tags:
            return Finding(Holder.STRANGER, "s3:GetBucketTagging answered no tags")
        return Finding(
            holder_of(tags, tenant), f"s3:GetBucketTagging answered tags {', '.join(sorted(tags))}"
        )

    def _create_or_adopt(self, bucket: Bucket, call: StepCall) -> None:
        made = made_before(self.ground, call, self.ref_kind, bucket.name)
        # Looked for first: in us-east-1 creating a bucket again succeeds, and resets what is a stranger's.
        tags = bucket.tags()
        wanted = tags_of(call)
        if tags is None:
            may_make(self.ground, call, made)
            bucket.create(wanted)
            return
        require_ours(tags, call.tenant, f"bucket {bucket.name}")
        if not wanted.items() <= tags.items():
            bucket.tag({**tags, **wanted})
        bucket.own_objects()

    def _holder(self, bucket: Bucket, tenant: TenantContext) -> Holder:
        try:
            tags = bucket.tags()
        except OwnershipConflict:
            return Holder.STRANGER
        return Holder.NOBODY if tags is None else holder_of(tags, tenant)

    def _empty(self, bucket: Bucket) -> None:
        """Deletes all versions and markers. What a killed attempt deleted counts for the next."""
        details = activity.info().heartbeat_details
        deleted = details[0]["deleted"] if details else 0
        more = True
        while more:
            count, more = bucket.delete_page(self._page)
            deleted += count
            activity.heartbeat(Position(deleted=deleted))
        if not bucket.delete():
            raise Unavailable(f"bucket {bucket.name} was written to while it was emptied")
