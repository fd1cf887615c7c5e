"""The setting that bounds attempts, by which a killed worker is missed within seconds."""

from datetime import timedelta
from uuid import uuid4

from temporalio import activity, workflow
from temporalio.client import Client
from temporalio.worker import UnsandboxedWorkflowRunner, Worker

from devstack.temporal import Temporal
from worker.attempts import AttemptLimit

LONG, LIMIT = timedelta(hours=1), 5


@activity.defn
async def nothing() -> None:
    """Ends at once."""


@workflow.defn
class TwoCalls:
    @workflow.run
    async def run(self) -> None:
        await workflow.execute_activity(nothing, start_to_close_timeout=LONG)
        await workflow.execute_activity(nothing, start_to_close_timeout=LONG, heartbeat_timeout=LONG)


async def test_attempts_are_bounded(temporal: Temporal) -> None:
    """An attempt ends after the limit, or beats within it where it beats at all."""
    client = await Client.connect(temporal.address)
    async with Worker(
        client,
        task_queue=uuid4().hex,
        workflows=[TwoCalls],
        activities=[nothing],
        interceptors=[AttemptLimit(LIMIT)],
        workflow_runner=UnsandboxedWorkflowRunner(),
    ) as worker:
        run = await client.start_workflow(TwoCalls.run, id=uuid4().hex, task_queue=worker.task_queue)
        await run.result()
    events = [event async for event in run.fetch_history_events()]
    scheduled = [
        event.activity_task_scheduled_event_attributes
        for event in events
        if event.HasField("activity_task_scheduled_event_attributes")
    ]
    assert [(s.start_to_close_timeout.seconds, s.heartbeat_timeout.seconds) for s in scheduled] == [
        (LIMIT, 0),
        (LONG.seconds, LIMIT),
    ]
