"""New code under running workflows: what stays, what moves, and that nothing is lost."""

from contextlib import AsyncExitStack
from datetime import timedelta
from typing import Any

import pytest
from temporalio import workflow
from temporalio.client import WorkflowHandle

from activities.drift import observer
from domain.messages import DriftInput, DriftResult, RunInput, RunResult
from tests.rollout.conftest import Rollout, version_of
from tests.workflows.faults import STEP
from tests.workflows.scenarios import path
from tests.workflows.stage import first
from worker.versions import NotPromoted, promote
from workflows.signup import SignupTenant

DENIED = {"action": "refuse", "code": "AccessDenied", "status": 403}
THROTTLED = {"action": "refuse", "code": "Throttling", "status": 400}


@workflow.defn(name="SignupTenant", sandboxed=False)
class IncompatibleSignup(SignupTenant):
    """A change without a patch: a run that began without the timer cannot be continued by it."""

    @workflow.run
    async def run(self, given: RunInput) -> RunResult:
        await workflow.sleep(timedelta(milliseconds=1), summary="new in this version")
        return await self.run_protected(given)


async def test_open_runs_end_on_their_version_and_new_ones_begin_on_the_next(rollout: Rollout) -> None:
    """A sign-up of version 1 is open while an incompatible version 2 takes over; both end active."""
    stage = rollout.stage
    async with rollout.version("1"):
        await rollout.promote("1")
        async with STEP["database"].held(stage):
            old = await stage.ask_signup()
            await stage.until_step(old, "database")
            async with rollout.version("2", IncompatibleSignup):
                await rollout.promote("2")
                new = await stage.ask_signup()
                await stage.until_step(new, "database")
                assert await version_of(stage.run_of(old)) == "1"
        # Version 2 has stopped here and comes back: its runs wait for it, nobody else takes them.
        assert (await stage.finished(old))["status"] == "succeeded"
    async with rollout.version("2", IncompatibleSignup):
        assert (await stage.finished(new))["status"] == "succeeded"
    assert await version_of(stage.run_of(old)) == "1"
    assert await version_of(stage.run_of(new)) == "2"
    for tenant in (old, new):
        assert (await stage.tenant(tenant))["phase"] == "active"


async def test_a_run_that_waits_for_a_person_goes_on_with_the_next_version(rollout: Rollout) -> None:
    """Version 1 is gone when the cause is mended; version 2 carries out the retry and keeps the run."""
    stage = rollout.stage
    async with AsyncExitStack() as old_version:
        await old_version.enter_async_context(rollout.version("1"))
        await rollout.promote("1")
        tenant = await stage.active()
        async with stage.aws_fault(match={"operation": "DeleteBucket"}, **DENIED):
            teardown = await stage.ask("DELETE", f"{path(tenant)}?grace=0")
            await stage.until(teardown, lambda view: bool(view["conditions"]))
        async with rollout.version("2"):
            await rollout.promote("2")
            await old_version.aclose()
            await stage.finished_with_retries(teardown)
            await stage.closed(tenant)
    info = (await stage.run_of(tenant).describe()).raw_description.workflow_execution_info.versioning_info
    assert info.deployment_version.build_id == "2"
    assert not info.HasField("versioning_override")
    assert (await stage.tenant(tenant))["phase"] == "deleted"


async def test_a_successor_begins_on_the_current_version(rollout: Rollout) -> None:
    """The teardown that takes over a sign-up of version 1 runs on version 2, which is current by then."""
    stage = rollout.stage
    async with rollout.version("1"), rollout.version("2"):
        await rollout.promote("1")
        async with STEP["database"].held(stage):
            tenant = await stage.ask_signup()
            await stage.until_step(tenant, "database")
            await rollout.promote("2")
            teardown = await stage.ask("DELETE", path(tenant))
        assert (await stage.finished(teardown))["status"] == "succeeded"
        await stage.closed(tenant)
    assert await version_of(stage.run_of(tenant)) == "2"


async def test_a_scan_goes_on_with_the_next_version(
    rollout: Rollout, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Version 1 stops in the middle of one; pinned to it, the scan would keep later ones from beginning."""
    monkeypatch.setattr(observer, "FIRST_PAUSE", timedelta(milliseconds=100))
    stage = rollout.stage
    scan = stage.client.get_workflow_handle("scan", result_type=DriftResult)
    async with rollout.version("2"):
        async with rollout.version("1"):
            await rollout.promote("1")
            await stage.active(plan="echo")
            async with stage.aws_fault(match={"operation": "GetBucket*"}, **THROTTLED):
                await stage.client.start_workflow(
                    "CheckDrift", DriftInput(orphans=False), id=scan.id, task_queue=stage.settings.task_queue
                )
                await first(lambda: _pending(scan), lambda pending: pending["attempt"] > 1)
                await rollout.promote("2")
        assert (await scan.result()).tenants == 1
    assert await version_of(scan) == "2"


async def _pending(run: WorkflowHandle[Any, Any]) -> dict[str, int]:
    activities = (await run.describe()).raw_description.pending_activities
    return {"attempt": max((one.attempt for one in activities), default=0)}


async def test_a_version_without_workers_is_not_promoted(rollout: Rollout) -> None:
    """It says which queues nobody of that version polls, instead of sending new runs where none is served."""
    settings = rollout.stage.settings.model_copy(update={"build_id": "nobody"})
    queue = settings.task_queue
    with pytest.raises(NotPromoted, match=f"activities of {queue}-aws.*runs of {queue}"):
        await promote(rollout.stage.client, settings, patience=0.3)


async def test_the_first_version_is_current_from_setup_on(rollout: Rollout) -> None:
    """In a new installation nobody promotes anything: runs are taken as soon as workers serve."""
    await rollout.set_up("1")
    async with rollout.version("1"):
        tenant = await rollout.stage.active()
    assert await version_of(rollout.stage.run_of(tenant)) == "1"


async def test_a_later_setup_leaves_the_current_version(rollout: Rollout) -> None:
    """The set-up of a next version takes no runs from the workers that serve."""
    await rollout.set_up("1")
    async with rollout.version("1"):
        await rollout.set_up("2")
        tenant = await rollout.stage.active()
    assert await version_of(rollout.stage.run_of(tenant)) == "1"


async def test_a_setup_leaves_runs_to_workers_without_a_version(rollout: Rollout) -> None:
    """Where workers without a version serve, the first version waits until it is promoted."""
    async with rollout.version(None):
        await rollout.set_up("1")
        tenant = await rollout.stage.active()
    assert await version_of(rollout.stage.run_of(tenant)) == ""
