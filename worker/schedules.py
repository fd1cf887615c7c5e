"""What runs by itself, at the intervals of the settings."""

from collections.abc import Callable
from dataclasses import dataclass
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
from temporalio.service import RPCError, RPCStatusCode

from domain.messages import CloseInput, DeliverWebhooksInput, DriftInput
from runtime.settings import Settings
from workflows.close_periods import ClosePeriods
from workflows.deliver_webhooks import DeliverWebhooks
from workflows.drift import CheckDrift
from workflows.due_removals import StartDueRemovals
from workflows.due_rotations import StartDueRotations
from workflows.keep_usage import KeepUsage
from workflows.recover_lost import RecoverLost

REMOVALS = "due-removals"
ROTATIONS = "due-rotations"
RECOVERY = "recover-lost"
DRIFT = "check-drift"
CLOSING = "close-periods"
USAGE = "keep-usage"
WEBHOOKS = "deliver-webhooks"
JITTER = 0.1
"""Share of the interval by which a firing may come later: intervals are counted from the epoch, so all
installations that share a namespace or an account would begin at the same second."""
LOOK_LIMIT = timedelta(minutes=10)
KEEP_LIMIT = timedelta(hours=2)
SCAN_LIMIT = timedelta(hours=6)
"""Of each run of a scan, which continues as new long before (workflows/drift.py)."""


@dataclass(frozen=True)
class _Planned:
    """A schedule as it shall be. `limit` ends a run that is stuck: as long as it is open, no other begins."""

    name: str
    run: Callable[..., Any]
    summary: str
    every_seconds: int
    limit: timedelta
    argument: DriftInput | CloseInput | DeliverWebhooksInput | None = None
    without_pause: bool = False
    """Begins as soon as there is the schedule, and again whenever it has ended."""


def schedule_id(install: str, name: str) -> str:
    """Schedules are one per Temporal namespace, which several installations may share."""
    return f"{install}-{name}"


async def keep_schedules(client: Client, settings: Settings) -> None:
    """Makes what is missing and brings the others up to the settings."""
    for planned in _planned(settings):
        await _keep(client, settings, planned)
        await _forget_unnamed(client, settings, planned.name)
    if settings.webhook_keys_file is None:
        await _forget(client, settings, schedule_id(settings.install, WEBHOOKS))


def _planned(settings: Settings) -> list[_Planned]:
    return [*_always(settings), *([_webhooks(settings)] if settings.webhook_keys_file else [])]


def _webhooks(settings: Settings) -> _Planned:
    return _Planned(
        WEBHOOKS,
        DeliverWebhooks.run,
        "deliver webhooks that are due",
        settings.webhook_interval_seconds,
        timedelta(seconds=settings.webhook_interval_seconds) + LOOK_LIMIT,
        DeliverWebhooksInput(seconds=settings.webhook_interval_seconds),
        without_pause=True,
    )


def _always(settings: Settings) -> list[_Planned]:
    return [
        _Planned(
            REMOVALS,
            StartDueRemovals.run,
            "start removals of tenants whose grace is over",
            settings.removal_interval_seconds,
            LOOK_LIMIT,
        ),
        _Planned(
            ROTATIONS,
            StartDueRotations.run,
            "start rotations of database passwords that are old",
            settings.rotation_interval_seconds,
            LOOK_LIMIT,
        ),
        _Planned(
            RECOVERY,
            RecoverLost.run,
            "start recoveries of operations whose run was lost",
            settings.recovery_interval_seconds,
            LOOK_LIMIT,
        ),
        _Planned(
            DRIFT,
            CheckDrift.run,
            "look at every tenant's things, and for things of no tenant",
            settings.drift_interval_seconds,
            SCAN_LIMIT,
            DriftInput(page_size=settings.drift_page_size, repairs_at_most=settings.drift_repairs_per_scan),
        ),
        _Planned(
            CLOSING,
            ClosePeriods.run,
            "close billing periods that have ended",
            settings.billing_interval_seconds,
            SCAN_LIMIT,
            CloseInput(),
        ),
        _Planned(
            USAGE,
            KeepUsage.run,
            "make months of usage ahead, drop what is too old",
            settings.usage_upkeep_interval_seconds,
            KEEP_LIMIT,
        ),
    ]


async def _keep(client: Client, settings: Settings, planned: _Planned) -> None:
    name = schedule_id(settings.install, planned.name)
    every = timedelta(seconds=planned.every_seconds)
    schedule = Schedule(
        action=ScheduleActionStartWorkflow(
            planned.run,
            args=[planned.argument] if planned.argument else [],
            id=name,
            task_queue=settings.task_queue,
            run_timeout=planned.limit,
            static_summary=planned.summary,
        ),
        spec=ScheduleSpec(
            intervals=[ScheduleIntervalSpec(every=every)],
            # Late by that much, what goes on until the next firing would have a pause.
            jitter=None if planned.without_pause else every * JITTER,
        ),
        # The next firing finds whatever a missed one would have found.
        policy=SchedulePolicy(
            overlap=ScheduleOverlapPolicy.BUFFER_ONE if planned.without_pause else ScheduleOverlapPolicy.SKIP,
            catchup_window=timedelta(minutes=1),
        ),
    )
    try:
        await client.create_schedule(name, schedule, trigger_immediately=planned.without_pause)
    except ScheduleAlreadyRunningError:

        async def replace(_: ScheduleUpdateInput) -> ScheduleUpdate:
            return ScheduleUpdate(schedule=schedule)

        await client.get_schedule_handle(name).update(replace)


async def _forget_unnamed(client: Client, settings: Settings, name: str) -> None:
    """Deletes our schedule of a time when its id did not name the installation."""
    await _forget(client, settings, name)


async def _forget(client: Client, settings: Settings, name: str) -> None:
    """Another installation's stays."""
    handle = client.get_schedule_handle(name)
    try:
        action = (await handle.describe()).schedule.action
        if isinstance(action, ScheduleActionStartWorkflow) and action.task_queue == settings.task_queue:
            await handle.delete()
    except RPCError as error:
        if error.status is not RPCStatusCode.NOT_FOUND:
            raise
