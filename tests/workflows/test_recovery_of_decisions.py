"""What people decided in a run outlives it: its recovery asks nobody again."""

import contextlib

from tests.workflows.faults import BUSY_AWS, REFUSED_BY_AWS, STEP
from tests.workflows.losses import lose, recover
from tests.workflows.stage import Stage
from tests.workflows.standing import intervene, path, stops, stuck, url

REFUSED_RECORDS = {"match": {"operation": "ChangeResourceRecordSets"}, **REFUSED_BY_AWS}


async def test_a_pause_that_was_ended_does_not_come_again(stage: Stage) -> None:
    """A sign-up that was let go on and whose run is lost later is carried on without a pause."""
    async with STEP["proxy"].held(stage):
        signup = await stage.ask_signup(pause_before=["config"])
        await stage.until(signup, lambda view: "config" in stops(view))
        await intervene(stage, signup, "resume", reason="go on")
        await stage.until_step(signup, "proxy")
        await lose(stage, signup)
    await recover(stage)
    ended = await stage.until(signup, lambda view: view["status"] != "running" or bool(view["conditions"]))
    assert (ended["status"], ended["conditions"]) == ("succeeded", [])


async def test_a_pause_that_was_not_ended_comes_again(stage: Stage) -> None:
    """A recovery waits before the steps at which nobody let the lost run go on."""
    signup = await stage.ask_signup(pause_before=["recordings", "foundation"])
    await stage.until(signup, lambda view: len(stops(view)) == 2)
    await intervene(stage, signup, "resume", step="recordings")
    lost = await stage.until(signup, lambda view: set(stops(view)) == {"foundation"})
    await lose(stage, signup)
    await recover(stage)
    view = await stage.until(signup, lambda view: bool(stops(view)) and stops(view) != stops(lost))
    assert set(stops(view)) == {"foundation"}
    await intervene(stage, signup, "resume")
    assert (await stage.finished(signup))["status"] == "succeeded"


async def test_a_skip_in_an_undo_outlives_its_run(stage: Stage) -> None:
    """The recovery of a cancelled restoration does not come back to the step, and says that it stays."""
    tenant = await stage.active()
    await stage.finished(await stage.ask("DELETE", f"{path(tenant)}?grace=3600"))
    async with contextlib.AsyncExitStack() as until_lost:
        held = await until_lost.enter_async_context(contextlib.AsyncExitStack())
        await held.enter_async_context(STEP["dns"].held(stage))
        restore = await stage.ask("POST", f"{path(tenant)}/restore")
        await stage.until_step(restore, "dns")
        await until_lost.enter_async_context(STEP["proxy"].held(stage))
        await stage.ask("POST", url(restore, "cancel"))
        async with stage.aws_fault(**REFUSED_RECORDS):
            await held.aclose()
            await stuck(stage, restore, "dns")
            await intervene(stage, restore, "skip", step="dns", reason="the zone is gone")
            await lose(stage, tenant)
            await until_lost.aclose()
            await recover(stage)
            ended = await stage.finished(restore)
    assert ended["status"] == "cancelled"
    assert {step["name"]: step["status"] for step in ended["steps"]}["dns"] == "skipped"
    assert ended["kept"] == ["Address: not brought back, as development decided: the zone is gone"]


async def test_what_a_lost_removal_left_behind_is_told_at_its_end(stage: Stage) -> None:
    """The recovery of a removal names what was skipped before its run was lost, and does not look for it."""
    tenant = await stage.active()
    async with stage.aws_fault(**REFUSED_RECORDS):
        async with stage.aws_fault(match={"operation": "DeleteBucket"}, **BUSY_AWS):
            teardown = await stage.ask("DELETE", f"{path(tenant)}?grace=0")
            await stuck(stage, teardown, "dns")
            await intervene(stage, teardown, "skip", step="dns", reason="the zone is gone")
            await stage.until(teardown, lambda view: bool(view["kept"]))
            await lose(stage, tenant)
        await recover(stage)
        ended = await stage.finished(teardown)
    assert ended["status"] == "succeeded"
    assert {step["name"]: step["status"] for step in ended["steps"]}["dns"] == "skipped"
    assert len(ended["kept"]) == 4
    assert all("not proven gone, as development decided: the zone" in kept for kept in ended["kept"])
