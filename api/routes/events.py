"""An operation as a stream of server-sent events.

Each event is the whole operation, so whoever connects again is told all by the next one. Its id names the
operation and what was said of it: the same from every process of the API, with nothing remembered.
"""

import asyncio
import hashlib
from collections.abc import AsyncIterator
from typing import Annotated

from fastapi import Depends, Header, Request, Response, status
from fastapi.sse import EventSourceResponse, ServerSentEvent

from api.docs import READS, errors
from api.guard import GuardedRouter
from api.operations_view import operation_detail
from api.paths import OperationId
from api.services import Served
from api.streams import COUNTED
from api.views import OperationDetail
from domain.errors import Unavailable
from domain.phases import FINISHED

router = GuardedRouter(prefix="/v1/operations", tags=["operations"])

LOOK_SECONDS = 0.25
"""How often the database is asked whether the operation has ended; progress is at most a second old."""
RECONNECT_MILLISECONDS = 2000


LastEventId = Annotated[
    str | None,
    Header(
        max_length=2000,
        description="Id of the last event seen, when connecting again. One that is not of this operation's "
        "stream is ignored: then the operation as it is comes first.",
        openapi_examples={"seen": {"value": "opk3v9x2m4q8w1r5t7za.5f0c2a9be1d47a63"}},
    ),
]


class NothingMore(Exception):
    """The client has seen the last event. An empty stream would make it connect again, and again."""


async def nothing_more(_request: Request, _error: Exception) -> Response:
    return Response(status_code=status.HTTP_204_NO_CONTENT)


async def _first_view(
    services: Served, operation_id: OperationId, last_event_id: LastEventId = None
) -> OperationDetail:
    """Before the stream begins, so that an unknown operation is a 404 and not an empty stream."""
    view = await operation_detail(services, operation_id)
    if view.status in FINISHED and last_event_id == _id(view):
        raise NothingMore
    return view


@router.get(
    "/{operation_id}/events",
    summary="Follow an operation",
    response_class=EventSourceResponse,
    dependencies=[COUNTED],
    responses={
        204: {"description": "The last event was seen already; there is nothing more."},
        **errors("OperationNotFound", "InvalidSpec", *READS),
    },
)
async def events(
    services: Served,
    view: Annotated[OperationDetail, Depends(_first_view)],
    last_event_id: LastEventId = None,
) -> AsyncIterator[ServerSentEvent]:
    """An event `progress` with the whole operation for each change of it, `finished` for the last one; then
    the stream ends. With `Last-Event-ID` it goes on behind that event; after `finished` the answer is 204, at
    which a browser's EventSource stops. Comments keep an idle connection open."""
    seen = last_event_id
    while True:
        event_id = _id(view)
        finished = view.status in FINISHED
        if event_id != seen:
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


def _id(view: OperationDetail) -> str:
    """Nothing follows the end, so that its id need not tell apart what was said."""
    if view.status in FINISHED:
        return f"{view.id}.finished"
    return f"{view.id}.{hashlib.sha256(view.model_dump_json().encode()).hexdigest()[:16]}"
