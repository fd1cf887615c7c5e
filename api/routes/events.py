"""An operation as a stream of server-sent events."""

import asyncio
import hashlib
from collections.abc import AsyncIterator
from typing import Annotated

from fastapi import APIRouter, Depends, Header
from fastapi.sse import EventSourceResponse, ServerSentEvent

from api.docs import READS, errors
from api.operations_view import operation_detail
from api.routes.operations import OperationId
from api.services import Served
from api.views import OperationDetail
from domain.errors import Unavailable
from domain.phases import FINISHED

router = APIRouter(prefix="/v1/operations", tags=["operations"])

LOOK_SECONDS = 0.25
"""How often the database is asked whether the operation has ended; progress is at most a second old."""
RECONNECT_MILLISECONDS = 2000


async def _first_view(services: Served, operation_id: OperationId) -> OperationDetail:
    """Before the stream begins, so that an unknown operation is a 404 and not an empty stream."""
    return await operation_detail(services, operation_id)


@router.get(
    "/{operation_id}/events",
    summary="Follow an operation",
    response_class=EventSourceResponse,
    responses=errors("OperationNotFound", *READS),
)
async def events(
    services: Served,
    view: Annotated[OperationDetail, Depends(_first_view)],
    last_event_id: Annotated[
        str | None, Header(description="Id of the last event seen, when connecting again.")
    ] = None,
) -> AsyncIterator[ServerSentEvent]:
    """An event `progress` with the whole operation for each change of it, `finished` for the last one; then
    the stream ends. Comments keep an idle connection open."""
    seen = last_event_id
    while True:
        event_id = _digest(view)
        finished = view.status in FINISHED
        if event_id != seen or finished:
            seen = event_id
            yield ServerSentEvent(
                data=view,
                event="finished" if finished else "progress",
                id=event_id,
                retry=RECONNECT_MILLISECONDS,
            )
        if finished:
            return
        await asyncio.sleep(LOOK_SECONDS)
        try:
            view = await operation_detail(services, view.id)
        except Unavailable:
            # PostgreSQL is away for a moment: the client keeps its stream, and the comments keep it open.
            continue


def _digest(view: OperationDetail) -> str:
    return hashlib.sha256(view.model_dump_json().encode()).hexdigest()[:16]
