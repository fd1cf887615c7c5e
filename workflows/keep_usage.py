"""The scheduled run that keeps as much usage as is to be kept."""

from datetime import timedelta

from temporalio import workflow

from domain.messages import UpkeepDone
from workflows import policies

PORTIONS = 200
"""Of one run; the next one goes on."""


@workflow.defn
class KeepUsage:
    """Drops what is too old, portion by portion, and makes months ahead."""

    @workflow.run
    async def run(self) -> UpkeepDone:
        done = UpkeepDone(more=True)
        for _ in range(PORTIONS):
            portion: UpkeepDone = await workflow.execute_activity(
                "usage.keep",
                result_type=UpkeepDone,
                summary="months of usage ahead; what is too old goes",
                **policies.billing(timedelta(minutes=5)),
            )
            done = UpkeepDone(
                dropped=done.dropped + portion.dropped,
                forgotten=done.forgotten + portion.forgotten,
                more=portion.more,
            )
            if not done.more:
                break
        return done
