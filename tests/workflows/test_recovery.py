"""An operation whose run was lost is found, carried on, and ends as it would have ended."""

from typing import Any

import pytest

from domain.sizing import Sizes
from tests.workflows.faults import BUSY_AWS, BUSY_CLUSTER, STEP
from tests.workflows.losses import lose, recover, undoing
from tests.workflows.stage import Json, Stage
from tests.workflows.standing import WHOLE


@pytest.mark.parametrize("step", ["recordings", "database", "auth"])
async def test_a_signup_lost_half_way_is_finished(stage: Stage, step: str) -> None:
    """Terminated at a step, a sign-up is carried on to the end: active, one of each thing."""
    async with STEP[step].held(stage):
        signup = await stage.ask_signup()
        await stage.until_step(signup, step)
        await lose(stage, signup)
    assert signup["operation_id"] in await recover(stage)
    assert (await stage.finished(signup))["status"] == "succeeded"
    assert (await stage.tenant(signup))["phase"] == "active"
    assert len(await stage.things(signup)) == WHOLE


async def test_a_failed_signup_lost_in_its_undo_leaves_nothing(stage: Stage) -> None:
    """Terminated while it undoes a failure, a sign-up ends failed with the same error and leaves nothing."""
    async with stage.aws_fault(match={"operation": "DeleteBucket"}, **BUSY_AWS):
        async with STEP["auth"].refused(stage):
            signup = await stage.ask_signup()
            await undoing(stage, signup, "recordings")
        await lose(stage, signup)
    await recover(stage)
    ended = await stage.finished(signup)
    assert (ended["status"], ended["error"]["step"]) == ("failed", "auth")
    assert ended["error"]["code"] == "AccessDenied"
    assert await stage.things(signup) == []
    assert (await stage.tenant(signup))["phase"] == "failed"


async def test_a_cancelled_signup_lost_in_its_undo_leaves_nothing(stage: Stage) -> None:
    """Terminated while it undoes a cancellation, a sign-up ends cancelled, and nothing is left."""
    async with stage.aws_fault(match={"operation": "DeleteBucket"}, **BUSY_AWS):
        async with STEP["database"].held(stage):
            signup = await stage.ask_signup()
            await stage.until_step(signup, "database")
            await stage.ask("POST", f"/v1/operations/{signup['operation_id']}/cancel")
        await undoing(stage, signup, "recordings")
        await lose(stage, signup)
    await recover(stage)
    assert (await stage.finished(signup))["status"] == "cancelled"
    assert await stage.things(signup) == []
    assert (await stage.tenant(signup))["phase"] == "cancelled"


async def test_a_signup_lost_while_a_teardown_takes_it_over(stage: Stage) -> None:
    """Terminated in the undo for a teardown: the sign-up is superseded, the teardown is certified."""
    async with stage.aws_fault(match={"operation": "DeleteBucket"}, **BUSY_AWS):
        async with STEP["database"].held(stage):
            signup = await stage.ask_signup()
            await stage.until_step(signup, "database")
            teardown = await stage.ask("DELETE", _path(signup))
        await undoing(stage, signup, "recordings")
        await lose(stage, signup)
    await recover(stage)
    superseded = await stage.finished(signup)
    assert (superseded["status"], superseded["superseded_by"]) == ("superseded", teardown["operation_id"])
    assert (await stage.finished(teardown))["status"] == "succeeded"
    assert await stage.things(signup) == []
    assert (await stage.http.get(f"{_path(signup)}/certificate")).status_code == 200


async def test_a_suspend_that_waits_behind_a_lost_signup(stage: Stage) -> None:
    """A sign-up with a suspend in waiting is lost: it is finished, then suspended."""
    async with STEP["proxy"].held(stage):
        signup = await stage.ask_signup()
        await stage.until_step(signup, "proxy")
        suspend = await stage.ask("POST", f"{_path(signup)}/suspend")
        await lose(stage, signup)
    await recover(stage)
    assert (await stage.finished(signup))["status"] == "succeeded"
    assert (await stage.finished(suspend))["status"] == "succeeded"
    assert (await stage.tenant(signup))["phase"] == "suspended"


@pytest.mark.parametrize("users", [120, 20])
async def test_a_lost_scale_reaches_its_target(stage: Stage, users: int) -> None:
    """Terminated half-way, a scale up or down ends with the new sizes."""
    tenant = await stage.active(users=50)
    async with STEP["auth"].held(stage):
        scale = await stage.ask("PATCH", _path(tenant), {"users": users})
        await stage.until_step(scale, "auth")
        await lose(stage, tenant)
    await recover(stage)
    assert (await stage.finished(scale))["status"] == "succeeded"
    await _has_sizes_of(stage, tenant, users)


async def test_a_lost_scale_reaches_its_newest_target(stage: Stage) -> None:
    """Terminated after two newer targets, a scale ends with the newest; the others stay superseded."""
    tenant = await stage.active(users=50)
    async with STEP["auth"].held(stage):
        asked = [await stage.ask("PATCH", _path(tenant), {"users": users}) for users in (80, 200, 120)]
        await lose(stage, tenant)
    assert await recover(stage) == [asked[0]["operation_id"]]
    assert [(await stage.finished(one))["status"] for one in asked] == [
        "superseded",
        "superseded",
        "succeeded",
    ]
    await _has_sizes_of(stage, tenant, 120)


@pytest.mark.parametrize("users", [120, 20])
async def test_a_cancelled_scale_lost_in_its_undo_has_the_last_good_sizes(stage: Stage, users: int) -> None:
    """Terminated while a scale up or down is taken back, it ends cancelled at the sizes before."""
    tenant = await stage.active(users=50)
    async with STEP["proxy"].held(stage):
        scale = await stage.ask("PATCH", _path(tenant), {"users": users})
        await stage.until_step(scale, "proxy")
        await stage.ask("POST", f"/v1/operations/{scale['operation_id']}/cancel")
        await undoing(stage, scale, "proxy")
        await lose(stage, tenant)
    await recover(stage)
    assert (await stage.finished(scale))["status"] == "cancelled"
    await _has_sizes_of(stage, tenant, 50)


async def test_a_scale_lost_while_a_suspend_takes_it_over(stage: Stage) -> None:
    """Terminated in the undo for a suspend, the scale is superseded and the tenant suspended."""
    tenant = await stage.active(users=50)
    async with STEP["proxy"].held(stage):
        scale = await stage.ask("PATCH", _path(tenant), {"users": 120})
        await stage.until_step(scale, "proxy")
        suspend = await stage.ask("POST", f"{_path(tenant)}/suspend")
        await lose(stage, tenant)
    await recover(stage)
    assert (await stage.finished(scale))["status"] == "superseded"
    assert (await stage.finished(suspend))["status"] == "succeeded"
    view = await stage.tenant(tenant)
    assert (view["phase"], view["target"]["users"]) == ("suspended", 50)


@pytest.mark.parametrize("change", ["suspend", "resume", "restore"])
async def test_a_lost_change_is_finished(stage: Stage, change: str) -> None:
    """Terminated half-way, a suspend, resume or restore ends in its phase."""
    tenant = await stage.active()
    if change == "resume":
        await stage.finished(await stage.ask("POST", f"{_path(tenant)}/suspend"))
    elif change == "restore":
        await stage.finished(await stage.ask("DELETE", f"{_path(tenant)}?grace=3600"))
    async with STEP["auth"].held(stage):
        asked = await stage.ask("POST", f"{_path(tenant)}/{change}")
        await stage.until_step(asked, "auth")
        await lose(stage, tenant)
    await recover(stage)
    assert (await stage.finished(asked))["status"] == "succeeded"
    expected = "suspended" if change == "suspend" else "active"
    assert (await stage.tenant(tenant))["phase"] == expected
    assert len(await stage.things(tenant)) == WHOLE


BEFORE_REMOVAL: Json = {"match": {"verb": "patch", "resource": "deployments", "name": "auth"}, **BUSY_CLUSTER}
DURING_REMOVAL: Json = {"match": {"verb": "delete", "resource": "namespaces"}, **BUSY_CLUSTER}


@pytest.mark.parametrize("fault", [BEFORE_REMOVAL, DURING_REMOVAL], ids=["before", "during"])
async def test_a_lost_teardown_is_finished(stage: Stage, fault: Any) -> None:
    """Terminated before or during its removal, a teardown ends with a certificate and nothing left."""
    tenant = await stage.active()
    async with stage.cluster_fault("use1", **fault):
        teardown = await stage.ask("DELETE", f"{_path(tenant)}?grace=0")
        phase = "removing" if fault is DURING_REMOVAL else "closing"
        await stage.until_tenant(tenant, lambda view: view["phase"] == phase)
        await lose(stage, tenant)
    await recover(stage)
    assert (await stage.finished(teardown))["status"] == "succeeded"
    assert await stage.things(tenant) == []
    assert (await stage.tenant(tenant))["phase"] == "deleted"
    assert (await stage.http.get(f"{_path(tenant)}/certificate")).status_code == 200


async def test_a_lost_repair_is_finished(stage: Stage) -> None:
    """Terminated half-way, a repair brings back what was deleted; the tenant was active all along."""
    tenant = await stage.active()
    role = f"{stage.settings.install}-{tenant['tenant_id']}-auth-role"
    iam = stage.auditor.aws("iam")
    iam.delete_role_policy(RoleName=role, PolicyName="tenant")
    async with stage.aws_fault(match={"operation": "PutRolePolicy"}, **BUSY_AWS):
        repair = await stage.ask("POST", f"{_path(tenant)}/repair")
        await stage.until_step(repair, "auth-role")
        await lose(stage, tenant)
    assert repair["operation_id"] in await recover(stage)
    assert (await stage.finished(repair))["status"] == "succeeded"
    assert iam.list_role_policies(RoleName=role)["PolicyNames"] == ["tenant"]
    assert (await stage.tenant(tenant))["phase"] == "active"


async def test_an_open_run_is_left_alone(stage: Stage) -> None:
    """A reconciler that meets an open run starts nothing for it; the run goes on."""
    async with STEP["database"].held(stage):
        signup = await stage.ask_signup()
        await stage.until_step(signup, "database")
        run = (await stage.run_of(signup).describe()).run_id
        assert signup["operation_id"] not in await recover(stage)
        assert (await stage.run_of(signup).describe()).run_id == run
    assert (await stage.finished(signup))["status"] == "succeeded"


def _path(tenant: Json) -> str:
    return f"/v1/tenants/{tenant['slug']}"


async def _has_sizes_of(stage: Stage, tenant: Json, users: int) -> None:
    """Database, record and phase tell of a tenant with that many users."""
    view = await stage.tenant(tenant)
    assert (view["phase"], view["target"]["users"]) == ("active", users)
    database = stage.auditor.database(tenant["tenant_id"], "us-east-1")
    assert database["DBInstanceClass"] == view["sizes"]["database"]["instance_class"]
    proxy = stage.auditor.deployment("use1", tenant["tenant_id"], "proxy")
    assert proxy.status.available_replicas == view["sizes"]["components"]["proxy"]["replicas"]
    quota = stage.auditor.quota("use1", tenant["tenant_id"])
    assert quota["requests.cpu"] == f"{Sizes.model_validate(view['sizes']).quota_cpu_millis}m"
