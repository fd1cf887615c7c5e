"""The scan itself: bounded, paced, scheduled, and not held up by what cannot be looked at."""

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
from temporalio.client import ScheduleOverlapPolicy

from activities.drift import observer
from activities.drift.pace import Pace
from domain.errors import Throttled
from domain.messages import DriftInput
from tests.drift import hands
from tests.drift.conftest import DriftStage
from worker.schedules import DRIFT

DENIED = {"action": "refuse", "code": "AccessDenied", "status": 403}
BROKEN = {"action": "refuse", "code": "InternalFailure", "status": 500}


@pytest.mark.parametrize("pages", [1, 2])
async def test_any_number_of_tenants_fits_into_one_size_of_history(stage: DriftStage, pages: int) -> None:
    """Pages of one tenant, continued as new: every run is as small as its share, however many there are."""
    await asyncio.gather(*(stage.active(plan="echo") for _ in range(4)))
    scan = f"bounded-{uuid4().hex[:8]}"
    handle = await stage.client.start_workflow(
        "CheckDrift",
        DriftInput(page_size=1, pages_per_run=pages, orphans=False),
        id=scan,
        task_queue=stage.settings.task_queue,
    )
    result = await handle.result()
    assert result["tenants"] >= 4
    lengths = []
    run_id: str | None = handle.first_execution_run_id
    while run_id:
        history = await stage.client.get_workflow_handle(scan, run_id=run_id).fetch_history()
        lengths.append(len(history.events))
        last = history.events[-1]
        run_id = last.workflow_execution_continued_as_new_event_attributes.new_execution_run_id
    assert len(lengths) >= result["tenants"] // pages
    assert max(lengths) <= 10 + 30 * pages


@pytest.mark.parametrize("trouble", [DENIED, BROKEN], ids=["denied", "broken"])
async def test_one_tenants_trouble_is_its_own(stage: DriftStage, trouble: dict[str, Any]) -> None:
    """What cannot be looked at says why and keeps what was known; the others are looked at all the same."""
    poor, other = await asyncio.gather(stage.active(), stage.active())
    hands.delete_policy(stage, poor)
    await stage.scan()
    before = await stage.drift(poor)
    match = {"operation": "GetRole", "resource": stage.name(poor, "auth-role")}
    async with stage.aws_fault(match=match, **trouble):
        assert (await stage.scan()).failed == 1
    aws, _ = (await stage.drift(poor))["looks"]
    assert trouble["code"] in aws["error"]
    assert aws["differences"] == before["looks"][0]["differences"]
    assert "could not be looked at" in (await stage.conditions(poor))["InSync"]["message"]
    assert (await stage.drift(other))["in_sync"] is True
    await stage.scan()
    assert (await stage.drift(poor))["looks"][0]["error"] is None


async def test_a_throttled_provider_is_left_alone_for_a_while(
    stage: DriftStage, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Asked to slow down, the page is given up at once and goes on later where it was."""
    monkeypatch.setattr(observer, "FIRST_PAUSE", timedelta(milliseconds=100))
    tenant = await stage.active(plan="echo")
    async with stage.cluster_fault(
        "use1", match={"verb": "get", "resource": "resourcequotas"}, action="refuse", status=429, times=1,
        reason="TooManyRequests", message="slow down",
    ):  # fmt: skip
        result = await stage.scan()
    assert result.failed == 0
    assert (await stage.drift(tenant))["in_sync"] is True


async def test_the_schedule_scans_and_skips_what_overlaps(stage: DriftStage) -> None:
    """It fires with jitter, never twice at a time, and its scan leaves a look at every tenant."""
    tenant = await stage.active(plan="echo")
    began = datetime.now(UTC)
    schedule = stage.schedule(DRIFT)
    described = (await schedule.describe()).schedule
    assert described.spec.jitter
    assert described.spec.intervals[0].every.total_seconds() == 3600
    assert described.policy.overlap is ScheduleOverlapPolicy.SKIP
    await schedule.trigger()

    async def looked() -> bool:
        looks = (await stage.drift(tenant))["looks"]
        moments = [datetime.fromisoformat(look["observed_at"]) for look in looks if look["observed_at"]]
        return len(moments) == 2 and min(moments) > began

    async with asyncio.timeout(60):
        while not await looked():  # noqa: ASYNC110 - it is in another process
            await asyncio.sleep(0.1)


@pytest.mark.parametrize(
    ("attempt", "asked", "pause"),
    [(1, None, 10), (2, None, 20), (4, 3, 80), (1, 60, 60), (30, None, 300)],
)
def test_a_throttled_page_waits_longer_than_anybody_else(attempt: int, asked: int | None, pause: int) -> None:
    """10 s, 20 s, … up to five minutes, or as long as the provider asks for."""
    throttled = Throttled("slow down", retry_after=timedelta(seconds=asked) if asked else None)
    assert observer._leaving_alone(throttled, attempt).retry_after == timedelta(seconds=pause)


def test_a_scan_goes_no_faster_than_its_pace() -> None:
    """Turns are evenly spaced, and time in which nobody came is not made up for."""
    now = 100.0
    pace = Pace(per_minute=120, clock=lambda: now)
    assert [pace.turn() for _ in range(3)] == [0.0, 0.5, 1.0]
    now = 200.0
    assert [pace.turn() for _ in range(2)] == [0.0, 0.5]
