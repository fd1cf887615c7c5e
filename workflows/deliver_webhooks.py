"""The scheduled run that delivers webhooks.

It is one long activity that looks for what is due: however much that is, it costs the same few Actions.
"""

from datetime import timedelta

from temporalio import workflow

from domain.messages import DeliverWebhooksInput, WatchInput, WatchResult
from workflows import policies

LAST_ATTEMPTS = timedelta(minutes=1)
"""What has begun by the end of the watch may end."""
MISSED = timedelta(seconds=60)
"""How long a killed worker goes unnoticed."""


@workflow.defn
class DeliverWebhooks:
    """The schedule begins the next one when this one ends."""

    @workflow.run
    async def run(self, given: DeliverWebhooksInput) -> WatchResult:
        result: WatchResult = await workflow.execute_activity(
            "webhooks.watch",
            WatchInput(seconds=given.seconds),
            result_type=WatchResult,
            summary="deliver webhooks that are due",
            **policies.records()
            | {
                "start_to_close_timeout": timedelta(seconds=given.seconds) + LAST_ATTEMPTS,
                "heartbeat_timeout": MISSED,
            },
        )
        return result
