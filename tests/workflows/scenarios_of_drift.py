"""Short lives around the scan: what it finds, what a repair comes to, what belongs to nobody."""

from collections.abc import Awaitable, Callable
from typing import Any
from uuid import uuid4

from domain.messages import DriftInput, DriftResult
from domain.naming import new_tenant_id, ownership_tags, resource_name
from runtime.clock import MovableClock
from tests.workflows.stage import Json, Stage, first
from tests.workflows.standing import intervene, path, stops

STEP = "auth-role"
"""Whose policy somebody deletes."""
PUTS_IT_BACK = {"operation": "PutRolePolicy"}
DENIED = {"action": "refuse", "code": "AccessDenied", "status": 403}
BUSY = {"action": "refuse", "code": "ServiceUnavailable", "status": 503}
LAST, NONE = "zz", "~"
"""Tenant ids after which a scan looks at few tenants, and at none."""
ENDED = {"deleted", "refused"}


async def _last(stage: Stage) -> Json:
    """A tenant that a scan comes to at its end."""
    return await stage.active(id=f"{LAST}{new_tenant_id()[len(LAST) :]}")


async def _spoiled(stage: Stage) -> Json:
    tenant = await _last(stage)
    role = resource_name(stage.settings.install, tenant["tenant_id"], STEP)
    stage.auditor.aws("iam").delete_role_policy(RoleName=role, PolicyName="tenant")
    return tenant


async def _repair(stage: Stage, tenant: Json, query: str = "") -> Json:
    return await stage.ask("POST", f"{path(tenant)}/repair{query}")


async def _scan(stage: Stage, **given: Any) -> Json:
    """What the schedule does every hour."""
    run = f"check-drift-{uuid4().hex}"
    await stage.client.execute_workflow(
        "CheckDrift",
        DriftInput(**given),
        id=run,
        task_queue=stage.settings.task_queue,
        result_type=DriftResult,
    )
    return {"workflow_id": run}


async def _scanned(stage: Stage, _clock: MovableClock) -> Json:
    await _spoiled(stage)
    return await _scan(stage, after=LAST)


async def _scanned_in_two_runs(stage: Stage, _clock: MovableClock) -> Json:
    for _ in range(2):
        await _last(stage)
    return await _scan(stage, after=LAST, page_size=1, pages_per_run=1, orphans=False)


async def _repaired(stage: Stage, _clock: MovableClock) -> Json:
    tenant = await _spoiled(stage)
    await stage.finished(await _repair(stage, tenant))
    return tenant


async def _repair_failed(stage: Stage, _clock: MovableClock) -> Json:
    tenant = await _spoiled(stage)
    async with stage.aws_fault(match=PUTS_IT_BACK, **DENIED):
        await stage.finished(await _repair(stage, tenant))
    return tenant


async def _repair_cancelled(stage: Stage, _clock: MovableClock) -> Json:
    tenant = await _spoiled(stage)
    async with stage.aws_fault(match=PUTS_IT_BACK, **BUSY):
        repair = await _repair(stage, tenant)
        await stage.until_step(repair, STEP)
        await stage.ask("POST", f"/v1/operations/{repair['operation_id']}/cancel")
    await stage.finished(repair)
    return tenant


async def _repair_taken_over(stage: Stage, _clock: MovableClock) -> Json:
    tenant = await _spoiled(stage)
    async with stage.aws_fault(match=PUTS_IT_BACK, **BUSY):
        repair = await _repair(stage, tenant)
        await stage.until_step(repair, STEP)
        teardown = await stage.ask("DELETE", f"{path(tenant)}?grace=0")
    await stage.finished(teardown)
    return tenant


async def _repair_paused(stage: Stage, _clock: MovableClock) -> Json:
    """Nothing else makes a repair wait for a person: what cannot be brought back it leaves."""
    tenant = await _spoiled(stage)
    repair = await _repair(stage, tenant, f"?pause_before={STEP}")
    await stage.until(repair, lambda view: STEP in stops(view))
    await intervene(stage, repair, "resume")
    await stage.finished(repair)
    return tenant


def _orphan(state: str, fault: Json) -> Callable[[Stage, MovableClock], Awaitable[Json]]:
    """A bucket of no tenant, whose deletion a person asks for and which ends in that state."""

    async def play(stage: Stage, _clock: MovableClock) -> Json:
        install, tenant_id = stage.settings.install, new_tenant_id()
        name, s3 = resource_name(install, tenant_id, "left"), stage.auditor.aws("s3")
        marks = ownership_tags(install, tenant_id, f"s-{tenant_id}", "left")
        s3.create_bucket(Bucket=name)
        s3.put_bucket_tagging(
            Bucket=name, Tagging={"TagSet": [{"Key": key, "Value": value} for key, value in marks.items()]}
        )
        await _scan(stage, after=NONE)
        orphan = await _found(stage, tenant_id)
        url = f"/v1/orphans/{orphan['id']}"
        async with stage.aws_fault(match={"operation": "DeleteBucket", "resource": name}, **fault):
            await stage.ask("DELETE", f"{url}?reason=left+behind")
            ended = await first(lambda: _look(stage, url), lambda view: view["state"] in ENDED)
        assert ended["state"] == state, ended
        return {"workflow_id": f"orphan/{orphan['id']}"}

    return play


async def _found(stage: Stage, tenant_id: str) -> Json:
    page = await _look(stage, "/v1/orphans?limit=200")
    return next(one for one in page["items"] if one["tenant_id"] == tenant_id)


async def _look(stage: Stage, url: str) -> Json:
    answer = await stage.http.get(url)
    assert answer.status_code == 200, answer.text
    view: Json = answer.json()
    return view


ONCE_BUSY = BUSY | {"times": 1}
OF_DRIFT: dict[str, Callable[[Stage, MovableClock], Awaitable[Json]]] = {
    "drift-checked": _scanned,
    "drift-continued": _scanned_in_two_runs,
    "repair-done": _repaired,
    "repair-failed": _repair_failed,
    "repair-cancelled": _repair_cancelled,
    "repair-taken-over": _repair_taken_over,
    "repair-paused": _repair_paused,
    "orphan-deleted": _orphan("deleted", ONCE_BUSY),
    "orphan-refused": _orphan("refused", DENIED),
}
