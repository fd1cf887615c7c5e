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


class OlderRun(Exception):
    """The open run is of a version that cannot read what it was told: it knows fewer fields."""


_SDK_WORDS: dict[str, type[Exception]] = {
    "expected but not found": WrongRun,
    "Failed decoding arguments": OlderRun,
}
"""By which the SDK of a worker refuses an update; it has no types for that."""


@contextmanager
def temporal_errors() -> Iterator[None]:
    """Raises ApiProblem, RunGone, RunLost, WrongRun or OlderRun instead of the client's exceptions."""
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
    for words, meaning in _SDK_WORDS.items():
        if words in cause.message:
            return meaning()
    if problem := problem_of(kind, cause.message):
        return problem
    log.error("update_failed", kind=kind, message=cause.message)
    return error


def problem_of(code: str, message: str) -> ApiProblem | None:
    """What a domain error is to a caller; None for what is none."""
    if code in PROBLEMS:
        return ApiProblem(code, message)
    if isinstance(getattr(errors, code, None), type):
        return ApiProblem("Refused", f"{code}: {message}")
    return None
