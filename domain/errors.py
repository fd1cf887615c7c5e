"""Why an activity failed: for good, or for now.

Activities raise these; the worker's interceptor turns them into Temporal failures. `code` is the name that
histories, operations and problem details carry, so it never changes once released.
"""

from datetime import timedelta

LEAKED_TEXT_LIMIT = 500


def capped(text: str) -> str:
    """Provider text, shortened so that an answer of megabytes cannot fill a history."""
    return text if len(text) <= LEAKED_TEXT_LIMIT else text[: LEAKED_TEXT_LIMIT - 1] + "…"


class TenantryError(Exception):
    """Base of everything Tenantry raises on purpose."""

    def __init__(self, message: str) -> None:
        super().__init__(capped(message))

    @property
    def code(self) -> str:
        return type(self).__name__


class PermanentError(TenantryError):
    """Retrying cannot help: the operation compensates."""

    about: dict[str, str] | None = None
    """Kind, name and namespace of the thing that it is about, where whoever raised it knows."""


class InvalidSpec(PermanentError):
    """The provider or our own rules refuse what was asked for."""


class SlugTaken(PermanentError):
    """Another tenant that is not deleted holds this slug."""


class TenantNotFound(PermanentError):
    """No such tenant."""


class PhaseConflict(PermanentError):
    """The tenant's phase does not allow this operation."""


class NotPossibleNow(PermanentError):
    """An operation stands where what a person asks of it cannot be done."""


class QuotaExceeded(PermanentError):
    """A limit of the account, the namespace or the cell stands in the way."""


class AccessDenied(PermanentError):
    """The provider knows us and says no."""


class OperationLost(PermanentError):
    """The tenant is held by an operation whose run is gone; that has to be recovered before anything else."""


class OwnershipConflict(PermanentError):
    """Something under our name is not ours; it is left untouched."""


class DataLost(PermanentError):
    """What held a tenant's data or password is gone: made anew, it would not hold what it held."""

    def __init__(self, message: str, about: dict[str, str]) -> None:
        super().__init__(message)
        self.about = about


class MissingKind(PermanentError):
    """The cluster does not serve a kind that the blueprint needs: an operator is not installed."""


class StuckTerminating(PermanentError):
    """Something keeps an object from disappearing for longer than anybody should wait unasked."""

    def __init__(self, message: str, about: dict[str, str]) -> None:
        super().__init__(message)
        self.about = about


class StaleRun(PermanentError):
    """A row is held by another operation: this run was replaced and must not write."""


class BlueprintError(PermanentError):
    """A blueprint file is wrong; the message names file and line."""


class TemporaryError(TenantryError):
    """Worth another try, after `retry_after` where the provider named a delay."""

    def __init__(self, message: str, *, retry_after: timedelta | None = None) -> None:
        super().__init__(message)
        self.retry_after = retry_after


class Throttled(TemporaryError):
    """The provider asks us to slow down."""


class Unavailable(TemporaryError):
    """The provider cannot be reached or answers 5xx; whether the call took effect is unknown."""


class NotReady(TemporaryError):
    """A poll looked and the thing is still on its way. Expected, so never logged as an error."""


class CatalogError(TenantryError):
    """plans.yaml, cells.yaml or a blueprint are wrong; `problems` lists everything found."""

    def __init__(self, problems: list[str]) -> None:
        super().__init__("; ".join(problems))
        self.problems = problems
