"""Questions about usage taken apart by stream, and parts as the arrays that statements take."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any

from sqlalchemy import Connection

from domain.billing.spans import Span
from domain.billing.usage import Demand
from domain.metering.hours import Pieces, masks, pieces
from store.usage_read_sql import STREAMS, UNSURE


@dataclass(frozen=True)
class Question:
    """One aggregate of one tenant."""

    tenant_id: str
    demand: Demand
    group: str | None = None
    """None: of all groups together."""


@dataclass(frozen=True)
class Part:
    """A span of a question in one stream, taken apart; `n` is what its answer is found by."""

    n: int
    stream: int
    span: Span
    pieces: Pieces


def parts_of(connection: Connection, questions: Sequence[Question]) -> list[Part]:
    """Of every stream that a question is about: none, if nothing of it was ever counted."""
    wanted = sorted({(one.tenant_id, one.demand.meter) for one in questions})
    values = {"tenants": [tenant for tenant, _ in wanted], "meters": [meter for _, meter in wanted]}
    streams: dict[tuple[str, str], list[tuple[int, str]]] = {}
    for row in connection.execute(STREAMS, values):
        streams.setdefault((row.tenant_id, row.meter), []).append((row.id, row.grp))
    apart = {span: pieces(span) for one in questions for span in one.demand.spans}
    return [
        Part(n, stream, span, apart[span])
        for n, question in enumerate(questions)
        for stream, group in streams.get((question.tenant_id, question.demand.meter), ())
        if question.group in (None, group)
        for span in question.demand.spans
    ]


def without_unsure(connection: Connection, parts: Sequence[Part], known: int) -> list[Part]:
    """The same, with the events of all hours that changed after the cut-off in place of their sums."""
    each = each_alone(parts)
    unsure: dict[int, set[datetime]] = {}
    for row in connection.execute(UNSURE, {"known": known, **whole_columns(each)}):
        unsure.setdefault(row.n, set()).add(row.hour)
    return [
        replace(part, pieces=pieces(part.span, unsure.get(place, ()))) for place, part in enumerate(parts)
    ]


def each_alone(parts: Sequence[Part]) -> list[Part]:
    """Each as a question of its own, its place for a number."""
    return [replace(part, n=place) for place, part in enumerate(parts)]


def span_columns(parts: Iterable[Part]) -> dict[str, Any]:
    return _columns("span", ((part, part.span) for part in parts))


def whole_columns(parts: Iterable[Part]) -> dict[str, Any]:
    return _columns("whole", ((part, span) for part in parts for span in part.pieces.whole))


def sum_columns(parts: Iterable[Part]) -> dict[str, Any]:
    """Whole days, and whole hours that are in none."""
    listed = list(parts)
    days = _columns("days", ((part, span) for part in listed for span in part.pieces.days))
    return days | _columns("hours", ((part, span) for part in listed for span in part.pieces.hours))


def single_columns(parts: Iterable[Part]) -> dict[str, Any]:
    return _columns("single", ((part, span) for part in parts for span in part.pieces.single))


def _columns(name: str, rows: Iterable[tuple[Part, Span]]) -> dict[str, Any]:
    """Rows as one array for each column: a statement is the same for one question and for a thousand."""
    listed = list(rows)
    return {
        f"{name}_n": [part.n for part, _ in listed],
        f"{name}_stream": [part.stream for part, _ in listed],
        f"{name}_begin": [span.begin for _, span in listed],
        f"{name}_until": [span.end for _, span in listed],
    }


def month_columns(parts: Iterable[Part]) -> dict[str, Any]:
    listed: list[tuple[Part, date, str]] = [
        (part, month.date(), mask) for part in parts for month, mask in masks(part.pieces.whole).items()
    ]
    return {
        "month_n": [part.n for part, _, _ in listed],
        "month_stream": [part.stream for part, _, _ in listed],
        "month_begin": [month for _, month, _ in listed],
        "month_mask": [mask for _, _, mask in listed],
    }
