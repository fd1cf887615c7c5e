"""Spans of time taken apart: days and hours, of which sums are kept, and the rest, whose events are read."""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cached_property
from itertools import pairwise

from domain.billing.events import LATEST, REMEMBERED
from domain.billing.spans import Span, joined

HOUR = timedelta(hours=1)
DAY = timedelta(days=1)
MONTHS_A_YEAR = 12
HOURS_A_MONTH = 31 * 24


@dataclass(frozen=True)
class Pieces:
    """A span in two kinds of parts, which together are all of it."""

    whole: tuple[Span, ...]
    """From full hour to full hour, in UTC."""
    single: tuple[Span, ...]
    """Where the events themselves have to be read."""

    @cached_property
    def days(self) -> tuple[Span, ...]:
        """What of the whole hours is whole days, in UTC."""
        return tuple(days for whole in self.whole if (days := _days(whole)))

    @cached_property
    def hours(self) -> tuple[Span, ...]:
        """The whole hours that are in no whole day."""
        return tuple(part for whole in self.whole for part in _beside(whole, _days(whole)))


def pieces(span: Span, unsure: Collection[datetime] = ()) -> Pieces:
    """`unsure` are hours whose sums hold more than is asked for."""
    begin, end = up_to_hour(span.begin), hour_of(span.end)
    if begin > end:  # within one hour
        return Pieces((), (span,))
    inside = sorted(hour for hour in unsure if begin <= hour < end)
    gaps = [Span(hour, hour + HOUR) for hour in inside]
    edges = [begin, *(edge for gap in gaps for edge in (gap.begin, gap.end)), end]
    whole = _some(Span(*edge) for edge in list(pairwise(edges))[::2])
    return Pieces(tuple(whole), joined(_some([Span(span.begin, begin), *gaps, Span(end, span.end)])))


def _days(whole: Span) -> Span | None:
    begin, end = up_to_day(whole.begin), day_of(whole.end)
    return Span(begin, end) if begin < end else None


def _beside(whole: Span, days: Span | None) -> list[Span]:
    return _some([Span(whole.begin, days.begin), Span(days.end, whole.end)]) if days else [whole]


def _some(spans: Sequence[Span] | Iterator[Span]) -> list[Span]:
    return [span for span in spans if span.begin < span.end]


def hour_of(instant: datetime) -> datetime:
    """The full hour, in UTC, that an instant lies in."""
    return instant.astimezone(UTC).replace(minute=0, second=0, microsecond=0)


def up_to_hour(instant: datetime) -> datetime:
    """The first full hour that is not before an instant."""
    hour = hour_of(instant)
    return hour if hour == instant else hour + HOUR


def day_of(instant: datetime) -> datetime:
    """Begin of the day, in UTC, that an instant lies in."""
    return hour_of(instant).replace(hour=0)


def up_to_day(instant: datetime) -> datetime:
    """The first begin of a day, in UTC, that is not before an instant."""
    day = day_of(instant)
    return day if day == instant else day + DAY


def month_of(instant: datetime) -> datetime:
    """Begin of the month, in UTC, that an instant lies in."""
    return hour_of(instant).replace(day=1, hour=0)


def month_after(instant: datetime) -> datetime:
    """Begin of the month after that of an instant."""
    month = month_of(instant)
    year, number = divmod(month.year * MONTHS_A_YEAR + month.month, MONTHS_A_YEAR)
    return month.replace(year=year, month=number + 1)


def months(first: datetime, last: datetime) -> Iterator[datetime]:
    """The months, by their begins, from that of one instant to that of another."""
    month = month_of(first)
    while month <= last:
        yield month
        month = month_after(month)


def kept_since(now: datetime) -> datetime:
    """Begin of the first month whose events are still there: 400 days since any of them was received."""
    return month_of(now - REMEMBERED - LATEST)


def masks(whole: Sequence[Span]) -> dict[datetime, str]:
    """By month, a 1 for each hour in the spans and a 0 for each other, the month's first on the left."""
    found: dict[datetime, list[str]] = {}
    for span in whole:
        begin = span.begin
        while begin < span.end:
            month, end = month_of(begin), min(month_after(begin), span.end)
            bits = found.setdefault(month, ["0"] * HOURS_A_MONTH)
            first, last = (begin - month) // HOUR, (end - month) // HOUR
            bits[first:last] = ["1"] * (last - first)
            begin = end
    return {month: "".join(bits) for month, bits in found.items()}
