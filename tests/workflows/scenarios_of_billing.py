"""Closing runs over a tenant that has just begun to pay."""

from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

from domain.messages import CloseInput, CloseResult
from runtime.clock import MovableClock
from tests.workflows.stage import Json, Stage

AFTER_GRACE = timedelta(hours=13)


async def _closed(stage: Stage, _clock: MovableClock) -> Json:
    await stage.active()
    return await close(stage)


async def _closed_in_several_runs(stage: Stage, _clock: MovableClock) -> Json:
    for _ in range(2):
        await stage.active()
    return await close(stage, page_size=1, pages_per_run=1)


async def close(stage: Stage, **given: Any) -> Json:
    """What the schedule does every hour, as of a time at which the first invoices are final."""
    run = f"close-periods-{uuid4().hex}"
    as_of = datetime.now(UTC) + AFTER_GRACE
    result = await stage.client.execute_workflow(
        "ClosePeriods",
        CloseInput(as_of=as_of, **given),
        id=run,
        task_queue=stage.settings.task_queue,
        result_type=CloseResult,
    )
    assert result.failed == 0
    return {"workflow_id": run}


OF_BILLING: dict[str, Callable[[Stage, MovableClock], Awaitable[Json]]] = {
    "periods-closed": _closed,
    "periods-continued": _closed_in_several_runs,
}
