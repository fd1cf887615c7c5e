"""Runs that were reset, and operations of which Temporal knows nothing: one of the two is of yesterday."""

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import Engine
from temporalio.api.enums.v1 import EventType

from activities.records import Records
from activities.recovery import Recovery
from catalog import Catalog
from domain.messages import AcceptInput, BeginInput, FinishInput, OperationRequest
from domain.naming import new_operation_id, new_tenant_id
from domain.phases import OperationKind, OperationStatus, Phase
from domain.plans import Target
from runtime.clock import MovableClock
from runtime.settings import Settings
from store.engine import make_engine
from store.recovery import held_tenant
from tests.workflows.faults import BUSY_AWS, STEP
from tests.workflows.losses import lose, recover, reset
from tests.workflows.stage import Json, Stage, first
from tests.workflows.standing import WHOLE
from worker.schedules import RECOVERY


@pytest.fixture
def engine(settings: Settings) -> Any:
    engine = make_engine(settings.database_url.get_secret_value(), 2)
    yield engine
    engine.dispose()


@pytest.fixture
def records(stage: Stage, engine: Engine, catalog: Catalog, clock: MovableClock) -> Records:
    """The hands of a run on the records, without a run."""
    return Records(engine, catalog, "test", clock)


async def asked(stage: Stage, kind: OperationKind, **changes: Any) -> OperationRequest:
    values: Json = {
        "operation_id": new_operation_id(),
        "kind": kind,
        "tenant_id": new_tenant_id(),
        "requested_by": "tests",
        **changes,
    }
    return OperationRequest(**{"slug": f"s-{values['tenant_id']}", **values})


async def signup_of(stage: Stage) -> OperationRequest:
    return await asked(
        stage,
        OperationKind.SIGNUP,
        customer_id=await stage.customer(),
        region="us-east-1",
        target=Target(plan="team", users=20),
    )


def accepted(request: OperationRequest) -> Json:
    return {"operation_id": request.operation_id, "tenant_id": request.tenant_id, "slug": request.slug}


@pytest.mark.parametrize("point", [0, -1], ids=["first task", "last task"])
async def test_a_signup_that_is_reset_converges(stage: Stage, point: int) -> None:
    """Reset half-way to its beginning or its last decision, a sign-up ends active with one of each thing."""
    async with STEP["database"].held(stage):
        signup = await stage.ask_signup()
        await stage.until_step(signup, "database")
        before = (await stage.run_of(signup).describe()).run_id
        await reset(stage, signup, (await tasks_of(stage, signup))[point])
        assert (await stage.run_of(signup).describe()).run_id != before
    assert (await stage.finished(signup))["status"] == "succeeded"
    assert (await stage.tenant(signup))["phase"] == "active"
    assert len(await stage.things(signup)) == WHOLE
    await stage.closed(signup)
    assert await recover(stage) == []


async def test_a_signup_that_is_reset_in_its_undo_converges(stage: Stage) -> None:
    """Reset in the undo of a failure that is mended by now, a sign-up makes again what was removed."""
    async with stage.aws_fault(match={"operation": "DeleteBucket"}, **BUSY_AWS):
        async with STEP["auth"].refused(stage):
            signup = await stage.ask_signup()
            await stage.until(signup, only_recordings_are_left)
        await reset(stage, signup, (await tasks_of(stage, signup))[0])
        assert (await stage.finished(signup))["status"] == "succeeded"
    assert len(await stage.things(signup)) == WHOLE


def only_recordings_are_left(view: Json) -> bool:
    left = [step["name"] for step in view["steps"] if step["status"] not in {"undone", "pending"}]
    return left == ["recordings"] and view["undone_percent"] > 0


async def test_what_temporal_forgot_is_found(stage: Stage, records: Records) -> None:
    """A sign-up of which Temporal knows no run at all, as after the loss of its state, is finished."""
    signup = await signup_of(stage)
    records.begin(BeginInput(request=signup, run_id="forgotten"))
    assert (await stage.operation(accepted(signup)))["waiting_for"].startswith("its recovery")
    assert signup.operation_id in await recover(stage)
    assert (await stage.finished(accepted(signup)))["status"] == "succeeded"
    assert len(await stage.things(accepted(signup))) == WHOLE


async def test_a_hand_over_that_never_began_is_found(stage: Stage, records: Records) -> None:
    """Lost between the end of one operation and the beginning of the next, the next begins."""
    signup = await signup_of(stage)
    records.begin(BeginInput(request=signup, run_id="forgotten"))
    leave = await asked(stage, OperationKind.TEARDOWN, tenant_id=signup.tenant_id)
    records.accept(AcceptInput(request=leave, run_id="forgotten", holder=signup.operation_id))
    records.finish(
        FinishInput(
            tenant_id=signup.tenant_id,
            operation_id=signup.operation_id,
            result_of=signup.operation_id,
            status=OperationStatus.SUPERSEDED,
            superseded_by=leave.operation_id,
            phase=Phase.CLOSING,
        )
    )
    assert leave.operation_id in await recover(stage)
    assert (await stage.finished(accepted(leave)))["status"] == "succeeded"
    assert (await stage.tenant(accepted(leave)))["phase"] == "deleted"
    assert await stage.things(accepted(leave)) == []


async def test_a_cancellation_that_was_answered_outlives_its_run(stage: Stage) -> None:
    """Terminated right after it accepted a cancellation, a sign-up ends cancelled and not active."""
    async with STEP["database"].held(stage):
        signup = await stage.ask_signup()
        await stage.until_step(signup, "database")
        await stage.ask("POST", f"/v1/operations/{signup['operation_id']}/cancel")
        await lose(stage, signup)
    await recover(stage)
    assert (await stage.finished(signup))["status"] == "cancelled"
    assert await stage.things(signup) == []


async def test_the_calls_of_a_lost_run_are_waited_for(stage: Stage, engine: Engine) -> None:
    """A recovered run begins only when no call of the lost one can take effect; meanwhile it can be asked."""
    async with STEP["database"].held(stage):
        signup = await stage.ask_signup()
        await stage.until_step(signup, "database")
        await lose(stage, signup)
        held = held_tenant(engine, signup["tenant_id"])
        assert held
        patient = Recovery(stage.client, stage.settings.task_queue, engine, timedelta(seconds=3))
        assert await patient.recover(held)
        assert not await patient.recover(held)
        await stage.ask("DELETE", f"/v1/tenants/{signup['slug']}")
        timer = await first(lambda: timer_of(stage, signup), bool)
        await stage.until(signup, lambda view: view["waiting_for"].startswith("calls of the lost run"))
    assert 0 < timer["seconds"] <= 3
    assert (await stage.finished(signup))["status"] == "superseded"
    history = await stage.run_of(signup).fetch_history()
    assert history.events
    await stage.until_tenant(signup, lambda view: view["phase"] == "deleted")
    assert await stage.things(signup) == []


async def test_the_schedule_recovers(stage: Stage) -> None:
    """The schedule made at set-up finds a lost run and carries its operation on."""
    async with STEP["database"].held(stage):
        signup = await stage.ask_signup()
        await stage.until_step(signup, "database")
        await lose(stage, signup)
    schedule = stage.schedule(RECOVERY)
    await schedule.trigger()
    assert (await stage.finished(signup))["status"] == "succeeded"
    spec = (await schedule.describe()).schedule.spec
    every = timedelta(seconds=stage.settings.recovery_interval_seconds)
    assert [interval.every for interval in spec.intervals] == [every]
    assert Settings().recovery_interval_seconds == 300


async def test_a_recovery_that_comes_too_late_ends(stage: Stage, engine: Engine) -> None:
    """A tenant that was held when it was read and is free by now is left as it is."""
    async with STEP["database"].held(stage):
        signup = await stage.ask_signup()
        held = held_tenant(engine, signup["tenant_id"])
        assert held
    await stage.finished(signup)
    await stage.closed(signup)
    before = await stage.tenant(signup)
    late = Recovery(stage.client, stage.settings.task_queue, engine, timedelta())
    assert await late.recover(held)
    await stage.closed(signup)
    assert (await stage.run_of(signup).describe()).workflow_type == "RecoverTenant"
    assert await stage.tenant(signup) == before


async def tasks_of(stage: Stage, tenant: Json) -> list[int]:
    """Ids of the events at which the run's workflow tasks were completed."""
    history = await stage.run_of(tenant).fetch_history()
    return [
        e.event_id for e in history.events if e.event_type == EventType.EVENT_TYPE_WORKFLOW_TASK_COMPLETED
    ]


async def timer_of(stage: Stage, tenant: Json) -> Json:
    """The timer that the newest run waits for; empty when there is none yet."""
    history = await stage.run_of(tenant).fetch_history()
    for event in history.events:
        if event.event_type == EventType.EVENT_TYPE_TIMER_STARTED:
            waits = event.timer_started_event_attributes.start_to_fire_timeout
            return {"seconds": waits.ToTimedelta().total_seconds()}
    return {}
