"""Support access from its approval to its revocation, and a suspension that ends some."""

from collections.abc import Awaitable, Callable

from domain.support import access_workflow_id
from runtime.clock import MovableClock
from tests.workflows.stage import Json, Stage, first, new_key

SUPPORT = {"name": "Sam", "roles": ["support"]}


async def _active(stage: Stage, tenant: Json) -> Json:
    made = await stage.http.post("/v1/keys", json=SUPPORT, headers=new_key())
    asking = {**new_key(), "Authorization": f"Bearer {made.json()['key']}"}
    body = {"reason": "ticket 4711", "seconds": 900}
    asked = await stage.http.post(f"/v1/tenants/{tenant['slug']}/access", json=body, headers=asking)
    access: Json = asked.json()
    await stage.http.post(f"/v1/access/{access['id']}/approve", headers=new_key())
    return await _until(stage, access, "active")


async def _until(stage: Stage, access: Json, state: str) -> Json:
    async def look() -> Json:
        view: Json = (await stage.http.get(f"/v1/access/{access['id']}")).json()
        return view

    return await first(look, lambda view: view["state"] == state)


async def _revoked(stage: Stage, _clock: MovableClock) -> Json:
    access = await _active(stage, await stage.active(plan="echo"))
    await stage.http.post(f"/v1/access/{access['id']}/revoke", headers=new_key())
    await _until(stage, access, "revoked")
    return {"workflow_id": access_workflow_id(access["id"])}


async def _withdrawn(stage: Stage, _clock: MovableClock) -> Json:
    tenant = await stage.active(plan="echo")
    access = await _active(stage, tenant)
    await stage.finished(await stage.ask("POST", f"/v1/tenants/{tenant['slug']}/suspend"))
    await _until(stage, access, "withdrawn")
    return tenant


OF_ACCESS: dict[str, Callable[[Stage, MovableClock], Awaitable[Json]]] = {
    "access-revoked": _revoked,
    "suspend-ends-access": _withdrawn,
}
