"""Periods: half-open, touching, counted from one anchor in every time zone."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo, available_timezones

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.billing.periods import Calendar, PeriodKind

UTC_ZONE = ZoneInfo("UTC")
ZONES = sorted(available_timezones())
SECOND = timedelta(seconds=1)

zones = st.sampled_from(ZONES).map(ZoneInfo)
kinds = st.sampled_from(list(PeriodKind))
instants = st.datetimes(datetime(1971, 1, 1), datetime(2099, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001 - bounds
calendars = st.builds(Calendar, anchor=instants, zone=zones, kind=kinds)


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def calendar(anchor: str, kind: PeriodKind = PeriodKind.MONTHLY, zone: str = "UTC") -> Calendar:
    return Calendar(utc(anchor), ZoneInfo(zone), kind)


def test_case_1_month_ends_clamp_and_never_drift() -> None:
    """Anchored on Jan 31, periods start 01-31, 02-29, 03-31, 04-30."""
    found = calendar("2024-01-31")
    assert [f"{found.boundary(number):%m-%d}" for number in range(4)] == ["01-31", "02-29", "03-31", "04-30"]


def test_case_2_a_leap_day_has_its_birthday_on_the_28th() -> None:
    """Yearly from 2024-02-29 period 1 ends where 2025-02-28 begins; noon of that day is in period 2."""
    found = calendar("2024-02-29", PeriodKind.YEARLY)
    assert found.period(0).end == utc("2025-02-28")
    assert found.number_at(utc("2025-02-28T12:00")) == 1
    assert found.boundary(4) == utc("2028-02-29")


def test_case_3_an_end_is_exclusive() -> None:
    """With anchor 2025-01-31T15:00 the instant 2025-09-30T15:00 begins [09-30T15:00, 10-31T15:00)."""
    found = calendar("2025-01-31T15:00").at(utc("2025-09-30T15:00"))
    assert (found.begin, found.end) == (utc("2025-09-30T15:00"), utc("2025-10-31T15:00"))


@pytest.mark.parametrize(
    ("kind", "boundaries"),
    [
        (PeriodKind.WEEKLY, ["2024-11-30", "2024-12-07", "2024-12-14"]),
        (PeriodKind.QUARTERLY, ["2024-11-30", "2025-02-28", "2025-05-30"]),
        (PeriodKind.YEARLY, ["2024-11-30", "2025-11-30", "2026-11-30"]),
    ],
)
def test_each_kind_counts_from_the_anchor(kind: PeriodKind, boundaries: list[str]) -> None:
    """Weeks, quarters and years keep the anchor's day where the month has it."""
    found = calendar("2024-11-30", kind)
    assert [f"{found.boundary(number):%Y-%m-%d}" for number in range(3)] == boundaries


@pytest.mark.parametrize(
    ("zone", "anchor", "number", "boundary"),
    [
        # 02:30 does not exist in Paris on 2024-03-31: read on the clock of before it is 03:30 there.
        ("Europe/Paris", "2024-01-31T01:30", 2, "2024-03-31T01:30"),
        # 02:30 exists twice in Paris on 2024-10-27: the first is in summer time.
        ("Europe/Paris", "2024-09-27T00:30", 1, "2024-10-27T00:30"),
        # An anchor that is itself the second 02:30 of two finds the second one again.
        ("Europe/Paris", "2024-10-27T01:30", 0, "2024-10-27T01:30"),
        # The same wall time in summer and winter is not the same time in UTC.
        ("America/Juneau", "2024-01-15T09:00", 6, "2024-07-15T08:00"),
        # Samoa had no 2011-12-30 at all.
        ("Pacific/Apia", "2011-10-30T22:00", 2, "2011-12-30T22:00"),
        # Lord Howe Island changes its clocks by half an hour.
        ("Australia/Lord_Howe", "2024-03-06T14:45", 1, "2024-04-06T14:45"),
    ],
)
def test_days_on_which_clocks_change(zone: str, anchor: str, number: int, boundary: str) -> None:
    """A wall time that does not exist, or exists twice, is one well-defined instant."""
    assert calendar(anchor, zone=zone).boundary(number) == utc(boundary)


@given(calendars, st.integers(-50, 600))
def test_periods_touch_and_never_overlap(found: Calendar, number: int) -> None:
    """In every time zone a period ends exactly where the next begins, and is longer than nothing."""
    one, other = found.period(number), found.period(number + 1)
    assert one.begin < one.end == other.begin < other.end


@given(calendars)
def test_the_anchor_begins_the_first_period(found: Calendar) -> None:
    """Also where the anchor is a wall time that exists twice."""
    assert found.boundary(0) == found.anchor


@given(calendars, instants)
def test_an_instant_lies_in_one_period(found: Calendar, instant: datetime) -> None:
    """The number that arithmetic finds is that of the period which holds the instant, at its edges too."""
    number = found.number_at(instant)
    period = found.period(number)
    assert instant in period
    assert found.number_at(period.begin) == number
    assert found.number_at(period.end - timedelta(microseconds=1)) == number
    assert found.number_at(period.end) == number + 1


@given(calendars, st.integers(0, 300))
def test_the_wall_time_stays(found: Calendar, number: int) -> None:
    """A boundary shows the anchor's wall time, but for an hour or so where that does not exist."""
    local = found.anchor.astimezone(found.zone).replace(tzinfo=None)
    there = found.boundary(number).astimezone(found.zone).replace(tzinfo=None)
    apart = abs(timedelta(hours=there.hour - local.hour, minutes=there.minute - local.minute))
    assert there.time() == local.time() or timedelta() < min(apart, timedelta(days=1) - apart) <= timedelta(
        hours=2
    )
