"""Who is behind a change, and how the wish for it reached us."""

from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Annotated

from pydantic import Field

from domain.plans import Model

SCHEDULE = "schedule"
"""What requests of our own schedules are asked by."""


class ActorKind(StrEnum):
    CUSTOMER = "customer"
    STAFF = "staff"
    """Of the provider: people, and systems of its own that ask the API."""
    SYSTEM = "system"
    """A schedule of ours, or a run at its end."""
    UNVERIFIED = "unverified"
    """Past the API, through Temporal or at the server: the name is what was typed there."""


class Origin(Model):
    """How a wish reached us: carried by it, and kept in the audit log with what it changes."""

    kind: ActorKind
    roles: list[str] = []
    reason: str = ""
    request_id: str = ""


OriginIfAny = Annotated[Origin | None, Field(exclude_if=lambda origin: origin is None)]
"""Left out where none: open runs of older versions refuse fields that they do not know."""


@dataclass(frozen=True)
class Author:
    """Of one change."""

    name: str
    origin: Origin

    def because(self, reason: str | None) -> "Author":
        """The request's own reason, where it has one, stands before that of a header."""
        return replace(self, origin=self.origin.model_copy(update={"reason": reason})) if reason else self


SYSTEM = Author("system", Origin(kind=ActorKind.SYSTEM))


def author(requested_by: str, origin: Origin | None) -> Author:
    """Of what a run was asked to do; requests of before there was an audit log bear no origin."""
    if origin is not None:
        return Author(requested_by, origin)
    return SYSTEM if requested_by == SCHEDULE else Author(requested_by, Origin(kind=ActorKind.UNVERIFIED))


def ending_of(origin: Origin | None) -> Author:
    """What a run makes of a wish by itself; still found by the request that began it."""
    request_id = origin.request_id if origin else ""
    return Author(SYSTEM.name, Origin(kind=ActorKind.SYSTEM, request_id=request_id))
