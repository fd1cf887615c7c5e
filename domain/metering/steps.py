"""Spans of time cut into steps as charts show them: hours, or days, weeks and months of a time zone."""

from collections.abc import Iterator
from datetime import UTC, datetime, time, timedelta
from enum import StrEnum
from itertools import pairwise
from zoneinfo import ZoneInfo

from domain.billing.spans import Span
from domain.metering.hours import HOUR, hour_of, month_after

DAY = timedelta(days=1)


class Step(StrEnum):
    HOUR = "hour"
    DAY = "day"
    WEEK = "week"
    """From Monday on."""
    MONTH = "month"


def steps(span: Span, step: Step, zone: ZoneInfo) -> list[Span]:
    """The span in order, cut wherever a step begins on the zone's clocks; first and last may be shorter."""
    edges = [span.begin, *_begins(span, step, zone), span.end]
    return [Span(*edge) for edge in pairwise(edges)]


def _begins(span: Span, step: Step, zone: ZoneInfo) -> Iterator[datetime]:
    """Those inside the span."""
    if step is Step.HOUR:
        begin = hour_of(span.begin) + HOUR
        while begin < span.end:
            yield begin
            begin += HOUR
        return
    wall = datetime.combine(span.begin.astimezone(zone), time())
    while (begin := wall.replace(tzinfo=zone).astimezone(UTC)) < span.end:
        if begin > span.begin:
            yield begin
        wall = _next(wall, step)


def _next(wall: datetime, step: Step) -> datetime:
    if step is Step.DAY:
        return wall + DAY
    if step is Step.WEEK:
        return wall + (7 - wall.weekday()) * DAY
    return month_after(wall.replace(tzinfo=UTC)).replace(tzinfo=None)
