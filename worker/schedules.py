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

from domain.messages import DriftInput
from runtime.settings import Settings
from workflows.drift import CheckDrift
from workflows.due_removals import StartDueRemovals
from workflows.recover_lost import RecoverLost

REMOVALS = "due-removals"
RECOVERY = "recover-lost"
DRIFT = "check-drift"
JITTER = 0.1
"""Share of the interval by which a scan may begin later."""


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
    await _keep(
        client,
        DRIFT,
        CheckDrift.run,
        "look at every tenant's things, and for things of no tenant",
        settings.task_queue,
        settings.drift_interval_seconds,
        argument=DriftInput(page_size=settings.drift_page_size),
    )


async def _keep(
    client: Client,
    name: str,
    run: Callable[..., Any],
    summary: str,
    task_queue: str,
    every_seconds: int,
    argument: DriftInput | None = None,
) -> None:
    schedule = Schedule(
        action=ScheduleActionStartWorkflow(
            run, args=[argument] if argument else [], id=name, task_queue=task_queue, static_summary=summary
        ),
        spec=ScheduleSpec(
            intervals=[ScheduleIntervalSpec(every=timedelta(seconds=every_seconds))],
            # What costs many calls must not begin at once in all installations that share an account.
            jitter=timedelta(seconds=every_seconds * JITTER) if argument else None,
        ),
        # The next firing finds whatever a missed one would have found.
        policy=SchedulePolicy(overlap=ScheduleOverlapPolicy.SKIP, catchup_window=timedelta(minutes=1)),
    )
    try:
        await client.create_schedule(name, schedule)
    except ScheduleAlreadyRunningError:

        async def replace(_: ScheduleUpdateInput) -> ScheduleUpdate:
            return ScheduleUpdate(schedule=schedule)

        await client.get_schedule_handle(name).update(replace)
