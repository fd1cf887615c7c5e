"""Reading usage, for rating and for charts, at a cost that does not grow with the number of events.

Whole hours come from sums. Events are read only for hours that a span cuts, and, under a cut-off, for hours
that changed after it.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import Connection, Engine

from domain.billing.events import UsageEvent
from domain.billing.prices import Aggregate
from domain.billing.spans import Span
from domain.billing.usage import Demand
from domain.errors import PermanentError
from domain.metering.hours import Pieces, hour_of, kept_since, masks, pieces
from runtime.clock import Clock
from store.engine import database_errors
from store.usage_read_sql import ADDED_UP, EVENTS, GROUPS, LAST, UNIQUE, UNSURE, WEIGHTED

EVERYTHING = 2**63 - 1
"""The cut-off of those who ask for all that is stored."""
NOTHING = Decimal(0)
ADDED = frozenset({Aggregate.SUM, Aggregate.COUNT, Aggregate.MAX})


class UsageGone(PermanentError):
    """Events would have to be read that are so old that they are no longer kept."""


@dataclass(frozen=True)
class Question:
    """One aggregate of one tenant."""

    tenant_id: str
    demand: Demand
    group: str | None = None
    """None: of all groups together."""


@dataclass(frozen=True)
class _Part:
    """A span of a question, taken apart; `n` is what its answer is found by."""

    n: int
    question: Question
    span: Span
    pieces: Pieces


class UsageReader:
    def __init__(self, engine: Engine, clock: Clock) -> None:
        # Several statements, and what is stored meanwhile must be in all of them or in none.
        self._engine = engine.execution_options(isolation_level="REPEATABLE READ")
        self._clock = clock

    def answers(self, questions: Sequence[Question], known: int = EVERYTHING) -> list[Decimal]:
        """An aggregate for each question, in their order; 0 where nothing was used.

        `known` is a cut-off of `store.usage_order.cut_off`. A weighted aggregate is the integral: value times
        seconds. Raises UsageGone, Unavailable.
        """
        found: dict[int, Decimal] = {}
        with self._reading() as connection:
            for aggregates in (ADDED, *({one} for one in Aggregate if one not in ADDED)):
                chosen = {n: one for n, one in enumerate(questions) if one.demand.aggregate in aggregates}
                if chosen:
                    found |= self._answers(connection, chosen, known)
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
            yield connection

    def _answers(
        self, connection: Connection, questions: Mapping[int, Question], known: int
    ) -> dict[int, Decimal]:
        """Of questions that one statement answers."""
        parts = self._parts(connection, questions, known)
        aggregate = next(iter(questions.values())).demand.aggregate
        values: dict[str, Any] = {"known": known, **_single(parts)}
        if aggregate is Aggregate.UNIQUE:
            return _by_number(connection, UNIQUE, values | _months(parts))
        values |= _whole(parts)
        if aggregate is Aggregate.LAST:
            return _by_number(connection, LAST, values)
        if aggregate is Aggregate.WEIGHTED:
            return _weighted(connection, parts, values)
        columns = {n: question.demand.aggregate.value for n, question in questions.items()}
        return {row.n: Decimal(getattr(row, columns[row.n])) for row in connection.execute(ADDED_UP, values)}

    def _parts(self, connection: Connection, questions: Mapping[int, Question], known: int) -> list[_Part]:
        parts = [
            _Part(n, question, span, pieces(span))
            for n, question in questions.items()
            for span in question.demand.spans
        ]
        if known != EVERYTHING:
            unsure: dict[int, set[datetime]] = {}
            for row in connection.execute(UNSURE, {"known": known, **_whole(parts)}):
                unsure.setdefault(row.n, set()).add(row.hour)
            parts = [
                _Part(part.n, part.question, part.span, pieces(part.span, unsure.get(part.n, ())))
                for part in parts
            ]
        self._must_be_kept(span for part in parts for span in part.pieces.single)
        return parts

    def _must_be_kept(self, single: Iterable[Span]) -> None:
        kept = kept_since(self._clock.now())
        gone = [span.begin for span in single if span.begin < kept]
        if gone:
            raise UsageGone(
                f"events of {min(gone):%Y-%m-%d} would have to be read; they are kept from {kept:%Y-%m-%d} on"
            )


def _by_number(connection: Connection, statement: Any, values: Mapping[str, Any]) -> dict[int, Decimal]:
    return {n: Decimal(found) for n, found in connection.execute(statement, values)}


def _weighted(
    connection: Connection, parts: Sequence[_Part], values: Mapping[str, Any]
) -> dict[int, Decimal]:
    """Spans are integrated each by itself: the state goes on in between, and does not count there."""
    alone = [_Part(place, part.question, part.span, part.pieces) for place, part in enumerate(parts)]
    spans = _columns("span", ((part, part.span) for part in alone))
    found: dict[int, Decimal] = {}
    answers = _by_number(connection, WEIGHTED, {**values, **spans, **_whole(alone), **_single(alone)})
    for place, integral in answers.items():
        n = parts[place].n
        found[n] = found.get(n, NOTHING) + integral
    return found


def _whole(parts: Iterable[_Part]) -> dict[str, Any]:
    return _columns("whole", ((part, span) for part in parts for span in part.pieces.whole))


def _single(parts: Iterable[_Part]) -> dict[str, Any]:
    return _columns("single", ((part, span) for part in parts for span in part.pieces.single))


def _columns(name: str, rows: Iterable[tuple[_Part, Span]]) -> dict[str, Any]:
    """Rows as one array for each column: a statement is the same for one question and for a thousand."""
    listed = list(rows)
    return _common(name, [part for part, _ in listed]) | {
        f"{name}_begin": [span.begin for _, span in listed],
        f"{name}_until": [span.end for _, span in listed],
    }


def _months(parts: Iterable[_Part]) -> dict[str, Any]:
    listed: list[tuple[_Part, date, str]] = [
        (part, month.date(), mask) for part in parts for month, mask in masks(part.pieces.whole).items()
    ]
    return _common("month", [part for part, _, _ in listed]) | {
        "month_begin": [month for _, month, _ in listed],
        "month_mask": [mask for _, _, mask in listed],
    }


def _common(name: str, parts: Sequence[_Part]) -> dict[str, Any]:
    return {
        f"{name}_n": [part.n for part in parts],
        f"{name}_tenant": [part.question.tenant_id for part in parts],
        f"{name}_meter": [part.question.demand.meter for part in parts],
        f"{name}_grp": [part.question.group for part in parts],
    }


def _ends(begin: datetime, end: datetime) -> dict[str, datetime]:
    return {"begin": begin, "until": end}
