"""Short lives in which a person decides: their histories are recorded as well."""

from collections.abc import Awaitable, Callable

from runtime.clock import MovableClock
from tests.workflows.faults import STEP
from tests.workflows.stage import Json, Stage
from tests.workflows.standing import intervene, path, stops, stuck, url

DENIED = {"action": "refuse", "code": "AccessDenied", "status": 403, "message": "not authorized"}


async def _removal_skipped(stage: Stage, _clock: MovableClock) -> Json:
    tenant = await stage.active()
    async with stage.aws_fault(match={"operation": "ChangeResourceRecordSets"}, **DENIED):
        teardown = await stage.ask("DELETE", f"{path(tenant)}?grace=0")
        await stuck(stage, teardown, "dns")
        await intervene(stage, teardown, "skip", step="dns", reason="the zone is gone")
        await stage.finished(teardown)
    return tenant


async def _removal_amended(stage: Stage, _clock: MovableClock) -> Json:
    tenant = await stage.active(plan="business", users=300)
    async with stage.aws_fault(match={"operation": "DeleteDBInstance"}, **DENIED):
        teardown = await stage.ask("DELETE", f"{path(tenant)}?grace=0")
        await stuck(stage, teardown, "database")
    amended = {"step": "database", "input": {"final_snapshot": False}}
    await intervene(stage, teardown, "amend", reason="there is an export", **amended)
    await stage.finished(teardown)
    return tenant


async def _teardown_aborted(stage: Stage, _clock: MovableClock) -> Json:
    tenant = await stage.active()
    async with STEP["auth"].refused(stage):
        teardown = await stage.ask("DELETE", f"{path(tenant)}?grace=3600")
        await stuck(stage, teardown, "auth", one_thing=False)
    await intervene(stage, teardown, "abort", reason="the customer stays")
    await stage.finished(teardown)
    return tenant


async def _signup_paused(stage: Stage, _clock: MovableClock) -> Json:
    signup = await stage.ask_signup(pause_before=["dns"])
    await stage.until(signup, lambda view: "dns" in stops(view))
    await intervene(stage, signup, "resume")
    await stage.finished(signup)
    return signup


async def _scale_cancelled_in_a_pause(stage: Stage, _clock: MovableClock) -> Json:
    tenant = await stage.active(users=50)
    scale = await stage.ask("PATCH", path(tenant), {"users": 120, "pause_before": ["auth"]})
    await stage.until(scale, lambda view: "auth" in stops(view))
    await stage.ask("POST", url(scale, "cancel"))
    await stage.finished(scale)
    return tenant


PLAYED: dict[str, Callable[[Stage, MovableClock], Awaitable[Json]]] = {
    "teardown-skipped": _removal_skipped,
    "teardown-amended": _removal_amended,
    "teardown-aborted": _teardown_aborted,
    "signup-paused": _signup_paused,
    "scale-paused-cancelled": _scale_cancelled_in_a_pause,
}
