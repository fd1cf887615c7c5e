"""What Temporal itself says of a run: which activities have ended, which are tried again."""

import asyncio
from typing import Any

from temporalio.api.enums.v1 import EventType, PendingActivityState
from temporalio.api.history.v1 import HistoryEvent
from temporalio.api.workflow.v1 import PendingActivityInfo
from temporalio.client import Client, WorkflowHandle
from temporalio.service import RPCError, RPCStatusCode

from domain.naming import workflow_id
from tests.chaos.points import Point
from tests.chaos.waiting import PATIENCE_SECONDS, POLL_SECONDS, NotSeen, until
from tests.workflows.stage import Json


class Watch:
    """Eyes on the tenant's newest run.

    `since` is the activity after which a point's are meant, where the run has some of the same before.
    """

    def __init__(self, client: Client, tenant: Json, since: str = "") -> None:
        self._client = client
        self._id = workflow_id(tenant["slug"], tenant["tenant_id"])
        self._since = since
        self._earlier: set[str] = set()

    @property
    def run(self) -> WorkflowHandle[Any, Any]:
        return self._client.get_workflow_handle(self._id)

    async def pending(self, activity: str) -> list[PendingActivityInfo]:
        """Its activities of that type that have not ended."""
        try:
            described = await self.run.describe()
        except RPCError as error:
            if error.status is not RPCStatusCode.NOT_FOUND:
                raise
            return []
        found = described.raw_description.pending_activities
        return [pending for pending in found if pending.activity_type.name == activity]

    async def until_waiting(self, activity: str) -> None:
        """Returns when the activity has failed once and waits for another attempt: nothing is under way."""

        async def waiting() -> bool:
            return any(
                pending.attempt > 1 and pending.state == PendingActivityState.PENDING_ACTIVITY_STATE_SCHEDULED
                for pending in await self.pending(activity)
            )

        await until(waiting, f"{activity} between two attempts")

    async def remember(self) -> None:
        """Runs up to now are of earlier operations."""
        if newest := await self._newest():
            self._earlier.add(newest)

    async def until_done(self, point: Point) -> None:
        """Returns when an activity of the point has succeeded in a run that began since."""
        newest = None
        try:
            async with asyncio.timeout(PATIENCE_SECONDS):
                while True:
                    newest = await self._newest()
                    if newest is None or newest in self._earlier:
                        await asyncio.sleep(POLL_SECONDS)
                    elif await self._succeeds(newest, point):
                        return
                    else:
                        # It handed over to another run.
                        self._earlier.add(newest)
        except TimeoutError:
            raise NotSeen(
                f"{point.activity} done; the newest run is {newest}, older {self._earlier}"
            ) from None

    async def _succeeds(self, run_id: str, point: Point) -> bool:
        """Whether the run gets so far, once it did or has ended."""
        run = self._client.get_workflow_handle(self._id, run_id=run_id)
        scheduled: set[int] = set()
        meant = not self._since
        async for event in run.fetch_history_events(wait_new_event=True, skip_archival=True):
            meant = meant or _activity(event) == self._since
            if meant and _schedules(event, point):
                scheduled.add(event.event_id)
            if event.activity_task_completed_event_attributes.scheduled_event_id in scheduled:
                return True
        return False

    async def last_decision(self) -> tuple[str, int]:
        """The run and its last completed workflow task, to which it may be reset."""
        described = await self.run.describe()
        run = self._client.get_workflow_handle(self._id, run_id=described.run_id)
        decided = 0
        async for event in run.fetch_history_events():
            if event.event_type == EventType.EVENT_TYPE_WORKFLOW_TASK_COMPLETED:
                decided = event.event_id
        return described.run_id, decided

    async def _newest(self) -> str | None:
        try:
            return (await self.run.describe()).run_id
        except RPCError as error:
            if error.status is not RPCStatusCode.NOT_FOUND:
                raise
            return None


def _activity(event: HistoryEvent) -> str:
    """The type of what it schedules; empty if it schedules none."""
    return event.activity_task_scheduled_event_attributes.activity_type.name


def _schedules(event: HistoryEvent, point: Point) -> bool:
    if _activity(event) != point.activity:
        return False
    scheduled = event.activity_task_scheduled_event_attributes
    given = b"".join(payload.data for payload in scheduled.input.payloads)
    return not point.step or f'"step":"{point.step}"'.encode() in given
