"""What reaches a run in one workflow task: an activity's success swallows a cancellation that it meets."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Sequence
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from temporalio import activity
from temporalio.api.enums.v1 import EventType
from temporalio.client import Client, WorkflowHandle
from temporalio.common import RawValue
from temporalio.exceptions import ApplicationError
from temporalio.worker import UnsandboxedWorkflowRunner, Worker

from domain.messages import AbortRequest, RunInput
from domain.phases import TRANSITIONS, OperationKind, OperationStatus
from domain.queues import provider_queue
from runtime.settings import Settings
from runtime.temporal import connect
from tests.workflows.answers import ANSWERS, TENANT, request
from workflows.registry import WORKFLOWS

PATIENCE_SECONDS = 30
ABORT = AbortRequest(requested_by="an engineer", reason="not now")


class Actor:
    """Does every activity, and holds the one by which a run that waits for a person follows releases."""

    def __init__(self, client: Client, failing: str | None) -> None:
        self._client = client
        self._failing = failing
        self.queue = f"one-task-{uuid4().hex[:8]}"
        self.held = asyncio.Event()
        self.let_go = asyncio.Event()

    @activity.defn(dynamic=True)
    async def perform(self, arguments: Sequence[RawValue]) -> object:
        name = activity.info().activity_type
        if name == "releases.follow" and not self.let_go.is_set():
            self.held.set()
            await self.let_go.wait()
        if name == self._failing:
            self._failing = None
            raise ApplicationError("scripted", type="AccessDenied", non_retryable=True)
        given = activity.payload_converter().from_payload(arguments[0].payload) if arguments else {}
        answer = ANSWERS.get(name)
        return answer(given if isinstance(given, dict) else {}) if answer else None

    @contextlib.asynccontextmanager
    async def acting(self) -> AsyncIterator[None]:
        async with contextlib.AsyncExitStack() as stack:
            for queue in (self.queue, *(provider_queue(self.queue, name) for name in ("aws", "kubernetes"))):
                worker = Worker(self._client, task_queue=queue, activities=[self.perform])
                await stack.enter_async_context(worker)
            yield

    def deciding(self) -> Worker:
        return Worker(
            self._client,
            task_queue=self.queue,
            workflows=WORKFLOWS,
            workflow_runner=UnsandboxedWorkflowRunner(),
            sticky_queue_schedule_to_start_timeout=timedelta(seconds=1),
        )


@pytest.mark.parametrize(
    ("kind", "asked", "failing"),
    [
        (OperationKind.SIGNUP, {"pause_before": ["app"]}, None),
        (OperationKind.TEARDOWN, {"grace_seconds": 3600}, "kubernetes.ensure"),
    ],
    ids=["paused", "stuck"],
)
async def test_an_abort_that_meets_the_note_of_the_stop_is_no_stop(
    settings: Settings, kind: OperationKind, asked: dict[str, Any], failing: str | None
) -> None:
    """Aborted in the task in which it learns that its stop was noted, a run undoes and ends."""
    client = await connect(settings)
    actor = Actor(client, failing)
    given = RunInput(tenant_id=TENANT, slug="acme", handed_over=request(kind, **asked))
    async with actor.acting(), asyncio.timeout(PATIENCE_SECONDS):
        async with actor.deciding():
            handle = await client.start_workflow(
                TRANSITIONS[kind].workflow,
                given,
                id=actor.queue,
                task_queue=actor.queue,
                task_timeout=timedelta(seconds=2),  # the server may hand a task to the worker that just left
            )
            await actor.held.wait()
        abort = asyncio.create_task(handle.execute_update("abort", ABORT))
        while not (await handle.describe()).raw_description.HasField("pending_workflow_task"):  # noqa: ASYNC110 - it is in another process
            await asyncio.sleep(0.01)
        actor.let_go.set()
        await _completed(handle, "releases.follow")
        async with actor.deciding():
            await abort
            ended = await handle.result()
    assert ended["status"] == OperationStatus.CANCELLED


async def _completed(handle: WorkflowHandle[Any, Any], name: str) -> None:
    """Returns when the last activity of this name has its success in the history."""
    while True:
        events = [event async for event in handle.fetch_history_events()]
        scheduled = [
            event.event_id
            for event in events
            if event.activity_task_scheduled_event_attributes.activity_type.name == name
        ]
        done = {
            event.activity_task_completed_event_attributes.scheduled_event_id
            for event in events
            if event.event_type == EventType.EVENT_TYPE_ACTIVITY_TASK_COMPLETED
        }
        if scheduled and scheduled[-1] in done:
            return
        await asyncio.sleep(0.01)
