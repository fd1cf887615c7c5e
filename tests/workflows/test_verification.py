"""What is still there after its removal: it is named, its step is not done, and a person decides."""

from tests.workflows.faults import REFUSED_BY_AWS
from tests.workflows.stage import Json, Stage
from tests.workflows.standing import intervene, path, stuck


async def test_what_lost_its_tags_is_left_untouched_and_named(stage: Stage) -> None:
    """A bucket without our tags is not called removed: the stop says what to do, and a retry then ends it."""
    tenant = await stage.active()
    tags = strip(stage, tenant)
    teardown = await stage.ask("DELETE", f"{path(tenant)}?grace=0")
    stop = await stuck(stage, teardown, "verification", one_thing=False)
    name = bucket_of(tenant)
    assert (stop["reason"], stop["object"]["name"]) == ("StillThere", name)
    assert stop["message"] == (
        f"bears no marks of ours, left untouched: s3:bucket {name} (s3:GetBucketTagging answered no tags); "
        "tag it again or delete it, then retry"
    )
    view = await stage.operation(teardown)
    assert statuses(view)["recordings"] == "failed"
    mark(stage, tenant, tags)
    await intervene(stage, teardown, "retry", reason="tagged again")
    ended = await stage.finished(teardown)
    assert (ended["status"], statuses(ended)["recordings"]) == ("succeeded", "undone")
    assert await stage.things(tenant) == []


async def test_a_retry_of_the_verification_leaves_skipped_steps_alone(stage: Stage) -> None:
    """What is removed again is not what was skipped: its step stays skipped to the end."""
    tenant = await stage.active()
    tags = strip(stage, tenant)
    async with stage.aws_fault(match={"operation": "ChangeResourceRecordSets"}, **REFUSED_BY_AWS):
        teardown = await stage.ask("DELETE", f"{path(tenant)}?grace=0")
        await stuck(stage, teardown, "dns")
        await intervene(stage, teardown, "skip", step="dns", reason="the zone is gone")
        await stuck(stage, teardown, "verification", one_thing=False)
        mark(stage, tenant, tags)
        await intervene(stage, teardown, "retry", reason="tagged again")
        ended = await stage.finished(teardown)
    assert (ended["status"], statuses(ended)["dns"]) == ("succeeded", "skipped")


def bucket_of(tenant: Json) -> str:
    return f"test-{tenant['tenant_id']}-recordings"


def strip(stage: Stage, tenant: Json) -> list[Json]:
    """Takes the bucket's tags away, and returns them."""
    s3 = stage.auditor.aws("s3", "us-east-1")
    tags: list[Json] = s3.get_bucket_tagging(Bucket=bucket_of(tenant))["TagSet"]
    s3.delete_bucket_tagging(Bucket=bucket_of(tenant))
    return tags


def mark(stage: Stage, tenant: Json, tags: list[Json]) -> None:
    stage.auditor.aws("s3", "us-east-1").put_bucket_tagging(
        Bucket=bucket_of(tenant), Tagging={"TagSet": tags}
    )


def statuses(view: Json) -> dict[str, str]:
    return {step["name"]: step["status"] for step in view["steps"]}
