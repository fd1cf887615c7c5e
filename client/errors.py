"""What goes wrong: nobody answers, or the API refuses and says why."""

from typing import Any, ClassVar, cast

import httpx

from client.models import FieldProblem, OperationRef, Problem


class ClientError(Exception):
    """Base of all errors of this client."""


class ApiUnreachable(ClientError):
    """Nobody answers under the API's address, or not in time."""


class ApiProblem(ClientError):
    """The API refused, with RFC 9457 problem details; its subclasses are kinds by status."""

    kinds: ClassVar[dict[int, type["ApiProblem"]]] = {}

    def __init_subclass__(cls, statuses: tuple[int, ...] = ()) -> None:
        ApiProblem.kinds |= dict.fromkeys(statuses, cls)

    def __init__(self, problem: Problem) -> None:
        self.problem = problem
        super().__init__(problem["detail"] or problem["title"])

    @property
    def status(self) -> int:
        return self.problem["status"]

    @property
    def code(self) -> str:
        """For programs, as `SlugTaken`; empty if what answered was no Tenantry API."""
        return self.problem["code"]

    @property
    def fields(self) -> list[FieldProblem]:
        """Every field that is wrong."""
        return self.problem.get("errors") or []

    @property
    def operation(self) -> OperationRef | None:
        """The operation that stands in the way."""
        return self.problem.get("operation")


class InvalidRequest(ApiProblem, statuses=(400, 422)):
    """The request itself is wrong; `fields` says where."""


class Unauthenticated(ApiProblem, statuses=(401,)):
    """No key or token, or one that is not taken."""


class Forbidden(ApiProblem, statuses=(403,)):
    """The roles of the key or token do not suffice."""


class NotFound(ApiProblem, statuses=(404,)):
    """There is no such thing, or it is somebody else's."""


class Conflict(ApiProblem, statuses=(409,)):
    """It cannot be done as things are; `operation` is the one that stands in the way, if one does."""


class PreconditionFailed(ApiProblem, statuses=(412,)):
    """Somebody was faster: it is no longer what `if_match` names."""


class TooManyRequests(ApiProblem, statuses=(429,)):
    """Asked too often, and again after all pauses that the API asked for."""


class Unavailable(ApiProblem, statuses=(503,)):
    """What the API needs was away, and still was after all pauses that it asked for."""


def problem_of(answer: httpx.Response) -> ApiProblem:
    """The answer must have been read."""
    problem = _document(answer)
    return ApiProblem.kinds.get(answer.status_code, ApiProblem)(problem)


def _document(answer: httpx.Response) -> Problem:
    said = f"'{answer.reason_phrase}' ({answer.status_code})"
    unknown = {
        "type": "about:blank",
        "title": f"{answer.url} answered {said}: is it a Tenantry API?",
        "status": answer.status_code,
        "detail": "",
        "instance": answer.url.path,
        "code": "",
    }
    try:
        found: Any = answer.json()
    except ValueError:
        found = None
    # Others have JSON, too, and mean other things by the same names.
    ours = isinstance(found, dict) and "code" in found
    return cast("Problem", unknown | found if ours else unknown)
