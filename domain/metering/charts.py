"""What a chart of usage covers: whole steps in UTC, up to now."""

import re
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from domain.billing.spans import Span
from domain.metering.hours import day_of, hour_of, month_after, month_of
from domain.metering.steps import DAY, Step, steps

MOST_POINTS = 1_000
"""Of one line."""
SHORTEST = {Step.HOUR: timedelta(hours=1), Step.DAY: DAY, Step.MONTH: timedelta(days=28)}
USUAL = {Step.HOUR: timedelta(days=2), Step.DAY: timedelta(days=30), Step.MONTH: timedelta(days=365)}
"""How far back it goes where nothing is said."""
FIRST_YEAR = 2000
_UTC = ZoneInfo("UTC")
_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")


class NoChart(ValueError):
    """`field` is what is wrong; the message says how, and what would be right."""

    def __init__(self, field: str, message: str) -> None:
        self.field = field
        super().__init__(message)


def chart_spans(
    step: Step,
    begin: datetime | None,
    end: datetime | None,
    now: datetime,
    *,
    first: datetime | None = None,
) -> list[Span]:
    """The steps that touch [begin, end), each whole but the last, which ends now at the latest.

    Where no begin is given, none of before `first` is shown, when there was nothing to be counted.

    Raises NoChart.
    """
    end = min(end or now, now)
    begin = _step_of(begin or _usual(step, end, first), step)
    if begin >= end:
        raise NoChart("from", f"must be before the end, {end:%Y-%m-%dT%H:%M:%SZ}, which is at most now")
    if end - begin > SHORTEST[step] * MOST_POINTS:
        raise NoChart("from", f"gives more than {MOST_POINTS} points: begin later or take a longer step")
    return steps(Span(begin, min(_end_of_step(end, step), now)), step, _UTC)


def _usual(step: Step, end: datetime, first: datetime | None) -> datetime:
    begin = end - USUAL[step]
    # An end of before the first instant shows the usual span, which is empty, and is no mistake.
    return max(begin, first) if first and first < end else begin


def _step_of(instant: datetime, step: Step) -> datetime:
    """Begin of the step that an instant lies in."""
    match step:
        case Step.HOUR:
            return hour_of(instant)
        case Step.MONTH:
            return month_of(instant)
        case _:
            return day_of(instant)


def _end_of_step(instant: datetime, step: Step) -> datetime:
    begin = _step_of(instant, step)
    if begin == instant:
        return instant
    return month_after(begin) if step is Step.MONTH else begin + SHORTEST[step]


def instant_of(text: str) -> datetime:
    """Of '2026-01-31', which is its midnight in UTC, or of an instant with its zone. Raises ValueError."""
    try:
        given = datetime.fromisoformat(f"{text}T00:00:00Z" if _DATE.fullmatch(text) else text)
        found = given.astimezone(UTC) if given.tzinfo else None
    except (ValueError, OverflowError):
        found = None
    if found is None:
        raise ValueError("write a day, such as 2026-01-31, or an instant such as 2026-01-31T10:00:00Z")
    if found.year < FIRST_YEAR:
        raise ValueError(f"is before {FIRST_YEAR}, when nothing was counted")
    return found
