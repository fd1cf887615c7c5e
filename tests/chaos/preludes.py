"""Brings a tenant to where an operation starts from; each returns its id and slug."""

import asyncio

from domain.naming import new_tenant_id, workflow_id
from tests.chaos import asks, wire
from tests.chaos.asks import FEW, path
from tests.chaos.blueprint import step, steps
from tests.chaos.ground import Ground
from tests.chaos.meddling import Hand
from tests.chaos.points import Act, ensured
from tests.chaos.wire import HOLD_SECONDS, Fault
from tests.workflows.stage import Json

LOST_AT = "auth"
"""The step at which a sign-up is when its run is terminated."""
SPOILED = ("recordings", "auth-role", "foundation", "auth")
"""Steps whose things somebody changed by hand: of each provider, with and without a workload."""


async def nobody(_ground: Ground) -> Json:
    tenant_id = new_tenant_id()
    return {"tenant_id": tenant_id, "slug": f"s-{tenant_id}"}


async def doomed(ground: Ground) -> Json:
    """A sign-up to be, the last step of which the provider refuses."""
    tenant = await nobody(ground)
    (point,) = ensured(steps()[-1:], Act.MAKE)
    await Fault(
        ground, await wire.spot(ground, point, tenant), {"action": "refuse", **wire.REFUSED[point.provider]}
    ).set()
    return tenant


async def active(ground: Ground) -> Json:
    return await ground.stage.active(users=FEW)


async def suspended(ground: Ground) -> Json:
    tenant = await active(ground)
    await ground.stage.finished(await ground.stage.ask("POST", f"{path(tenant)}/suspend"))
    return tenant


async def closed(ground: Ground) -> Json:
    tenant = await active(ground)
    await ground.stage.finished(await ground.stage.ask("DELETE", f"{path(tenant)}?grace=3600"))
    return tenant


async def lost(ground: Ground) -> Json:
    """A sign-up whose run was terminated half-way."""
    tenant = await nobody(ground)
    (point,) = ensured([step(LOST_AT)], Act.MAKE)
    hold = Fault(ground, await wire.spot(ground, point, tenant), {"action": "delay", "seconds": HOLD_SECONDS})
    await hold.set()
    try:
        await asks.sign_up(ground, tenant)
        await hold.until_taken()
        run = ground.stage.client.get_workflow_handle(workflow_id(tenant["slug"], tenant["tenant_id"]))
        await run.terminate("chaos")
    finally:
        await hold.lift()
    return tenant


async def spoiled(ground: Ground) -> Json:
    """An active tenant at whose things somebody was."""
    tenant = await active(ground)
    for name in SPOILED:
        await asyncio.to_thread(Hand(ground, tenant, step(name)).change)
    return tenant
