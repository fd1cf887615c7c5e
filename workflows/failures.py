"""From what Temporal raises to what an operation shows."""

from temporalio.exceptions import (
    ActivityError,
    ApplicationError,
    FailureError,
)
from temporalio.exceptions import (
    TimeoutError as TemporalTimeout,
)

from domain.errors import capped
from domain.messages import ErrorView, ObjectName


def error_view(error: BaseException, step: str | None = None) -> ErrorView:
    """The innermost failure that names itself; a timeout adds what the last attempt said."""
    timed_out = False
    current: BaseException | None = error
    while current is not None:
        if isinstance(current, ApplicationError):
            message = f"gave up waiting: {current.message}" if timed_out else current.message
            return ErrorView(
                code=current.type or "Error", message=capped(message), step=step, object=_object(current)
            )
        timed_out = timed_out or isinstance(current, TemporalTimeout)
        current = current.cause if isinstance(current, ActivityError | FailureError) else None
    if timed_out:
        return ErrorView(code="TimedOut", message="no attempt answered in time", step=step)
    return ErrorView(code=type(error).__name__, message=capped(str(error)), step=step)


def _object(error: ApplicationError) -> ObjectName | None:
    """What the error is about, where its activity told (worker/interceptor.py)."""
    about = next(iter(error.details), None)
    return ObjectName.model_validate(about) if isinstance(about, dict) else None


def as_failure(error: ErrorView) -> ApplicationError:
    """For handlers and endings: any other exception would retry the workflow task for ever."""
    return ApplicationError(error.message, type=error.code, non_retryable=True)
