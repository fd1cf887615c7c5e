"""What waits for a person: where it is shown, and each thing that can be done about it."""

import contextlib
from collections.abc import AsyncIterator

from tests.workflows.faults import STEP
from tests.workflows.stage import Json, Stage
from tests.workflows.standing import attention, intervene, path, run_page, stops, stuck, url

DENIED = {"action": "refuse", "code": "AccessDenied", "status": 403, "message": "not authorized"}


async def test_what_is_stuck_is_shown_everywhere(stage: Stage) -> None:
    """Operation, tenant, Temporal's page, search attribute and the list name step, object and reason."""
    tenant = await stage.active()
    async with refused(stage, "DeleteBucket"):
        teardown = await stage.ask("DELETE", f"{path(tenant)}?grace=0")
        stop = await stuck(stage, teardown, "recordings")
        bucket = f"test-{tenant['tenant_id']}-recordings"
        assert stop["object"] == {"kind": "s3:bucket", "name": bucket, "namespace": ""}
        assert (stop["reason"], stop["actions"]) == ("AccessDenied", ["retry"])
        assert stop == (await shown(stage, tenant))["stops"][0]
        run = await stage.run_of(tenant).describe()
        assert run.search_attributes["NeedsAttention"] == [True]
        page = await run_page(stage, tenant)
        assert f"- `recordings` (s3:bucket {bucket}): AccessDenied" in page
        listed = await attention(stage, tenant)
        assert [(item["step"], item["object"], item["since"]) for item in listed] == [
            ("recordings", stop["object"], stop["since"])
        ]
    await intervene(stage, teardown, "retry", reason="the permission is back")
    ended = await stage.finished(teardown)
    assert ended["status"] == "succeeded"
    (did,) = ended["interventions"]
    assert (did["action"], did["by"], did["why"]) == ("retry", "development", "the permission is back")
    assert await attention(stage, tenant) == []
    assert (await stage.run_of(tenant).describe()).search_attributes["NeedsAttention"] == [False]


async def test_each_stuck_step_waits_for_itself(stage: Stage) -> None:
    """Two stuck steps are both shown, the rest goes on, and a retry of one leaves the other waiting."""
    tenant = await stage.active()
    async with refused(stage, "DeleteBucket"):
        async with refused(stage, "DeleteDBParameterGroup"):
            teardown = await stage.ask("DELETE", f"{path(tenant)}?grace=0")
            view = await stage.until(teardown, lambda view: len(stops(view)) == 2)
            assert set(stops(view)) == {"recordings", "database-parameters"}
        await intervene(stage, teardown, "retry", step="database-parameters")
        view = await stage.until(teardown, lambda view: set(stops(view)) == {"recordings"})
        view = await stage.until(teardown, all_else_is_gone)
        problem = await stage.refused("POST", url(teardown, "retry"), {"step": "database"})
        assert problem["code"] == "NotPossibleNow"
        assert "recordings waits for attention" in problem["detail"]
    await intervene(stage, teardown, "retry")
    assert (await stage.finished(teardown))["status"] == "succeeded"


async def test_a_retry_in_vain_keeps_the_time_since_when_it_waits(stage: Stage) -> None:
    """A step that fails again waits since it first did: a retry does not move it down the list."""
    tenant = await stage.active()
    async with refused(stage, "DeleteBucket"):
        teardown = await stage.ask("DELETE", f"{path(tenant)}?grace=0")
        first = await stuck(stage, teardown, "recordings")
        await intervene(stage, teardown, "retry")
        again = await stage.until(
            teardown, lambda view: len(view["interventions"]) == 1 and "recordings" in stops(view)
        )
        assert stops(again)["recordings"]["since"] == first["since"]
    await stage.finished_with_retries(teardown)


async def test_a_skipped_step_is_left_and_the_certificate_says_so(stage: Stage) -> None:
    """Skipped, records stay and are certified as not proven gone, by whom and why; all else is gone."""
    tenant = await stage.active()
    async with refused(stage, "ChangeResourceRecordSets"):
        teardown = await stage.ask("DELETE", f"{path(tenant)}?grace=0")
        stop = await stuck(stage, teardown, "dns")
        assert stop["actions"] == ["retry", "skip"]
        await intervene(stage, teardown, "skip", step="dns", reason="the zone went with its account")
        ended = await stage.finished(teardown)
    assert ended["status"] == "succeeded"
    assert {step["name"]: step["status"] for step in ended["steps"]}["dns"] == "skipped"
    assert all("not proven gone, as development decided: the zone" in kept for kept in ended["kept"])
    certificate = (await stage.http.get(f"{path(tenant)}/certificate")).json()
    left = [entry for entry in certificate["entries"] if entry["gone_at"] is None]
    assert {entry["kind"] for entry in left} == {"route53:record"}
    assert len(left) == len(ended["kept"]) == 4
    for entry in left:
        assert entry["skipped"]["by"] == "development"
        assert (
            entry["proof"]
            == "not proven gone: skipped by development, because the zone went with its account"
        )
    survivors = await stage.things(tenant)
    assert survivors
    assert all(thing.startswith("record ") for thing in survivors), survivors


async def test_a_skip_in_the_undo_of_a_signup_ends_it(stage: Stage) -> None:
    """A failed sign-up whose undo is stuck at a skippable step ends failed, and names what may be left."""
    async with refused(stage, "DeletePodIdentityAssociation"), STEP["proxy"].refused(stage):
        signup = await stage.ask_signup()
        await stage.until(signup, lambda view: {"auth-identity", "proxy-identity"} <= set(stops(view)))
        for step in ("auth-identity", "proxy-identity"):
            await intervene(stage, signup, "skip", step=step, reason="the cluster is gone")
        ended = await stage.finished(signup)
    assert ended["status"] == "failed"
    assert len(ended["kept"]) == 2
    assert (await stage.tenant(signup))["phase"] == "failed"


async def test_only_what_the_blueprint_allows_is_skipped(stage: Stage) -> None:
    """A step that holds data cannot be skipped, nor what does not wait; the refusal says what is possible."""
    tenant = await stage.active()
    async with refused(stage, "DeleteBucket"):
        teardown = await stage.ask("DELETE", f"{path(tenant)}?grace=0")
        await stuck(stage, teardown, "recordings")
        why = {"reason": "no time"}
        problem = await stage.refused("POST", url(teardown, "skip"), {"step": "recordings", **why})
        assert (problem["status"], problem["code"]) == (409, "NotPossibleNow")
        assert "possible now: retry" in problem["detail"]
        problem = await stage.refused("POST", url(teardown, "skip"), {"step": "dns", **why})
        assert "recordings waits for attention" in problem["detail"]
        problem = await stage.refused("POST", url(teardown, "abort"), why)
        assert "removal has begun" in problem["detail"]
        problem = await stage.refused("POST", url(teardown, "skip"), {"step": "recordings"})
        assert problem["errors"][0]["field"] == "reason"
    await intervene(stage, teardown, "retry")
    assert (await stage.finished(teardown))["status"] == "succeeded"


@contextlib.asynccontextmanager
async def refused(stage: Stage, operation: str) -> AsyncIterator[None]:
    async with stage.aws_fault(match={"operation": operation}, **DENIED):
        yield


def all_else_is_gone(view: Json) -> bool:
    return {step["status"] for step in view["steps"] if step["name"] != "recordings"} == {"undone"}


async def shown(stage: Stage, tenant: Json) -> Json:
    view = await stage.until_tenant(tenant, lambda view: any(c["status"] for c in view["conditions"]))
    condition: Json = next(c for c in view["conditions"] if c["type"] == "NeedsAttention")
    return condition


async def test_what_was_made_anew_is_removed_by_a_retry(stage: Stage) -> None:
    """What answers after its removal keeps the certificate back, is named, and goes when a person says so."""
    tenant = await stage.active()
    rds = stage.auditor.aws("rds", "us-east-1")
    name = f"test-{tenant['tenant_id']}-database-parameters"
    (group,) = rds.describe_db_parameter_groups(DBParameterGroupName=name)["DBParameterGroups"]
    tags = rds.list_tags_for_resource(ResourceName=group["DBParameterGroupArn"])["TagList"]
    async with refused(stage, "DeleteBucket"):
        teardown = await stage.ask("DELETE", f"{path(tenant)}?grace=0")
        await stuck(stage, teardown, "recordings")
        await stage.until(teardown, all_else_is_gone)
        rds.create_db_parameter_group(
            DBParameterGroupName=name,
            DBParameterGroupFamily=group["DBParameterGroupFamily"],
            Description="made anew by somebody's script",
            Tags=tags,
        )
    await intervene(stage, teardown, "retry", reason="the permission is back")
    stop = await stuck(stage, teardown, "verification", one_thing=False)
    assert (stop["reason"], stop["object"]["name"]) == ("StillThere", name)
    await intervene(stage, teardown, "retry", reason="nobody needs it")
    assert (await stage.finished(teardown))["status"] == "succeeded"
    assert await stage.things(tenant) == []
