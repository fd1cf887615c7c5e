"""How an update is refused: only as ApplicationError, for all else wedges a run."""

from temporalio.exceptions import ApplicationError

from domain.errors import NotPossibleNow, PhaseConflict
from domain.phases import OperationKind

RUN_IS_ENDING = "RunIsEnding"
"""The wish came too late for this run; the caller starts a new one."""


def conflict(message: str) -> ApplicationError:
    return ApplicationError(message, type=PhaseConflict.__name__, non_retryable=True)


def not_possible(message: str) -> ApplicationError:
    """For interventions."""
    return ApplicationError(message, type=NotPossibleNow.__name__, non_retryable=True)


def too_late() -> ApplicationError:
    return ApplicationError("this run is ending; ask again", type=RUN_IS_ENDING, non_retryable=True)


def cannot_take_over(before: OperationKind, wanted: OperationKind) -> str:
    return f"the tenant's {before} cannot be taken over by a {wanted}; wait for its end"


def being_undone(slug: str) -> str:
    """Of a scale that takes no newer target."""
    return f"the running scale of {slug} is being undone; wait for its end"
