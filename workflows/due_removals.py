"""The scheduled run that starts a removal for every tenant whose grace is over."""

from datetime import timedelta

from temporalio import workflow

from domain.messages import DueRemovals
from workflows import policies


@workflow.defn
class StartDueRemovals:
    """Starts runs, page by page, and ends; it waits for none of them."""

    @workflow.run
    async def run(self) -> int:
        started = 0
        while True:
            page: DueRemovals = await workflow.execute_activity(
                "removals.start_due",
                result_type=DueRemovals,
                summary="start removals that are due",
                **policies.records() | {"start_to_close_timeout": timedelta(minutes=5)},
            )
            started += len(page.started)
            if not page.more:
                return started
