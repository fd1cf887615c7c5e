"""What runs by itself, at the intervals of the settings."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

from temporalio.client import (
    Client,
    Schedule,
    ScheduleActionStartWorkflow,
    ScheduleAlreadyRunningError,
    ScheduleIntervalSpec,
    ScheduleOverlapPolicy,
    SchedulePolicy,
    ScheduleSpec,
    ScheduleUpdate,
    ScheduleUpdateInput,
)

from runtime.settings import Settings
from workflows.due_removals import StartDueRemovals
from workflows.recover_lost import RecoverLost

REMOVALS = "due-removals"
RECOVERY = "recover-lost"


async def keep_schedules(client: Client, settings: Settings) -> None:
    """Makes what is missing and brings the others up to the settings."""
    await _keep(
        client,
        REMOVALS,
        StartDueRemovals.run,
        "start removals of tenants whose grace is over",
        settings.task_queue,
        settings.removal_interval_seconds,
    )
    await _keep(
        client,
        RECOVERY,
        RecoverLost.run,
        "start recoveries of operations whose run was lost",
        settings.task_queue,
        settings.recovery_interval_seconds,
    )


async def _keep(
    client: Client,
    name: str,
    run: Callable[..., Any],
    summary: str,
    task_queue: str,
    every_seconds: int,
) -> None:
    schedule = Schedule(
        action=ScheduleActionStartWorkflow(run, id=name, task_queue=task_queue, static_summary=summary),
        spec=ScheduleSpec(intervals=[ScheduleIntervalSpec(every=timedelta(seconds=every_seconds))]),
        # The next firing finds whatever a missed one would have found.
        policy=SchedulePolicy(overlap=ScheduleOverlapPolicy.SKIP, catchup_window=timedelta(minutes=1)),
    )
    try:
        await client.create_schedule(name, schedule)
    except ScheduleAlreadyRunningError:

        async def replace(_: ScheduleUpdateInput) -> ScheduleUpdate:
            return ScheduleUpdate(schedule=schedule)

        await client.get_schedule_handle(name).update(replace)
