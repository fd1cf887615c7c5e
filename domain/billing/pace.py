"""How usage goes on: what was measured until now, carried on to the end of the span that it is counted over.

Time in which the tenant is suspended counts for no pace: nothing was used in it, and nothing will be.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from fractions import Fraction

from domain.billing.money import Exact, round_half_away
from domain.billing.prices import Aggregate
from domain.billing.spans import MICROSECOND, Span, before, joined, micros
from domain.billing.tallies import Tally
from domain.billing.usage import Demand, Quantities, Scope

SHORTEST = timedelta(days=1) // MICROSECOND
"""Usage follows the day: what was used in a part of one says nothing about the next."""


@dataclass(frozen=True)
class Course:
    """The usage of one scope at a moment within it, or after it."""

    whole: Demand
    past: Demand
    """The same until the moment."""
    earlier: Demand
    """The same until half of the time before the moment was over."""
    gone: int
    """Microseconds before the moment in which the tenant was running."""
    to_come: int

    @classmethod
    def of(cls, tally: Tally, scope: Scope, moment: datetime) -> "Course":
        running = _running(tally, scope)
        gone = micros(before(running, moment))
        return cls(
            whole=scope.demand,
            past=_until(scope.demand, moment),
            earlier=_until(scope.demand, _after(running, gone // 2) or moment),
            gone=gone,
            to_come=micros(running) - gone,
        )

    def readings(self) -> Iterator[Demand]:
        """The aggregates that `expected` takes."""
        yield self.past
        if self.whole.aggregate is Aggregate.WEIGHTED:
            yield self.whole
        if self._goes_on_by_what_was_new:
            yield self.earlier

    def expected(self, read: Quantities) -> Exact:
        """The aggregate at the end of the span."""
        seen = Fraction(read[self.past])
        match self.whole.aggregate:
            case Aggregate.WEIGHTED:
                # What is stored says it by itself: a state holds until it is set anew.
                return Fraction(read[self.whole])
            case Aggregate.SUM:
                return seen + self._more(seen, self.gone)
            case Aggregate.COUNT:
                return seen + round_half_away(self._more(seen, self.gone))
            case Aggregate.UNIQUE if self._goes_on_by_what_was_new:
                # Who was there once counts no more: only those go on coming who were new of late.
                new = seen - Fraction(read[self.earlier])
                return seen + round_half_away(self._more(new, self.gone - self.gone // 2))
            case Aggregate.MAX | Aggregate.LAST | Aggregate.UNIQUE:
                return seen

    @property
    def _goes_on_by_what_was_new(self) -> bool:
        """Of a span that is over, half of it is not read: its events may be gone."""
        return self.whole.aggregate is Aggregate.UNIQUE and self.to_come > 0

    def _more(self, used: Exact, within: int) -> Exact:
        """What comes at the pace of what was used within some of the time that is gone."""
        return used * Fraction(self.to_come, within) if self.gone >= SHORTEST else Fraction(0)


def _until(demand: Demand, instant: datetime) -> Demand:
    return Demand(demand.meter, demand.aggregate, before(demand.spans, instant))


def _running(tally: Tally, scope: Scope) -> tuple[Span, ...]:
    return joined(
        piece.span
        for piece in tally.pieces
        if not piece.segment.suspended and any(piece.span.common(span) for span in scope.demand.spans)
    )


def _after(spans: Iterable[Span], length: int) -> datetime | None:
    """The instant at which so many microseconds of spans are over; None if they are shorter."""
    for span in spans:
        if length <= span.micros:
            return span.begin + length * MICROSECOND
        length -= span.micros
    return None
