"""Rotations of a database password, one for each ending."""

from uuid import uuid4

from runtime.clock import MovableClock
from tests.workflows.faults import STEP
from tests.workflows.stage import Json, Stage


def path(tenant: Json) -> str:
    return f"/v1/tenants/{tenant['slug']}/rotate-password"


async def _rotated(stage: Stage, _clock: MovableClock) -> Json:
    tenant = await stage.active()
    await stage.finished(await stage.ask("POST", path(tenant)))
    return tenant


async def _rotation_taken_over(stage: Stage, _clock: MovableClock) -> Json:
    tenant = await stage.active()
    async with STEP["auth"].held(stage):
        rotation = await stage.ask("POST", path(tenant))
        await stage.until_step(rotation, "auth")
        teardown = await stage.ask("DELETE", f"/v1/tenants/{tenant['slug']}?grace=3600")
    await stage.finished(teardown)
    return tenant


async def _rotation_needed_attention(stage: Stage, _clock: MovableClock) -> Json:
    tenant = await stage.active()
    denied = {"action": "refuse", "code": "AccessDenied", "status": 403}
    async with stage.aws_fault(match={"operation": "UpdateSecretVersionStage"}, **denied):
        rotation = await stage.ask("POST", path(tenant))
        await stage.until(rotation, lambda view: bool(view["conditions"]))
    await stage.finished_with_retries(rotation)
    return tenant


async def _rotation_failed(stage: Stage, _clock: MovableClock) -> Json:
    tenant = await stage.active()
    denied = {"action": "refuse", "code": "AccessDenied", "status": 403}
    async with stage.aws_fault(match={"operation": "PutSecretValue"}, **denied):
        await stage.finished(await stage.ask("POST", path(tenant)))
    return tenant


async def _no_rotation_due(stage: Stage, _clock: MovableClock) -> Json:
    run = f"due-rotations-{uuid4().hex}"
    await stage.client.execute_workflow("StartDueRotations", id=run, task_queue=stage.settings.task_queue)
    return {"workflow_id": run}


OF_ROTATION = {
    "rotate-done": _rotated,
    "rotate-failed": _rotation_failed,
    "rotate-attention": _rotation_needed_attention,
    "rotate-taken-over": _rotation_taken_over,
    "rotate-none-due": _no_rotation_due,
}
