"""Segments cut into what is rated together: terms of one kind of period, and their shares of each period."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby, takewhile

from domain.billing.account import Account, Segment
from domain.billing.periods import PeriodKind
from domain.billing.spans import Span


@dataclass(frozen=True)
class Term:
    """Segments that touch and have the same kind of period."""

    segments: tuple[Segment, ...]
    opens: bool
    """Whether billing begins with it, or begins again after a gap."""
    next_kind: PeriodKind | None
    """Of the term that begins where this one ends; None if that ends billing, or nothing ends it."""
    billed_until: datetime | None
    """Where billing ends after this term and those that touch it."""

    @property
    def begin(self) -> datetime:
        return self.segments[0].begin

    @property
    def end(self) -> datetime | None:
        return self.segments[-1].end

    @property
    def kind(self) -> PeriodKind:
        return self.segments[0].price.period


@dataclass(frozen=True)
class Piece:
    """What of a segment lies in a period."""

    span: Span
    segment: Segment


@dataclass(frozen=True)
class Share:
    """What of a term lies in a period: the widest span over which a fee is charged at once."""

    term: Term
    period: Span
    pieces: tuple[Piece, ...]

    @property
    def span(self) -> Span:
        return Span(self.pieces[0].span.begin, self.pieces[-1].span.end)


def terms(account: Account) -> list[Term]:
    found: list[Term] = []
    for stretch in _stretches(account.segments):
        groups = [tuple(group) for _, group in groupby(stretch, key=lambda segment: segment.price.period)]
        nexts = [*(group[0].price.period for group in groups[1:]), None]
        found += [
            Term(group, index == 0, kind, stretch[-1].end)
            for index, (group, kind) in enumerate(zip(groups, nexts, strict=True))
        ]
    return found


def shares(account: Account, since: datetime | None, until: datetime) -> list[Share]:
    """Shares of the periods that begin by `until`; without those of periods that ended before `since`."""
    return [share for term in terms(account) for share in _shares(account, term, since, until)]


def _shares(account: Account, term: Term, since: datetime | None, until: datetime) -> Iterator[Share]:
    if term.begin > until:
        return
    calendar = account.calendar(term.kind)
    number = calendar.number_at(term.begin)
    if since is not None:
        number = max(number, calendar.number_at(since) - 1)
    last = until if term.end is None else min(until, term.end)
    for period in takewhile(lambda period: period.begin <= last, calendar.periods(number)):
        pieces = tuple(_pieces(term.segments, period))
        if pieces and (since is None or period.end >= since):
            yield Share(term, period, pieces)


def _stretches(segments: Sequence[Segment]) -> list[list[Segment]]:
    found: list[list[Segment]] = []
    for segment in segments:
        if found and found[-1][-1].end == segment.begin:
            found[-1].append(segment)
        else:
            found.append([segment])
    return found


def _pieces(segments: Sequence[Segment], period: Span) -> Iterator[Piece]:
    for segment in segments:
        span = period.common(Span(segment.begin, segment.end or period.end))
        if span:
            yield Piece(span, segment)
