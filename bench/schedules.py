"""What the schedules of an installation cost: each is fired by hand, and its Actions are counted."""

import asyncio
import math
import time
from dataclasses import dataclass

from temporalio.client import Client

from bench.actions import ActionMeter
from devstack.stack import Stack
from runtime.settings import Settings
from worker import schedules
from workflows import deliver_webhooks, observing
from workflows.provider import PROVIDERS

MONTH_SECONDS = 30 * 86_400
HEARTBEAT_SHARE = 0.8
"""Of its timeout after which the SDK sends a heartbeat that is due."""
PATIENCE_SECONDS = 60
TRIGGER = "grpc_PatchSchedule"
"""Our own call to fire it: no part of what a firing costs."""


@dataclass(frozen=True)
class AtRest:
    """Actions a month of an installation in which nothing is asked for."""

    fixed: float
    """However few its tenants are."""
    page: float
    """For each page of tenants that a scan for drift looks at."""

    def per_tenant(self, tenants: int, settings: Settings) -> float:
        """Of one among so many, at the settings' intervals, sizes and pace."""
        scan_seconds = tenants / settings.drift_tenants_per_minute * 60
        # While a scan is under way, none begins.
        interval = settings.drift_interval_seconds
        scans = MONTH_SECONDS / (interval * max(math.ceil(scan_seconds / interval), 1))
        page_seconds = settings.drift_page_size / settings.drift_tenants_per_minute * 60
        heartbeats = len(PROVIDERS) * (page_seconds // (HEARTBEAT_SHARE * observing.MISSED.total_seconds()))
        pages = tenants / settings.drift_page_size
        return (self.fixed + scans * pages * (self.page + heartbeats)) / tenants


def firings(settings: Settings) -> dict[str, float]:
    """A month, by the name of the schedule; not of those that have a length of their own."""
    every = {
        schedules.REMOVALS: settings.removal_interval_seconds,
        schedules.ROTATIONS: settings.rotation_interval_seconds,
        schedules.RECOVERY: settings.recovery_interval_seconds,
        schedules.DRIFT: settings.drift_interval_seconds,
        schedules.CLOSING: settings.billing_interval_seconds,
        schedules.USAGE: settings.usage_upkeep_interval_seconds,
    }
    return {name: MONTH_SECONDS / seconds for name, seconds in every.items()}


def webhooks_a_month(settings: Settings) -> float:
    """Its activity goes on until the next firing and heartbeats all the while."""
    seconds = settings.webhook_interval_seconds
    start_and_activity, heartbeat = 4, HEARTBEAT_SHARE * deliver_webhooks.MISSED.total_seconds()
    return MONTH_SECONDS / seconds * (start_and_activity + seconds // heartbeat)


def fire(stack: Stack, name: str, meter: ActionMeter) -> int:
    """How many Actions one run takes."""
    meter.taken()
    asyncio.run(_fired(stack.temporal.address, f"{Settings().install}-{name}"))
    counted = meter.taken()
    return counted.total() - counted[TRIGGER]


async def _fired(address: str, schedule: str) -> None:
    """Returns when the run has ended. Raises TimeoutError."""
    client = await Client.connect(address)
    handle = client.get_schedule_handle(schedule)
    before = (await handle.describe()).info.num_actions
    await handle.trigger()
    deadline = time.monotonic() + PATIENCE_SECONDS
    while time.monotonic() < deadline:
        info = (await handle.describe()).info
        if info.num_actions > before and not info.running_actions:
            return
        await asyncio.sleep(0.2)
    raise TimeoutError(f"{schedule} has not ended within {PATIENCE_SECONDS} s")
