"""Billing periods: half-open, counted from the local wall time at which billing began.

The k-th period begins k weeks or months after the anchor's local date, at the anchor's wall time. Each
boundary is computed from the anchor itself, so a clamped end of month (Jan 31, Feb 29) is not lost (Mar 31).
Where clocks are put forward over that wall time, the boundary is read on the clock as it was before: 02:30
becomes 03:30. Where they are put back over it, it is the first of the two, or the second if the anchor was a
second one.
"""

import calendar
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import MAXYEAR, MINYEAR, UTC, datetime, timedelta
from enum import StrEnum
from functools import lru_cache
from itertools import count
from zoneinfo import ZoneInfo

from domain.billing.spans import Span

WEEK = timedelta(days=7)
MONTHS_A_YEAR = 12


class PeriodKind(StrEnum):
    WEEKLY = "weekly"
    MONTHLY = "monthly"
    QUARTERLY = "quarterly"
    YEARLY = "yearly"


MONTHS = {PeriodKind.MONTHLY: 1, PeriodKind.QUARTERLY: 3, PeriodKind.YEARLY: MONTHS_A_YEAR}


@dataclass(frozen=True)
class Calendar:
    """The periods of one kind under one anchor; number 0 begins at the anchor."""

    anchor: datetime
    """The instant at which billing began, in UTC."""
    zone: ZoneInfo
    kind: PeriodKind

    def boundary(self, number: int) -> datetime:
        """Where a period begins and the one before it ends, in UTC. Raises OverflowError beyond year 9999."""
        return _boundary(self.anchor, self.zone, self.kind, number)

    def period(self, number: int) -> Span:
        return Span(self.boundary(number), self.boundary(number + 1))

    def number_at(self, instant: datetime) -> int:
        """Number of the period that an instant lies in; negative before the anchor."""
        number = self._estimate(instant)
        while self.boundary(number) > instant:
            number -= 1
        while self.boundary(number + 1) <= instant:
            number += 1
        return number

    def at(self, instant: datetime) -> Span:
        """The period that an instant lies in."""
        return self.period(self.number_at(instant))

    def periods(self, number: int) -> Iterator[Span]:
        """The period of a number and all after it, without end."""
        begin = self.boundary(number)
        for following in count(number + 1):
            end = self.boundary(following)
            yield Span(begin, end)
            begin = end

    def _estimate(self, instant: datetime) -> int:
        """At most one off, whatever the zone did in between."""
        first = self.anchor.astimezone(self.zone).replace(tzinfo=None)
        there = instant.astimezone(self.zone).replace(tzinfo=None)
        if self.kind is PeriodKind.WEEKLY:
            return (there - first) // WEEK
        return ((there.year - first.year) * MONTHS_A_YEAR + there.month - first.month) // MONTHS[self.kind]


@lru_cache(maxsize=1024)
def _boundary(anchor: datetime, zone: ZoneInfo, kind: PeriodKind, number: int) -> datetime:
    """Kept in mind: rating one account asks for the same few some thirty times."""
    local = anchor.astimezone(zone)
    return _instant(_later(local.replace(tzinfo=None), kind, number), zone, local.fold)


def _later(wall: datetime, kind: PeriodKind, number: int) -> datetime:
    if kind is PeriodKind.WEEKLY:
        return wall + number * WEEK
    year, month = divmod(wall.year * MONTHS_A_YEAR + wall.month - 1 + number * MONTHS[kind], MONTHS_A_YEAR)
    if not MINYEAR <= year <= MAXYEAR:
        raise OverflowError(f"year {year} is beyond the calendar")
    last = calendar.monthrange(year, month + 1)[1]
    return wall.replace(year=year, month=month + 1, day=min(wall.day, last))


def _instant(wall: datetime, zone: ZoneInfo, fold: int) -> datetime:
    instant = wall.replace(tzinfo=zone, fold=fold).astimezone(UTC)
    if fold and instant.astimezone(zone).replace(tzinfo=None) != wall:
        # In a gap the second reading is the earlier instant: boundaries would not be an hour late but early.
        return wall.replace(tzinfo=zone).astimezone(UTC)
    return instant
