"""What rating knows of a tenant: segments in order of time, and what was agreed by hand."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from zoneinfo import ZoneInfo

from domain.billing.money import Currency
from domain.billing.periods import Calendar, PeriodKind
from domain.billing.prices import PriceVersion


class State(StrEnum):
    ACTIVE = "active"
    SUSPENDED = "suspended"
    ENDED = "ended"


@dataclass(frozen=True)
class Segment:
    """A span in which plan, quantity and state stood still."""

    begin: datetime
    end: datetime | None
    """None while nothing has ended it."""
    price: PriceVersion
    quantity: int = 1
    suspended: bool = False


@dataclass(frozen=True)
class Change:
    """What is new from an instant on; None stays as it was."""

    at: datetime
    price: PriceVersion | None = None
    quantity: int | None = None
    state: State | None = None


@dataclass(frozen=True)
class OneOff:
    """A credit or charge given by hand, once."""

    id: str
    """Unique in the account; the component of its line's key."""
    at: datetime
    amount: Decimal
    """In major units, above 0 for a credit, too."""
    reason: str
    is_credit: bool


@dataclass(frozen=True)
class Discount:
    """Percent off fee and usage in a span of time; agreed beforehand, so known from the start."""

    begin: datetime
    end: datetime | None
    percent: Decimal


@dataclass(frozen=True)
class Account:
    """One tenant's side of billing. Segments do not overlap; a gap between two is not billed."""

    start: datetime
    """When billing began: the anchor of all periods, in UTC."""
    zone: ZoneInfo
    currency: Currency
    first_price: PriceVersion
    segments: tuple[Segment, ...]
    one_offs: tuple[OneOff, ...] = ()
    discounts: tuple[Discount, ...] = ()

    def calendar(self, kind: PeriodKind) -> Calendar:
        return Calendar(self.start, self.zone, kind)


def segments_of(first: Segment, changes: Iterable[Change]) -> tuple[Segment, ...]:
    """Segments from the first one and what changed it, in order of time; those of no length are left out.

    `first` begins with the account and has no end. After an end, only a change of state begins a segment.
    """
    found: list[Segment] = []
    current, ended = first, False
    for change in changes:
        if not ended and current.begin < change.at:
            found.append(replace(current, end=change.at))
        state = change.state or (State.ENDED if ended else _state(current))
        current = replace(
            current,
            begin=change.at,
            price=change.price or current.price,
            quantity=current.quantity if change.quantity is None else change.quantity,
            suspended=state is State.SUSPENDED,
        )
        ended = state is State.ENDED
    return tuple(_merged(found if ended else [*found, current]))


def _state(segment: Segment) -> State:
    return State.SUSPENDED if segment.suspended else State.ACTIVE


def _merged(segments: Sequence[Segment]) -> list[Segment]:
    """A change to what was so before is none."""
    found: list[Segment] = []
    for segment in segments:
        if (
            found
            and found[-1] == replace(segment, begin=found[-1].begin, end=found[-1].end)
            and (found[-1].end == segment.begin)
        ):
            found[-1] = replace(found[-1], end=segment.end)
        else:
            found.append(segment)
    return found
