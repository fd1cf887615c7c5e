"""Runs that stay with the version that began them, while the API is a newer one."""

from collections.abc import Awaitable, Callable
from typing import TypeVar

import structlog

from api.temporal_errors import OlderRun
from domain.messages import InterventionRequest, OperationRequest

Told = TypeVar("Told", OperationRequest, InterventionRequest)
Answer = TypeVar("Answer")

log = structlog.get_logger(__name__)


async def understood(tell: Callable[[Told], Awaitable[Answer]], wish: Told) -> Answer:
    """Tells a run what is wished: without its origin, if the run is of a version that knows none.

    Leaving always works, in the middle of a rollout too; that such a worker writes no audit log is logged.
    """
    try:
        return await tell(wish)
    except OlderRun:
        if wish.origin is None:
            raise
        log.warning("not_audited", by=wish.requested_by, operation=wish.operation_id)
        return await tell(wish.model_copy(update={"origin": None}))
