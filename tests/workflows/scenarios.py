"""Short lives of tenants, one for each ending of each workflow type; their histories are recorded."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import timedelta
from uuid import uuid4

from runtime.clock import MovableClock
from tests.workflows.endings import ENDINGS
from tests.workflows.faults import STEP
from tests.workflows.losses import lose, recover
from tests.workflows.scenarios_of_access import OF_ACCESS
from tests.workflows.scenarios_of_billing import OF_BILLING
from tests.workflows.scenarios_of_drift import OF_DRIFT
from tests.workflows.scenarios_of_people import PLAYED
from tests.workflows.scenarios_of_rotation import OF_ROTATION
from tests.workflows.scenarios_of_webhooks import OF_WEBHOOKS
from tests.workflows.stage import Json, Stage, first
from worker.schedules import REMOVALS


@dataclass(frozen=True)
class Scenario:
    name: str
    play: Callable[[Stage, MovableClock], Awaitable[Json]]
    """Returns the tenant, whose runs are then recorded, or the `workflow_id` of the run that is."""
    also: str = ""
    """Workflow type of a run that is no tenant's and is recorded as well."""


def path(tenant: Json) -> str:
    return f"/v1/tenants/{tenant['slug']}"


async def _signup_done(stage: Stage, _clock: MovableClock) -> Json:
    return await stage.active()


async def _signup_undone(stage: Stage, _clock: MovableClock) -> Json:
    async with STEP["auth"].refused(stage):
        tenant = await stage.ask_signup()
        await stage.finished(tenant)
    return tenant


async def _signup_cancelled(stage: Stage, _clock: MovableClock) -> Json:
    async with STEP["database"].held(stage):
        tenant = await stage.ask_signup()
        await stage.until_step(tenant, "database")
        await stage.ask("POST", f"/v1/operations/{tenant['operation_id']}/cancel")
        await stage.finished(tenant)
    return tenant


async def _signup_taken_over(stage: Stage, _clock: MovableClock) -> Json:
    async with STEP["database"].held(stage):
        tenant = await stage.ask_signup()
        await stage.until_step(tenant, "database")
        teardown = await stage.ask("DELETE", path(tenant))
        await stage.finished(teardown)
    return tenant


async def _scale_done(stage: Stage, _clock: MovableClock) -> Json:
    tenant = await stage.active(users=50)
    await stage.finished(await stage.ask("PATCH", path(tenant), {"users": 120}))
    return tenant


async def _scale_retargeted(stage: Stage, _clock: MovableClock) -> Json:
    tenant = await stage.active(users=50)
    async with STEP["auth"].held(stage):
        await stage.ask("PATCH", path(tenant), {"users": 80})
        second = await stage.ask("PATCH", path(tenant), {"users": 120})
    await stage.finished(second)
    return tenant


async def _scale_undone(stage: Stage, _clock: MovableClock) -> Json:
    tenant = await stage.active(users=50)
    async with STEP["auth"].held(stage):
        scale = await stage.ask("PATCH", path(tenant), {"users": 120})
        await stage.until_step(scale, "auth")
        await stage.ask("POST", f"/v1/operations/{scale['operation_id']}/cancel")
    await stage.finished(scale)
    return tenant


async def _scale_taken_over_by_suspend(stage: Stage, _clock: MovableClock) -> Json:
    tenant = await stage.active(users=50)
    async with STEP["auth"].held(stage):
        scale = await stage.ask("PATCH", path(tenant), {"users": 120})
        await stage.until_step(scale, "auth")
        suspend = await stage.ask("POST", f"{path(tenant)}/suspend")
    await stage.finished(suspend)
    return tenant


async def _suspended_and_resumed(stage: Stage, _clock: MovableClock) -> Json:
    tenant = await stage.active()
    await stage.finished(await stage.ask("POST", f"{path(tenant)}/suspend"))
    await stage.finished(await stage.ask("POST", f"{path(tenant)}/resume"))
    return tenant


async def _closed_and_restored(stage: Stage, _clock: MovableClock) -> Json:
    tenant = await stage.active()
    await stage.finished(await stage.ask("DELETE", f"{path(tenant)}?grace=3600"))
    await stage.finished(await stage.ask("POST", f"{path(tenant)}/restore"))
    return tenant


async def _torn_down(stage: Stage, _clock: MovableClock) -> Json:
    tenant = await stage.active()
    await stage.finished(await stage.ask("DELETE", f"{path(tenant)}?grace=0"))
    return tenant


async def _removed_when_due(stage: Stage, clock: MovableClock) -> Json:
    tenant = await stage.active()
    await stage.finished(await stage.ask("DELETE", f"{path(tenant)}?grace=3600"))
    clock.move(timedelta(hours=2))
    try:
        await stage.schedule(REMOVALS).trigger()
        await stage.until_tenant(tenant, lambda view: view["phase"] == "deleted")
    finally:
        clock.move(timedelta(hours=-2))
    return tenant


async def _removal_needed_attention(stage: Stage, _clock: MovableClock) -> Json:
    tenant = await stage.active()
    denied = {"action": "refuse", "code": "AccessDenied", "status": 403}
    async with stage.aws_fault(match={"operation": "DeleteBucket"}, **denied):
        teardown = await stage.ask("DELETE", f"{path(tenant)}?grace=0")
        await stage.until(teardown, lambda view: bool(view["conditions"]))
    await stage.retry(tenant)
    await stage.finished(teardown)
    return tenant


async def _scale_failed(stage: Stage, _clock: MovableClock) -> Json:
    tenant = await stage.active(users=50)
    async with STEP["proxy"].refused(stage):
        scale = await stage.ask("PATCH", path(tenant), {"users": 120})
        await stage.until(scale, lambda view: bool(view["conditions"]))
    await stage.finished_with_retries(scale)
    return tenant


async def _suspend_cancelled(stage: Stage, _clock: MovableClock) -> Json:
    tenant = await stage.active()
    async with STEP["auth"].held(stage):
        suspend = await stage.ask("POST", f"{path(tenant)}/suspend")
        await stage.until_step(suspend, "auth")
        await stage.ask("POST", f"/v1/operations/{suspend['operation_id']}/cancel")
    await stage.finished(suspend)
    return tenant


async def _resume_taken_over(stage: Stage, _clock: MovableClock) -> Json:
    tenant = await stage.active()
    await stage.finished(await stage.ask("POST", f"{path(tenant)}/suspend"))
    async with STEP["auth"].held(stage):
        resume = await stage.ask("POST", f"{path(tenant)}/resume")
        await stage.until_step(resume, "auth")
        teardown = await stage.ask("DELETE", f"{path(tenant)}?grace=0")
    await stage.finished(teardown)
    return tenant


async def _restore_cancelled(stage: Stage, _clock: MovableClock) -> Json:
    tenant = await stage.active()
    await stage.finished(await stage.ask("DELETE", f"{path(tenant)}?grace=3600"))
    async with STEP["auth"].held(stage):
        restore = await stage.ask("POST", f"{path(tenant)}/restore")
        await stage.until_step(restore, "auth")
        await stage.ask("POST", f"/v1/operations/{restore['operation_id']}/cancel")
    await stage.finished(restore)
    return tenant


async def _signup_then_suspend(stage: Stage, _clock: MovableClock) -> Json:
    async with STEP["proxy"].held(stage):
        tenant = await stage.ask_signup()
        await stage.until_step(tenant, "proxy")
        suspend = await stage.ask("POST", f"{path(tenant)}/suspend")
        # Leaving outranks suspending: the waiting suspend is replaced.
        teardown = await stage.ask("DELETE", path(tenant))
    await stage.finished(suspend)
    await stage.finished(teardown)
    return tenant


async def _suspend_behind_a_failure(stage: Stage, _clock: MovableClock) -> Json:
    async with STEP["proxy"].refused(stage):
        async with STEP["auth"].held(stage):
            tenant = await stage.ask_signup()
            await stage.until_step(tenant, "auth")
            suspend = await stage.ask("POST", f"{path(tenant)}/suspend")
        await stage.finished(tenant)
        await stage.finished(suspend)
    return tenant


async def _verification_refused(stage: Stage, _clock: MovableClock) -> Json:
    tenant = await stage.active()
    denied = {"action": "refuse", "code": "AccessDenied", "status": 403}
    async with stage.aws_fault(match={"operation": "DescribeSecret"}, **denied):
        teardown = await stage.ask("DELETE", f"{path(tenant)}?grace=0")
        await stage.until(teardown, lambda view: bool(view["conditions"]))
    await stage.finished_with_retries(teardown)
    return tenant


async def _signup_lost(stage: Stage, _clock: MovableClock) -> Json:
    async with STEP["auth"].held(stage):
        tenant = await stage.ask_signup()
        await stage.until_step(tenant, "auth")
        await lose(stage, tenant)
    await recover(stage)
    await stage.finished(tenant)
    return tenant


async def _signup_lost_in_its_undo(stage: Stage, _clock: MovableClock) -> Json:
    async with STEP["auth"].held(stage):
        tenant = await stage.ask_signup()
        await stage.until_step(tenant, "auth")
        await stage.ask("POST", f"/v1/operations/{tenant['operation_id']}/cancel")
        await lose(stage, tenant)
    await recover(stage)
    await stage.finished(tenant)
    return tenant


async def _scale_lost_in_its_undo(stage: Stage, _clock: MovableClock) -> Json:
    tenant = await stage.active(users=50)
    async with STEP["proxy"].held(stage):
        scale = await stage.ask("PATCH", path(tenant), {"users": 120})
        await stage.until_step(scale, "proxy")
        suspend = await stage.ask("POST", f"{path(tenant)}/suspend")
        await lose(stage, tenant)
    await recover(stage)
    await stage.finished(suspend)
    return tenant


async def _usage_kept(stage: Stage, _clock: MovableClock) -> Json:
    run = f"keep-usage-{uuid4().hex}"
    await stage.client.execute_workflow("KeepUsage", id=run, task_queue=stage.settings.task_queue)
    return {"workflow_id": run}


async def _previewed(stage: Stage, _clock: MovableClock) -> Json:
    return await _preview(stage, await stage.active(users=50))


async def _previewed_in_part(stage: Stage, _clock: MovableClock) -> Json:
    tenant = await stage.active(users=50)
    denied = {"action": "refuse", "code": "AccessDenied", "status": 403}
    async with stage.aws_fault(match={"operation": "DescribeDBInstances"}, **denied):
        return await _preview(stage, tenant)


async def _preview(stage: Stage, tenant: Json) -> Json:
    answer = await stage.http.post(f"{path(tenant)}/preview", json={"change": "scale", "users": 120})
    assert answer.status_code == 200, answer.text
    query = f'WorkflowId STARTS_WITH "preview/{tenant["tenant_id"]}/"'

    async def listed() -> Json:
        return {"workflow_id": "".join([run.id async for run in stage.client.list_workflows(query)])}

    return await first(listed, lambda found: bool(found["workflow_id"]))


OTHERS = OF_DRIFT | OF_BILLING | OF_WEBHOOKS | OF_ROTATION | OF_ACCESS
SCENARIOS = [
    Scenario("signup-done", _signup_done),
    Scenario("signup-undone", _signup_undone),
    Scenario("signup-cancelled", _signup_cancelled),
    Scenario("signup-taken-over", _signup_taken_over),
    Scenario("scale-done", _scale_done),
    Scenario("scale-retargeted", _scale_retargeted),
    Scenario("scale-cancelled", _scale_undone),
    Scenario("scale-taken-over", _scale_taken_over_by_suspend),
    Scenario("suspend-resume", _suspended_and_resumed),
    Scenario("teardown-restore", _closed_and_restored),
    Scenario("teardown-done", _torn_down),
    Scenario("remove-done", _removed_when_due, also="StartDueRemovals"),
    Scenario("teardown-attention", _removal_needed_attention),
    Scenario("teardown-verification-refused", _verification_refused),
    Scenario("scale-failed", _scale_failed),
    Scenario("suspend-cancelled", _suspend_cancelled),
    Scenario("resume-taken-over", _resume_taken_over),
    Scenario("restore-cancelled", _restore_cancelled),
    Scenario("signup-take-over-replaced", _signup_then_suspend),
    Scenario("signup-failed-suspend-waiting", _suspend_behind_a_failure),
    Scenario("signup-lost", _signup_lost, also="RecoverLost"),
    Scenario("signup-lost-undoing", _signup_lost_in_its_undo),
    Scenario("scale-lost-undoing", _scale_lost_in_its_undo),
    Scenario("usage-kept", _usage_kept),
    Scenario("preview-done", _previewed),
    Scenario("preview-in-part", _previewed_in_part),
    *(Scenario(name, play) for name, play in PLAYED.items()),
    *(Scenario(name, play) for name, play in ENDINGS.items()),
    *(Scenario(name, play) for name, play in OTHERS.items()),
]
