"""Starting runs for many tenants: the trouble of one is not that of the others."""

from collections.abc import Awaitable, Iterator
from contextlib import contextmanager
from typing import TypeVar

import structlog
from temporalio.service import RPCError, RPCStatusCode

from domain.errors import Unavailable, capped

Result = TypeVar("Result")

_AWAY = frozenset(
    {
        RPCStatusCode.UNAVAILABLE,
        RPCStatusCode.DEADLINE_EXCEEDED,
        RPCStatusCode.CANCELLED,
        RPCStatusCode.RESOURCE_EXHAUSTED,
    }
)

log = structlog.get_logger()


@contextmanager
def temporal_away() -> Iterator[None]:
    """Raises Unavailable where Temporal would answer no other request either."""
    try:
        yield
    except RPCError as error:
        if error.status in _AWAY:
            raise Unavailable("Temporal cannot be asked for runs right now") from error
        raise


async def on_its_own(tenant_id: str, work: Awaitable[Result]) -> Result | None:
    """None where it failed for this tenant, which is logged. Raises Unavailable."""
    try:
        with temporal_away():
            return await work
    except Unavailable:
        raise
    except Exception as error:  # noqa: BLE001 - whatever it is, it must not keep the next tenant from its turn
        reason = capped(str(error))
        log.error("tenant passed over", tenant=tenant_id, code=type(error).__name__, reason=reason)  # noqa: TRY400 - a stack would write what the error quotes
        return None
