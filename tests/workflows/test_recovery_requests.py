"""What people meet who ask for something before the schedule has found a lost run."""

import json

from tests.workflows.faults import STEP
from tests.workflows.losses import lose, recover
from tests.workflows.stage import Json, Stage, first, new_key


async def lost_signup(stage: Stage) -> Json:
    """A sign-up whose run was terminated at its database."""
    signup = await stage.ask_signup()
    await stage.until_step(signup, "database")
    await lose(stage, signup)
    return signup


async def test_a_teardown_takes_over_a_lost_signup_at_once(stage: Stage) -> None:
    """A teardown of a tenant whose sign-up was lost is accepted, and both end as in an ordinary take-over."""
    async with STEP["database"].held(stage):
        signup = await lost_signup(stage)
        teardown = await stage.ask("DELETE", _path(signup))
    assert (await stage.finished(signup))["status"] == "superseded"
    assert (await stage.finished(teardown))["status"] == "succeeded"
    assert await stage.things(signup) == []
    assert (await stage.tenant(signup))["phase"] == "deleted"


async def test_a_suspend_takes_over_a_lost_scale_at_once(stage: Stage) -> None:
    """A suspend of a tenant whose scale was lost is accepted; the scale is taken back first."""
    tenant = await stage.active(users=50)
    async with STEP["proxy"].held(stage):
        scale = await stage.ask("PATCH", _path(tenant), {"users": 120})
        await stage.until_step(scale, "proxy")
        await lose(stage, tenant)
        suspend = await stage.ask("POST", f"{_path(tenant)}/suspend")
    assert (await stage.finished(scale))["status"] == "superseded"
    assert (await stage.finished(suspend))["status"] == "succeeded"
    assert (await stage.tenant(tenant))["phase"] == "suspended"


async def test_a_lost_operation_can_be_cancelled_at_once(stage: Stage) -> None:
    """Cancelling a lost sign-up recovers and undoes it."""
    async with STEP["database"].held(stage):
        signup = await lost_signup(stage)
        await stage.ask("POST", f"/v1/operations/{signup['operation_id']}/cancel")
    assert (await stage.finished(signup))["status"] == "cancelled"
    assert await stage.things(signup) == []


async def test_others_are_told_that_the_lost_operation_is_being_recovered(stage: Stage) -> None:
    """A scale of a tenant whose suspend was lost is a 409 that names the suspend, which goes on at once."""
    tenant = await stage.active()
    async with STEP["auth"].held(stage):
        suspend = await stage.ask("POST", f"{_path(tenant)}/suspend")
        await stage.until_step(suspend, "auth")
        await lose(stage, tenant)
        problem = await stage.refused("PATCH", _path(tenant), {"users": 120})
    assert (problem["status"], problem["code"]) == (409, "OperationInProgress")
    assert problem["operation"]["id"] == suspend["operation_id"]
    assert "is being recovered" in problem["detail"]
    assert (await stage.finished(suspend))["status"] == "succeeded"


async def test_the_same_key_is_the_lost_operation(stage: Stage) -> None:
    """Repeating a sign-up under its key answers the same operation, before and after its recovery."""
    tenant = await stage.active()
    key = new_key()
    async with STEP["auth"].held(stage):
        first = await stage.http.post(f"{_path(tenant)}/suspend", headers=key)
        await stage.until_step(first.json(), "auth")
        await lose(stage, tenant)
        repeat = await stage.http.post(f"{_path(tenant)}/suspend", headers=key)
        assert (repeat.status_code, repeat.json()) == (202, first.json())
    await recover(stage)
    await stage.finished(first.json())
    again = await stage.http.post(f"{_path(tenant)}/suspend", headers=key)
    assert again.json() == first.json()


async def test_recovery_can_be_asked_for(stage: Stage) -> None:
    """POST /v1/recoveries names what it started; its repeat names the same and starts nothing."""
    async with STEP["database"].held(stage):
        signup = await lost_signup(stage)
        key = new_key()
        found = (await stage.http.post("/v1/recoveries", headers=key)).json()
        assert {
            "slug": signup["slug"],
            "tenant_id": signup["tenant_id"],
            "operation_id": signup["operation_id"],
            "kind": "signup",
        } in found["started"]
        assert (await stage.http.post("/v1/recoveries", headers=key)).json() == found
        fresh = (await stage.http.post("/v1/recoveries", headers=new_key())).json()
        assert signup["operation_id"] not in {one["operation_id"] for one in fresh["started"]}
    assert (await stage.finished(signup))["status"] == "succeeded"


async def test_a_recovery_shows_what_it_is(stage: Stage) -> None:
    """In the Temporal UI a recovery has a summary, details and the attributes of its tenant."""
    tenant = await stage.active(users=50)
    async with STEP["auth"].held(stage):
        scale = await stage.ask("PATCH", _path(tenant), {"users": 120})
        await stage.until_step(scale, "auth")
        await lose(stage, tenant)
        await recover(stage)
        shown = await first(lambda: details_of(stage, tenant), lambda page: "carried on" in page["details"])
        runs = [run async for run in stage.client.list_workflows(f'WorkflowId = "{stage.run_of(tenant).id}"')]
        recovery = next(run for run in runs if run.workflow_type == "RecoverTenant")
        described = await stage.client.get_workflow_handle(recovery.id, run_id=recovery.run_id).describe()
    await stage.finished(scale)
    assert "recover scale" in (await described.static_summary() or "")
    assert scale["operation_id"] in (await described.static_details() or "")
    assert shown["type"] == "ScaleTenant"
    attributes = {pair.key.name: pair.value for pair in described.typed_search_attributes}
    assert (attributes["TenantSlug"], attributes["OperationKind"]) == (tenant["slug"], "scale")


async def details_of(stage: Stage, tenant: Json) -> Json:
    """Type and current details of the tenant's newest run."""
    run = stage.run_of(tenant)
    metadata = await run.query("__temporal_workflow_metadata")
    return {"type": (await run.describe()).workflow_type, "details": json.dumps(metadata, default=str)}


def _path(tenant: Json) -> str:
    return f"/v1/tenants/{tenant['slug']}"
