"""What closing runs keep of the usage that they took, for when the events behind it are gone.

Whether an answer may still change is judged by when usage was read, never by the moment as of which periods
are closed.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal

from domain.billing.events import LATEST, REMEMBERED
from domain.billing.usage import Demand
from domain.billing.words import instant_text

SETTLED = LATEST + timedelta(hours=1)
"""After its end no event of a span is accepted any more. The hour is for clocks that differ, and storing."""


@dataclass(frozen=True)
class Answers:
    """What is known of the usage of one account."""

    quantities: Mapping[Demand, Decimal]
    settled: frozenset[Demand] = field(default_factory=frozenset)
    """Of which a run has kept an answer that cannot change any more."""

    def must_be_kept(self, read_at: datetime) -> bool:
        """Whether some of it will never change, may soon not be there to be read, and was not kept so far."""
        return any(
            is_old(demand, read_at) and is_settled(demand, read_at)
            for demand in self.quantities
            if demand not in self.settled
        )


def is_settled(demand: Demand, read_at: datetime) -> bool:
    return not demand.spans or demand.spans[-1].end + SETTLED <= read_at


def is_old(demand: Demand, now: datetime) -> bool:
    """Whether events may be gone that it takes: a state may be one that was set 35 days before, and late."""
    return bool(demand.spans) and demand.spans[0].begin + REMEMBERED <= now


def time_to_keep(demand: Demand) -> datetime:
    """From when on it is both settled and old, which is a month before the first of its events are gone."""
    return max(demand.spans[-1].end + SETTLED, demand.spans[0].begin + REMEMBERED)


def name_of(demand: Demand) -> str:
    """By which its answer is kept; never to be written otherwise, or what was kept is not found."""
    spans = ",".join(f"{instant_text(span.begin)}/{instant_text(span.end)}" for span in demand.spans)
    return f"{demand.aggregate} {spans} {demand.meter}"
