"""The run that delivers webhooks, on a queue of its own: this installation has no keys to sign with."""

from collections.abc import Awaitable, Callable
from uuid import uuid4

from temporalio import activity
from temporalio.worker import Worker

from domain.messages import DeliverWebhooksInput, WatchInput, WatchResult
from runtime.clock import MovableClock
from tests.workflows.stage import Json, Stage
from worker.app import workflow_runner
from workflows.deliver_webhooks import DeliverWebhooks


@activity.defn(name="webhooks.watch")
async def _watched(_: WatchInput) -> WatchResult:
    return WatchResult(delivered=2, failed=1)


async def _webhooks_delivered(stage: Stage, _clock: MovableClock) -> Json:
    run = f"deliver-webhooks-{uuid4().hex}"
    queue = f"{stage.settings.task_queue}-webhooks"
    worker = Worker(
        stage.client,
        task_queue=queue,
        workflows=[DeliverWebhooks],
        activities=[_watched],
        workflow_runner=workflow_runner(sandboxed=True),
    )
    async with worker:
        given = DeliverWebhooksInput(seconds=1)
        await stage.client.execute_workflow("DeliverWebhooks", given, id=run, task_queue=queue)
    return {"workflow_id": run}


OF_WEBHOOKS: dict[str, Callable[[Stage, MovableClock], Awaitable[Json]]] = {
    "webhooks-delivered": _webhooks_delivered
}
