"""Reading usage, for rating and for charts, at a cost that does not grow with the number of events.

Whole days and hours come from sums. Events are read only for hours that a span cuts, and, under a cut-off,
for hours that changed after it. A reader by events takes nothing from sums as long as the events are kept: it
checks them, and costs what there are of events.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import Connection, Engine, text

from domain.billing.events import LATEST, UsageEvent
from domain.billing.prices import Aggregate
from domain.billing.spans import Span
from domain.billing.usage import Demand
from domain.errors import PermanentError
from domain.metering.hours import Pieces, hour_of, kept_since
from runtime.clock import Clock
from store.engine import database_errors
from store.usage_parts import (
    Part,
    Question,
    each_alone,
    month_columns,
    parts_of,
    single_columns,
    span_columns,
    sum_columns,
    whole_columns,
    without_unsure,
)
from store.usage_read_sql import (
    ADDED_UP,
    BEFORE,
    EVENTS,
    GROUPS,
    LAST,
    UNIQUE,
    WEIGHTED,
    WEIGHTED_BY_EVENTS,
)

EVERYTHING = 2**63 - 1
"""The cut-off of those who ask for all that is stored."""
NOTHING = Decimal(0)
RECOUNT_TIMEOUT = text("SET LOCAL statement_timeout = '2min'")
"""A month of a hundred million events is not counted in the seconds that other statements have."""
ADDED = frozenset({Aggregate.SUM, Aggregate.COUNT, Aggregate.MAX})


class UsageGone(PermanentError):
    """Events would have to be read that are so old that they are no longer kept."""


class UsageReader:
    def __init__(self, engine: Engine, clock: Clock, *, by_events: bool = False) -> None:
        # Several statements, and what is stored meanwhile must be in all of them or in none.
        self._engine = engine.execution_options(isolation_level="REPEATABLE READ")
        self._clock = clock
        self._by_events = by_events

    def answers(self, questions: Sequence[Question], known: int = EVERYTHING) -> list[Decimal]:
        """An aggregate for each question, in their order; 0 where nothing was used.

        `known` is a cut-off of `store.usage_order.cut_off`. A weighted aggregate is the integral: value times
        seconds. Raises UsageGone, Unavailable.
        """
        found: dict[int, Decimal] = {}
        with self._reading() as connection:
            parts = self._parts(connection, questions)
            for aggregates in (ADDED, *({one} for one in Aggregate if one not in ADDED)):
                chosen = [one for one in parts if questions[one.n].demand.aggregate in aggregates]
                if chosen:
                    found |= self._answers(connection, questions, chosen, known)
        return [found.get(n, NOTHING) for n in range(len(questions))]

    def quantities(
        self, wanted: Mapping[str, Iterable[Demand]], known: int = EVERYTHING
    ) -> dict[str, dict[Demand, Decimal]]:
        """What `domain.billing.rating.rate` takes, by tenant. Raises UsageGone, Unavailable."""
        questions = [Question(tenant, demand) for tenant, demands in wanted.items() for demand in demands]
        found: dict[str, dict[Demand, Decimal]] = {tenant: {} for tenant in wanted}
        for question, answer in zip(questions, self.answers(questions, known), strict=True):
            found[question.tenant_id][question.demand] = answer
        return found

    def groups(self, tenant_id: str, meter: str, span: Span, *, held: bool = False) -> list[str]:
        """The groups that had usage in the hours of a span, in order; `held`: or a state from before it."""
        values = {"tenant_id": tenant_id, "meter": meter, "held": held}
        values |= _ends(hour_of(span.begin), span.end)
        with self._reading() as connection:
            return list(connection.execute(GROUPS, values).scalars())

    def events(self, tenant_id: str, meter: str, span: Span, known: int = EVERYTHING) -> list[UsageEvent]:
        """The events themselves, in order of time. Raises UsageGone, Unavailable."""
        self._must_be_kept([span])
        values = {"tenant_id": tenant_id, "meter": meter, "known": known, **_ends(span.begin, span.end)}
        with self._reading() as connection:
            return [
                UsageEvent(
                    row.id, row.source, row.meter, row.at, row.received_at, row.value, row.key, row.grp
                )
                for row in connection.execute(EVENTS, values)
            ]

    @contextmanager
    def _reading(self) -> Iterator[Connection]:
        with database_errors(), self._engine.begin() as connection:
            if self._by_events:
                connection.execute(RECOUNT_TIMEOUT)
            yield connection

    def _parts(self, connection: Connection, questions: Sequence[Question]) -> list[Part]:
        parts = parts_of(connection, questions)
        if not self._by_events:
            return parts
        kept = kept_since(self._clock.now())
        return [
            one if one.span.begin < kept else replace(one, pieces=Pieces((), (one.span,))) for one in parts
        ]

    def _answers(
        self, connection: Connection, questions: Sequence[Question], parts: Sequence[Part], known: int
    ) -> dict[int, Decimal]:
        """First as if no hour had changed after the cut-off; where one has, once more from its events."""
        found, unsure = self._read(connection, questions, parts, known)
        if unsure:
            again = without_unsure(connection, [one for one in parts if one.n in unsure], known)
            exact, _ = self._read(connection, questions, again, known)
            found = {n: one for n, one in found.items() if n not in unsure} | exact
        return found

    def _read(
        self, connection: Connection, questions: Sequence[Question], parts: Sequence[Part], known: int
    ) -> tuple[dict[int, Decimal], set[int]]:
        """Answers, by question, and those that hold more than the cut-off lets through."""
        self._must_be_kept(span for part in parts for span in part.pieces.single)
        aggregate = questions[parts[0].n].demand.aggregate
        if aggregate is Aggregate.WEIGHTED:
            self._must_be_known_before(connection, parts, known)
            return self._weighted(connection, parts, known)
        values: dict[str, Any] = {"known": known, **single_columns(parts)}
        if aggregate is Aggregate.UNIQUE:
            rows = connection.execute(UNIQUE, values | month_columns(parts)).all()
        elif aggregate is Aggregate.LAST:
            rows = connection.execute(LAST, values | whole_columns(parts)).all()
        else:
            rows = connection.execute(ADDED_UP, values | sum_columns(parts)).all()
        answers = {row.n: getattr(row, questions[row.n].demand.aggregate.value) for row in rows}
        return {n: Decimal(one) for n, one in answers.items()}, {row.n for row in rows if row.unsure}

    def _weighted(
        self, connection: Connection, parts: Sequence[Part], known: int
    ) -> tuple[dict[int, Decimal], set[int]]:
        """Spans are integrated each by itself: the state goes on in between, and does not count there."""
        each = each_alone(parts)
        spans = span_columns(each)
        values = {"known": known, **spans, **sum_columns(each), **single_columns(each)}
        statement = WEIGHTED
        if self._by_events:
            statement, values["events_from"] = WEIGHTED_BY_EVENTS, kept_since(self._clock.now())
        found: dict[int, Decimal] = {}
        unsure: set[int] = set()
        for row in connection.execute(statement, values):
            n = parts[row.n].n
            found[n] = found.get(n, NOTHING) + Decimal(row.answer)
            if row.unsure:
                unsure.add(n)
        return found, unsure

    def _must_be_known_before(self, connection: Connection, parts: Sequence[Part], known: int) -> None:
        """A span may begin with a state of an hour that changed after the cut-off, up to 35 days before."""
        soon = kept_since(self._clock.now()) + LATEST
        old = [part for part in parts if part.span.begin < soon]
        if old and known < EVERYTHING:
            first = connection.execute(BEFORE, {"known": known, **span_columns(old)}).scalar()
            self._must_be_kept([Span(first, first)] if first else [])

    def _must_be_kept(self, single: Iterable[Span]) -> None:
        kept = kept_since(self._clock.now())
        gone = [span.begin for span in single if span.begin < kept]
        if gone:
            raise UsageGone(
                f"events of {min(gone):%Y-%m-%d} would have to be read; they are kept from {kept:%Y-%m-%d} on"
            )


def _ends(begin: datetime, end: datetime) -> dict[str, datetime]:
    return {"begin": begin, "until": end}
