"""How an update is refused: only as ApplicationError, for all else wedges a run."""

from temporalio.exceptions import ApplicationError

from domain.errors import PhaseConflict

RUN_IS_ENDING = "RunIsEnding"
"""The wish came too late for this run; the caller starts a new one."""


def conflict(message: str) -> ApplicationError:
    return ApplicationError(message, type=PhaseConflict.__name__, non_retryable=True)


def too_late() -> ApplicationError:
    return ApplicationError("this run is ending; ask again", type=RUN_IS_ENDING, non_retryable=True)
