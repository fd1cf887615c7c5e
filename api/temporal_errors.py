"""What Temporal's client raises, as problems; the one place that knows its exceptions."""

from collections.abc import Iterator
from contextlib import contextmanager

import structlog
from temporalio.client import RPCTimeoutOrCancelledError, WorkflowUpdateFailedError
from temporalio.exceptions import ApplicationError
from temporalio.service import RPCError, RPCStatusCode

from api.problem_types import PROBLEMS
from api.problems import ApiProblem, away
from domain import errors
from workflows.refusals import RUN_IS_ENDING

log = structlog.get_logger(__name__)

_AWAY = {
    RPCStatusCode.UNAVAILABLE,
    RPCStatusCode.DEADLINE_EXCEEDED,
    RPCStatusCode.CANCELLED,
    RPCStatusCode.RESOURCE_EXHAUSTED,
}
_MISCONFIGURED = {RPCStatusCode.UNAUTHENTICATED, RPCStatusCode.PERMISSION_DENIED}
_GONE = {RPCStatusCode.NOT_FOUND, RPCStatusCode.ABORTED}
_TOO_LATE = {RUN_IS_ENDING, "AcceptedUpdateCompletedWorkflow", errors.StaleRun.__name__}


class RunGone(Exception):
    """The open run ended before it took the request: look again, then start a new one."""


class RunLost(Exception):
    """The operation that holds the tenant has no run any more: it has to be recovered first."""


_LOOK_AGAIN: dict[str, type[Exception]] = {
    **dict.fromkeys(_TOO_LATE, RunGone),
    errors.OperationLost.__name__: RunLost,
}


class WrongRun(Exception):
    """The open run is of another type and knows no such update."""


@contextmanager
def temporal_errors() -> Iterator[None]:
    """Raises ApiProblem, RunGone, RunLost or WrongRun instead of the client's exceptions."""
    try:
        yield
    except WorkflowUpdateFailedError as error:
        raise _refusal(error) from error
    except (RPCTimeoutOrCancelledError, TimeoutError) as error:
        raise away("A worker that takes the request") from error
    except RPCError as error:
        meaning = _meaning(error)
        if meaning is None:
            raise
        raise meaning from error
    except RuntimeError as error:
        # A lazy client that cannot connect raises nothing narrower.
        if "client connect" in str(error):
            raise away("Temporal") from error
        raise


def _meaning(error: RPCError) -> Exception | None:
    if error.status in _MISCONFIGURED or "namespace" in error.message.lower():
        log.error("temporal_refuses_us", status=error.status.name, message=error.message)
        return away("Temporal")
    if error.status in _GONE:
        return RunGone()
    return away("Temporal") if error.status in _AWAY else None


def _refusal(error: WorkflowUpdateFailedError) -> Exception:
    cause = error.cause
    if not isinstance(cause, ApplicationError):
        return error
    kind = cause.type or ""
    if kind in _LOOK_AGAIN:
        return _LOOK_AGAIN[kind]()
    if "expected but not found" in cause.message:
        return WrongRun()
    if kind in PROBLEMS:
        return ApiProblem(kind, cause.message)
    if isinstance(getattr(errors, kind, None), type):
        return ApiProblem("Refused", f"{kind}: {cause.message}")
    log.error("update_failed", kind=kind, message=cause.message)
    return error
