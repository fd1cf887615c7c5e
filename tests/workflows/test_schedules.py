"""Schedules: each installation has its own, also where several share a Temporal namespace."""

from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest
from temporalio.client import (
    Client,
    Schedule,
    ScheduleActionExecutionStartWorkflow,
    ScheduleActionStartWorkflow,
    ScheduleIntervalSpec,
    ScheduleOverlapPolicy,
    ScheduleSpec,
)
from temporalio.service import RPCError, RPCStatusCode

from runtime.settings import Settings
from runtime.temporal import connect
from tests.api.front import until
from worker.schedules import DRIFT, RECOVERY, REMOVALS, USAGE, WEBHOOKS, keep_schedules, schedule_id

NAMES = (REMOVALS, RECOVERY, DRIFT, USAGE)


@pytest.fixture
async def client(settings: Settings) -> AsyncIterator[Client]:
    client = await connect(settings)
    yield client
    for name in [*NAMES, *(schedule_id(install, name) for install in ("one", "two") for name in NAMES)]:
        if await queue_of(client, name):
            await client.get_schedule_handle(name).delete()


def of(settings: Settings, install: str) -> Settings:
    return settings.model_copy(update={"install": install, "task_queue": f"{install}-queue"})


async def action_of(client: Client, schedule: str) -> ScheduleActionStartWorkflow:
    action = (await client.get_schedule_handle(schedule).describe()).schedule.action
    assert isinstance(action, ScheduleActionStartWorkflow)
    return action


async def queue_of(client: Client, schedule: str) -> str | None:
    """None if there is no such schedule."""
    try:
        return (await action_of(client, schedule)).task_queue
    except RPCError as error:
        if error.status is RPCStatusCode.NOT_FOUND:
            return None
        raise


async def unnamed(client: Client, name: str, task_queue: str) -> None:
    """A schedule as set-up made it when its id did not name the installation."""
    action = ScheduleActionStartWorkflow("CheckDrift", id=name, task_queue=task_queue)
    spec = ScheduleSpec(intervals=[ScheduleIntervalSpec(every=timedelta(days=1))])
    await client.create_schedule(name, Schedule(action=action, spec=spec))


async def test_two_installations_have_their_own(client: Client, settings: Settings) -> None:
    """The set-up of the second leaves those of the first; a repeated one brings them up to the settings."""
    await keep_schedules(client, of(settings, "one"))
    await keep_schedules(client, of(settings, "two"))
    slower = of(settings, "one").model_copy(update={"drift_interval_seconds": 7200})
    await keep_schedules(client, slower)
    for install in ("one", "two"):
        for name in NAMES:
            action = await action_of(client, schedule_id(install, name))
            assert (action.id, action.task_queue) == (schedule_id(install, name), f"{install}-queue")
    spec = (await client.get_schedule_handle(schedule_id("one", DRIFT)).describe()).schedule.spec
    assert [interval.every for interval in spec.intervals] == [timedelta(hours=2)]


async def test_installations_do_not_begin_at_the_same_second(client: Client, settings: Settings) -> None:
    """Each firing comes up to a tenth of its interval later."""
    await keep_schedules(client, of(settings, "one"))
    for name in NAMES:
        spec = (await client.get_schedule_handle(schedule_id("one", name)).describe()).schedule.spec
        assert spec.jitter == spec.intervals[0].every * 0.1


async def test_webhooks_are_delivered_without_pause(client: Client, settings: Settings) -> None:
    """With keys to sign by: begun at once, and again whenever a run has ended. Without keys it is no more."""
    signing = of(settings, "one").model_copy(update={"webhook_keys_file": Path("keys")})
    name = schedule_id("one", WEBHOOKS)
    await keep_schedules(client, signing)
    handle = client.get_schedule_handle(name)
    described = (await handle.describe()).schedule
    assert described.policy.overlap is ScheduleOverlapPolicy.BUFFER_ONE
    assert not described.spec.jitter

    async def begun() -> str | None:
        for action in (await handle.describe()).info.running_actions:
            assert isinstance(action, ScheduleActionExecutionStartWorkflow)
            return action.workflow_id
        return None

    run = await until(begun)
    await keep_schedules(client, of(settings, "one"))
    await client.get_workflow_handle(run).terminate()
    assert await queue_of(client, name) is None


async def test_only_our_unnamed_ones_are_deleted(client: Client, settings: Settings) -> None:
    """Another installation that was not set up anew yet keeps its schedule of old."""
    await unnamed(client, REMOVALS, "one-queue")
    await unnamed(client, DRIFT, "another-queue")
    await keep_schedules(client, of(settings, "one"))
    assert await queue_of(client, REMOVALS) is None
    assert await queue_of(client, DRIFT) == "another-queue"


async def test_a_stuck_run_ends(client: Client, settings: Settings) -> None:
    """While one is open no other begins, so that each has a limit."""
    await keep_schedules(client, of(settings, "one"))
    limits = {name: (await action_of(client, schedule_id("one", name))).run_timeout for name in NAMES}
    assert limits == {
        REMOVALS: timedelta(minutes=10),
        RECOVERY: timedelta(minutes=10),
        DRIFT: timedelta(hours=6),
        USAGE: timedelta(hours=2),
    }
