"""Endings that other scenarios leave out: changes that fail or are taken over, undos that are stuck."""

from collections.abc import Awaitable, Callable
from datetime import timedelta

from runtime.clock import MovableClock
from tests.workflows.faults import STEP
from tests.workflows.stage import Json, Stage
from worker.schedules import REMOVALS

Play = Callable[[Stage, MovableClock], Awaitable[Json]]
DENIED = {"action": "refuse", "code": "AccessDenied", "status": 403}
TEARDOWN_AT_ONCE = "?grace=0"


def path(tenant: Json) -> str:
    return f"/v1/tenants/{tenant['slug']}"


async def _suspended(stage: Stage) -> Json:
    tenant = await stage.active()
    await stage.finished(await stage.ask("POST", f"{path(tenant)}/suspend"))
    return tenant


async def _closed(stage: Stage) -> Json:
    tenant = await stage.active()
    await stage.finished(await stage.ask("DELETE", f"{path(tenant)}?grace=3600"))
    return tenant


def _failed(change: str, before: Callable[[Stage], Awaitable[Json]]) -> Play:
    """The change is refused at a step and undone once the cluster lets it."""

    async def play(stage: Stage, _clock: MovableClock) -> Json:
        tenant = await before(stage)
        async with STEP["auth"].refused(stage):
            operation = await stage.ask("POST", f"{path(tenant)}/{change}")
            await stage.until(operation, lambda view: bool(view["conditions"]) or bool(view["error"]))
        await stage.finished_with_retries(operation)
        return tenant

    return play


def _cancelled(change: str, before: Callable[[Stage], Awaitable[Json]]) -> Play:
    async def play(stage: Stage, _clock: MovableClock) -> Json:
        tenant = await before(stage)
        async with STEP["auth"].held(stage):
            operation = await stage.ask("POST", f"{path(tenant)}/{change}")
            await stage.until_step(operation, "auth")
            await stage.ask("POST", f"/v1/operations/{operation['operation_id']}/cancel")
        await stage.finished(operation)
        return tenant

    return play


def _taken_over(change: str, before: Callable[[Stage], Awaitable[Json]]) -> Play:
    async def play(stage: Stage, _clock: MovableClock) -> Json:
        tenant = await before(stage)
        async with STEP["auth"].held(stage):
            operation = await stage.ask("POST", f"{path(tenant)}/{change}")
            await stage.until_step(operation, "auth")
            teardown = await stage.ask("DELETE", f"{path(tenant)}{TEARDOWN_AT_ONCE}")
        await stage.finished(teardown)
        return tenant

    return play


async def _undo_needed_attention(stage: Stage, _clock: MovableClock) -> Json:
    denied = stage.aws_fault(match={"operation": "DeleteBucket"}, **DENIED)
    async with denied, STEP["auth"].refused(stage):
        tenant = await stage.ask_signup()
        await stage.until(tenant, lambda view: bool(view["conditions"]))
    await stage.finished_with_retries(tenant)
    return tenant


async def _due_removal_needed_attention(stage: Stage, clock: MovableClock) -> Json:
    tenant = await _closed(stage)
    clock.move(timedelta(hours=2))
    try:
        async with stage.aws_fault(match={"operation": "DeleteBucket"}, **DENIED):
            await stage.schedule(REMOVALS).trigger()
            await stage.until_tenant(tenant, lambda view: bool(view["conditions"]))
    finally:
        clock.move(timedelta(hours=-2))
    await stage.retry(tenant)
    await stage.until_tenant(tenant, lambda view: view["phase"] == "deleted")
    return tenant


ENDINGS: dict[str, Play] = {
    "signup-attention": _undo_needed_attention,
    "suspend-failed": _failed("suspend", lambda stage: stage.active()),
    "suspend-taken-over": _taken_over("suspend", lambda stage: stage.active()),
    "resume-failed": _failed("resume", _suspended),
    "resume-cancelled": _cancelled("resume", _suspended),
    "restore-failed": _failed("restore", _closed),
    "restore-taken-over": _taken_over("restore", _closed),
    "remove-attention": _due_removal_needed_attention,
}
