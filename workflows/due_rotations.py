"""The scheduled run that starts rotations of database passwords that are old."""

from datetime import timedelta

from temporalio import workflow

from domain.messages import DueRotations
from workflows import policies


@workflow.defn
class StartDueRotations:
    """Starts a bounded number of runs and ends; the next firing goes on with the others."""

    @workflow.run
    async def run(self) -> int:
        found: DueRotations = await workflow.execute_activity(
            "rotations.start_due",
            result_type=DueRotations,
            summary="start rotations of old database passwords",
            **policies.records() | {"start_to_close_timeout": timedelta(minutes=5)},
        )
        return len(found.started)
