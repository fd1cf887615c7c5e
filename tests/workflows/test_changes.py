"""Scale, suspend, resume, teardown, restore, removal: each ends in a true phase."""

from datetime import timedelta

import pytest

from domain.sizing import Sizes
from runtime.clock import MovableClock
from tests.workflows.faults import STEP
from tests.workflows.stage import Json, Stage
from worker.schedules import REMOVALS


async def test_scale_brings_the_new_sizes(stage: Stage) -> None:
    """A scale ends with database class and replicas of the new target."""
    tenant = await stage.active(users=50)
    scaled = await stage.finished(await stage.ask("PATCH", _path(tenant), {"users": 120}))
    assert scaled["status"] == "succeeded"
    view = await stage.tenant(tenant)
    assert (view["phase"], view["target"]["users"]) == ("active", 120)
    database = stage.auditor.database(tenant["tenant_id"], "us-east-1")
    assert database["DBInstanceClass"] == view["sizes"]["database"]["instance_class"] == "db.t4g.medium"
    proxy = stage.auditor.deployment("use1", tenant["tenant_id"], "proxy")
    assert proxy.status.available_replicas == view["sizes"]["components"]["proxy"]["replicas"] == 4


async def test_a_failed_scale_ends_with_the_last_good_sizes(stage: Stage) -> None:
    """Refused half-way, a scale brings back what it changed; phase, target and sizes are as before."""
    tenant = await stage.active(users=50)
    before = await stage.tenant(tenant)
    async with STEP["proxy"].refused(stage):
        accepted = await stage.ask("PATCH", _path(tenant), {"users": 120})
        await stage.until(accepted, lambda view: view["error"] is not None or view["conditions"])
    ended = await stage.finished_with_retries(accepted)
    assert ended["status"] == "failed"
    after = await stage.tenant(tenant)
    assert {k: after[k] for k in ("phase", "target", "sizes")} == {
        k: before[k] for k in ("phase", "target", "sizes")
    }
    database = stage.auditor.database(tenant["tenant_id"], "us-east-1")
    assert database["DBInstanceClass"] == before["sizes"]["database"]["instance_class"]


async def test_a_scale_to_less_never_waits_for_its_own_quota(stage: Stage) -> None:
    """Quotas shrink after the workload, whose new pods fit; in the end the quota is the small one."""
    tenant = await stage.active(plan="business", users=1500)
    scaled = await stage.finished(await stage.ask("PATCH", _path(tenant), {"plan": "team", "users": 20}))
    assert scaled["status"] == "succeeded"
    view = await stage.tenant(tenant)
    assert view["plan"] == "team"
    quota = stage.auditor.quota("use1", tenant["tenant_id"])
    assert quota["requests.cpu"] == f"{Sizes.model_validate(view['sizes']).quota_cpu_millis}m"


async def test_a_running_scale_takes_the_newer_target(stage: Stage) -> None:
    """A second scale while the first runs becomes its target: one run, the first operation superseded."""
    tenant = await stage.active(users=50)
    async with STEP["auth"].held(stage):
        first = await stage.ask("PATCH", _path(tenant), {"users": 80})
        run = (await stage.run_of(tenant).describe()).run_id
        second = await stage.ask("PATCH", _path(tenant), {"users": 120})
        assert (await stage.operation(first))["status"] == "superseded"
    assert (await stage.finished(second))["status"] == "succeeded"
    assert (await stage.run_of(tenant).describe()).run_id == run
    assert (await stage.tenant(tenant))["target"]["users"] == 120


async def test_suspend_stops_the_workload_and_resume_brings_it_back(stage: Stage) -> None:
    """Suspended: no replicas, no autoscaler, database kept. Resumed: the sizes that it had."""
    tenant = await stage.active(users=50)
    before = await stage.things(tenant)
    assert (await stage.finished(await stage.ask("POST", f"{_path(tenant)}/suspend")))[
        "status"
    ] == "succeeded"
    assert (await stage.tenant(tenant))["phase"] == "suspended"
    for name in ("auth", "proxy"):
        assert stage.auditor.deployment("use1", tenant["tenant_id"], name).spec.replicas == 0
    assert await stage.things(tenant) == before
    assert (await stage.finished(await stage.ask("POST", f"{_path(tenant)}/resume")))["status"] == "succeeded"
    assert (await stage.tenant(tenant))["phase"] == "active"
    assert stage.auditor.deployment("use1", tenant["tenant_id"], "proxy").status.available_replicas == 2


async def test_an_undone_suspend_starts_auth_before_proxy(stage: Stage) -> None:
    """Cancelled, a suspend brings auth back before the proxy, which cannot be ready without it."""
    tenant = await stage.active()
    async with STEP["auth"].held(stage):
        suspend = await stage.ask("POST", f"{_path(tenant)}/suspend")
        await stage.until_step(suspend, "auth")
        await stage.ask("POST", f"/v1/operations/{suspend['operation_id']}/cancel")
    ended = await stage.finished(suspend)
    assert ended["status"] == "cancelled"
    assert (await stage.tenant(tenant))["phase"] == "active"
    began = {step["name"]: step["undo_started_at"] for step in ended["steps"]}
    assert {step["status"] for step in ended["steps"]} == {"undone"}
    assert began["auth"] < began["proxy"]


async def test_a_verification_that_is_refused_waits_for_a_person(stage: Stage) -> None:
    """A removal whose proof is refused says so, waits, and ends with its certificate after a retry."""
    tenant = await stage.active()
    denied = {"action": "refuse", "code": "AccessDenied", "status": 403}
    async with stage.aws_fault(match={"operation": "GetBucketTagging"}, **denied):
        teardown = await stage.ask("DELETE", f"{_path(tenant)}?grace=0")
        waiting = await stage.until(teardown, lambda view: bool(view["conditions"]))
        assert waiting["conditions"][0]["reason"] == "AccessDenied"
    assert (await stage.finished_with_retries(teardown))["status"] == "succeeded"
    assert await stage.things(tenant) == []


async def test_a_teardown_does_not_wait_for_an_undo_that_is_stuck(stage: Stage) -> None:
    """A scale whose undo cannot finish is taken over by a teardown, which removes the tenant."""
    tenant = await stage.active(users=50)
    async with STEP["proxy"].refused(stage):
        scale = await stage.ask("PATCH", _path(tenant), {"users": 120})
        await stage.until(scale, lambda view: bool(view["conditions"]))
        teardown = await stage.ask("DELETE", f"{_path(tenant)}?grace=0")
        await stage.until(teardown, lambda view: view["status"] != "waiting")
    assert (await stage.finished_with_retries(teardown))["status"] == "succeeded"
    assert await stage.things(tenant) == []


async def test_teardown_without_grace_leaves_a_certificate_and_nothing_else(stage: Stage) -> None:
    """The certificate names every object that was made, and each is proven gone."""
    tenant = await stage.active()
    made = await stage.things(tenant)
    teardown = await stage.ask("DELETE", f"{_path(tenant)}?grace=0")
    assert (await stage.finished(teardown))["status"] == "succeeded"
    assert await stage.things(tenant) == []
    certificate = (await stage.http.get(f"{_path(tenant)}/certificate")).json()
    named = {entry["name"] for entry in certificate["entries"]}
    assert {
        thing.split(" ", 1)[1] for thing in made if thing.startswith(("bucket", "role", "database"))
    } <= named
    assert all(entry["proof"] and entry["gone_at"] for entry in certificate["entries"])


async def test_a_grace_can_be_ended_by_restore(stage: Stage) -> None:
    """Within its grace a tenant is stopped and complete; restore makes it active with its last sizes."""
    tenant = await stage.active(users=50)
    before = await stage.things(tenant)
    teardown = await stage.ask("DELETE", f"{_path(tenant)}?grace=3600")
    assert (await stage.finished(teardown))["status"] == "succeeded"
    closed = await stage.tenant(tenant)
    assert closed["phase"] == "closed"
    assert closed["remove_after"]
    assert await stage.things(tenant) == before
    assert (await stage.finished(await stage.ask("POST", f"{_path(tenant)}/restore")))[
        "status"
    ] == "succeeded"
    restored = await stage.tenant(tenant)
    assert (restored["phase"], restored["remove_after"]) == ("active", None)
    assert stage.auditor.deployment("use1", tenant["tenant_id"], "auth").status.available_replicas == 1


async def test_the_schedule_removes_what_is_due(stage: Stage, clock: MovableClock) -> None:
    """When the grace is over, the scheduled run starts the removal, which ends with a certificate."""
    tenant = await stage.active()
    await stage.finished(await stage.ask("DELETE", f"{_path(tenant)}?grace=3600"))
    clock.move(timedelta(hours=2))
    try:
        await stage.schedule(REMOVALS).trigger()
        await stage.until_tenant(tenant, lambda view: view["phase"] == "deleted")
    finally:
        clock.move(timedelta(hours=-2))
    assert await stage.things(tenant) == []
    assert (await stage.http.get(f"{_path(tenant)}/certificate")).status_code == 200


@pytest.mark.parametrize("change", ["suspend", "resume", "restore"])
async def test_what_the_phase_does_not_allow_is_a_conflict(stage: Stage, change: str) -> None:
    """An operation that the phase does not allow is refused and changes nothing."""
    tenant = await stage.active()
    if change == "suspend":
        await stage.finished(await stage.ask("POST", f"{_path(tenant)}/suspend"))
    problem = await stage.refused("POST", f"{_path(tenant)}/{change}")
    assert problem["status"] == 409


async def test_a_removal_that_cannot_finish_waits_for_a_person(stage: Stage) -> None:
    """Refused for good, a removal says what is stuck and why, and goes on when asked to retry."""
    tenant = await stage.active()
    async with stage.aws_fault(
        match={"operation": "DeleteBucket"}, action="refuse", code="AccessDenied", status=403
    ):
        teardown = await stage.ask("DELETE", f"{_path(tenant)}?grace=0")
        await stage.until(teardown, lambda view: bool(view["conditions"]))
        view = await stage.until_tenant(tenant, lambda view: bool(_attention(view)))
        condition = _attention(view)[0]
        assert condition["reason"] == "AccessDenied"
        assert "recordings" in condition["message"]
        assert view["phase"] == "removing"
    await stage.retry(tenant)
    assert (await stage.finished(teardown))["status"] == "succeeded"
    assert await stage.things(tenant) == []
    assert not _attention(await stage.tenant(tenant))


def _attention(view: Json) -> list[Json]:
    return [c for c in view["conditions"] if c["type"] == "NeedsAttention" and c["status"]]


def _path(tenant: Json) -> str:
    return f"/v1/tenants/{tenant['slug']}"
