"""What a person may do about a stuck step beyond trying again: other input, or the way back."""

import contextlib

import pytest
from temporalio.client import WorkflowUpdateFailedError

from tests.workflows.faults import REFUSED_BY_AWS, STEP
from tests.workflows.losses import lose, recover
from tests.workflows.stage import Json, Stage
from tests.workflows.standing import intervene, path, stuck, url

WITHOUT_REASON: dict[str, Json] = {
    "skip": {"step": "dns"},
    "amend": {"step": "dns", "input": {"final_snapshot": False}},
    "abort": {},
}


async def test_a_snapshot_that_is_refused_can_be_given_up(stage: Stage) -> None:
    """A removal whose final snapshot meets a quota goes on without it when told to, and says so."""
    tenant = await stage.active(plan="business", users=300)
    quota = {"action": "refuse", "code": "SnapshotQuotaExceeded", "status": 400, "message": "quota"}
    async with stage.aws_fault(match={"operation": "DeleteDBInstance"}, **quota):
        teardown = await stage.ask("DELETE", f"{path(tenant)}?grace=0")
        stop = await stuck(stage, teardown, "database")
        assert (stop["reason"], stop["actions"]) == ("QuotaExceeded", ["retry", "amend"])
        wrong = {"step": "database", "reason": "x", "input": {"database_class": "db.t4g.large"}}
        problem = await stage.refused("POST", url(teardown, "amend"), wrong)
        assert "it takes final_snapshot" in problem["detail"]
    given_up = {"step": "database", "input": {"final_snapshot": False}}
    await intervene(stage, teardown, "amend", reason="the customer has an export", **given_up)
    ended = await stage.finished(teardown)
    assert ended["status"] == "succeeded"
    assert ended["kept"] == [
        "Database: no final snapshot was taken, as development decided: the customer has an export"
    ]
    assert ended["interventions"][0]["input"] == {"final_snapshot": False, "database_class": None}
    assert await stage.things(tenant) == []


async def test_an_undo_can_end_with_another_database_class(stage: Stage) -> None:
    """A scale whose old class has no capacity ends with another, and the tenant's sizes are the true ones."""
    tenant = await stage.active(users=50)
    none_left = {"action": "refuse", "code": "InsufficientDBInstanceCapacity", "status": 400}
    async with contextlib.AsyncExitStack() as hold:
        await hold.enter_async_context(STEP["proxy"].held(stage))
        scale = await stage.ask("PATCH", path(tenant), {"users": 120})
        await stage.until_step(scale, "proxy")
        async with stage.aws_fault(match={"operation": "ModifyDBInstance"}, **none_left):
            await stage.ask("POST", url(scale, "cancel"))
            await hold.aclose()
            stop = await stuck(stage, scale, "database")
            assert stop["actions"] == ["retry", "amend"]
        other = {"step": "database", "input": {"database_class": "db.t4g.large"}}
        await intervene(stage, scale, "amend", reason="no db.t4g.small in the region", **other)
    ended = await stage.finished(scale)
    assert ended["status"] == "cancelled"
    assert "db.t4g.large instead of" in ended["kept"][-1]
    view = await stage.tenant(tenant)
    assert (view["phase"], view["target"]["users"]) == ("active", 50)
    assert view["sizes"]["database"]["instance_class"] == "db.t4g.large"
    there = stage.auditor.database(tenant["tenant_id"], "us-east-1")
    assert there["DBInstanceClass"] == "db.t4g.large"


async def test_another_database_class_outlives_its_run(stage: Stage) -> None:
    """What a person gave a stuck undo is what its recovery uses, when its run is lost before it was done."""
    tenant = await stage.active(users=50)
    none_left = {"action": "refuse", "code": "InsufficientDBInstanceCapacity", "status": 400}
    async with contextlib.AsyncExitStack() as hold:
        await hold.enter_async_context(STEP["proxy"].held(stage))
        scale = await stage.ask("PATCH", path(tenant), {"users": 120})
        await stage.until_step(scale, "proxy")
        async with stage.aws_fault(match={"operation": "ModifyDBInstance"}, **none_left):
            await stage.ask("POST", url(scale, "cancel"))
            await hold.aclose()
            await stuck(stage, scale, "database")
            other = {"step": "database", "input": {"database_class": "db.t4g.large"}}
            await intervene(stage, scale, "amend", reason="no db.t4g.small in the region", **other)
            await lose(stage, tenant)
    await recover(stage)
    assert (await stage.finished(scale))["status"] == "cancelled"
    view = await stage.tenant(tenant)
    assert view["sizes"]["database"]["instance_class"] == "db.t4g.large"


async def test_a_snapshot_stays_given_up_when_the_run_is_lost(stage: Stage) -> None:
    """The recovery of a removal takes no final snapshot either, and the operation says who decided it."""
    tenant = await stage.active(plan="business", users=300)
    quota = {"action": "refuse", "code": "SnapshotQuotaExceeded", "status": 400, "message": "quota"}
    async with stage.aws_fault(match={"operation": "DeleteDBInstance"}, **quota):
        teardown = await stage.ask("DELETE", f"{path(tenant)}?grace=0")
        await stuck(stage, teardown, "database")
        given_up = {"step": "database", "input": {"final_snapshot": False}}
        await intervene(stage, teardown, "amend", reason="the customer has an export", **given_up)
        await lose(stage, tenant)
    await recover(stage)
    ended = await stage.finished(teardown)
    assert ended["status"] == "succeeded"
    assert "no final snapshot was taken" in ended["kept"][0]
    assert await stage.things(tenant) == []


async def test_a_stuck_teardown_can_be_aborted_before_it_removes(stage: Stage) -> None:
    """Aborted while its stop is stuck, a teardown brings the tenant back and ends cancelled."""
    tenant = await stage.active()
    async with STEP["auth"].refused(stage):
        teardown = await stage.ask("DELETE", f"{path(tenant)}?grace=3600")
        stop = await stuck(stage, teardown, "auth", one_thing=False)
        assert stop["actions"] == ["retry", "abort"]
    await intervene(stage, teardown, "abort", reason="the customer stays")
    ended = await stage.finished(teardown)
    assert ended["status"] == "cancelled"
    assert [did["action"] for did in ended["interventions"]] == ["abort"]
    view = await stage.tenant(tenant)
    assert (view["phase"], view["remove_after"]) == ("active", None)
    for name in ("auth", "proxy"):
        assert stage.auditor.deployment("use1", tenant["tenant_id"], name).status.available_replicas >= 1


async def test_abort_of_a_signup_leaves_nothing(stage: Stage) -> None:
    """For what can be cancelled, abort is cancel with a reason that is kept."""
    async with STEP["database"].held(stage):
        signup = await stage.ask_signup()
        await stage.until_step(signup, "database")
        await intervene(stage, signup, "abort", reason="a wrong region")
        ended = await stage.finished(signup)
    assert (ended["status"], ended["interventions"][0]["why"]) == ("cancelled", "a wrong region")
    assert await stage.things(signup) == []


async def test_nothing_is_skipped_without_a_reason(stage: Stage) -> None:
    """Sent from Temporal's page without a reason, what cannot be taken back is refused; the run waits on."""
    tenant = await stage.active()
    async with stage.aws_fault(match={"operation": "ChangeResourceRecordSets"}, **REFUSED_BY_AWS):
        teardown = await stage.ask("DELETE", f"{path(tenant)}?grace=0")
        await stuck(stage, teardown, "dns")
        for update, said in WITHOUT_REASON.items():
            for reason in ({}, {"reason": " "}):
                with pytest.raises(WorkflowUpdateFailedError) as refusal:
                    await stage.run_of(tenant).execute_update(
                        update, {"requested_by": "an engineer", **said, **reason}
                    )
                undecodable = refusal.value.cause
                assert "reason" in f"{undecodable} {undecodable and undecodable.__cause__}"
        assert (await stage.operation(teardown))["interventions"] == []
    assert (await stage.finished_with_retries(teardown))["status"] == "succeeded"
