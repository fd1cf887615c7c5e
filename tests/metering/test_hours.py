"""Spans taken apart into whole hours and the rest, and into steps of a chart."""

from datetime import UTC, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

from hypothesis import given
from hypothesis import strategies as st

from domain.billing.spans import Span, joined, micros
from domain.metering.hours import DAY, HOUR, kept_since, masks, month_of, months, pieces
from domain.metering.steps import Step, steps

BEGIN = datetime(2026, 2, 27, tzinfo=UTC)
instants = st.one_of(
    st.integers(0, 5 * 86_400 * 10**6).map(lambda number: BEGIN + timedelta(microseconds=number)),
    st.integers(0, 120).map(lambda number: BEGIN + number * HOUR),
)
spans = st.tuples(instants, instants).filter(lambda two: two[0] != two[1]).map(lambda two: Span(*sorted(two)))
hours = st.sets(st.integers(0, 120).map(lambda number: BEGIN + number * HOUR), max_size=6)


@given(spans, hours)
def test_pieces_are_the_whole_span_once(span: Span, unsure: set[datetime]) -> None:
    """Both kinds together are the span, without overlap; whole ones are full hours, all of them sure."""
    found = pieces(span, unsure)
    assert joined(sorted([*found.whole, *found.single])) == (span,)
    assert micros([*found.whole, *found.single]) == span.micros
    for whole in found.whole:
        assert (whole.begin - BEGIN) % HOUR == (whole.end - BEGIN) % HOUR == timedelta()
        assert not [hour for hour in unsure if hour in whole]


@given(spans, hours)
def test_whole_hours_are_days_as_far_as_can_be(span: Span, unsure: set[datetime]) -> None:
    """Days and hours together are the whole hours, once; beside days, less than two of hours are left."""
    found = pieces(span, unsure)
    parts = sorted([*found.days, *found.hours])
    assert joined(parts) == found.whole
    assert all((days.begin - BEGIN) % DAY == (days.end - BEGIN) % DAY == timedelta() for days in found.days)
    assert all(
        micros([one for one in found.hours if one.common(whole)]) < 2 * DAY / timedelta(microseconds=1)
        for whole in found.whole
    )


@given(spans)
def test_single_pieces_are_less_than_two_hours(span: Span) -> None:
    """However long a span is, events are read of the hours that it cuts and of no others."""
    assert micros(pieces(span).single) < 2 * HOUR / timedelta(microseconds=1)


@given(spans)
def test_a_mask_has_a_bit_for_each_whole_hour(span: Span) -> None:
    """Bits stand where their hour is in its month, also over the end of one."""
    whole = pieces(span).whole
    found = {
        month + place * HOUR
        for month, mask in masks(whole).items()
        for place, bit in enumerate(mask)
        if bit == "1"
    }
    assert found == {part.begin + n * HOUR for part in whole for n in range((part.end - part.begin) // HOUR)}
    assert all(len(mask) == 744 for mask in masks(whole).values())


def test_months() -> None:
    """The months of two instants and all between; over the end of a year, too."""
    first, last = datetime(2025, 11, 30, 23, tzinfo=UTC), datetime(2026, 1, 1, tzinfo=UTC)
    assert [f"{month:%Y-%m-%d}" for month in months(first, last)] == [
        "2025-11-01",
        "2025-12-01",
        "2026-01-01",
    ]


@given(instants)
def test_events_are_kept_for_400_days_from_when_they_were_received(received: datetime) -> None:
    """An event that came 35 days late is still there 400 days later."""
    happened = received - timedelta(days=35)
    assert kept_since(received + timedelta(days=400)) <= month_of(happened)


@given(spans, st.sampled_from(Step), st.sampled_from(["UTC", "Europe/Paris", "America/St_Johns"]))
def test_steps_are_the_span_in_order(span: Span, step: Step, zone: str) -> None:
    """Steps touch, and each but the first begins where the zone's clocks begin one."""
    found = steps(span, step, ZoneInfo(zone))
    assert [found[0].begin, found[-1].end] == [span.begin, span.end]
    assert all(one.end == other.begin for one, other in pairwise(found))
    for one in found[1:]:
        wall = one.begin.astimezone(ZoneInfo(zone))
        assert step is Step.HOUR or (wall.hour, wall.minute) == (0, 0)
        assert step is not Step.WEEK or wall.weekday() == 0
        assert step is not Step.MONTH or wall.day == 1


def test_a_day_on_which_clocks_change_is_one_step() -> None:
    """Paris loses an hour on 2026-03-29: that day has 23."""
    span = Span(datetime(2026, 3, 27, 23, tzinfo=UTC), datetime(2026, 3, 30, 22, tzinfo=UTC))
    lengths = [(one.end - one.begin) // HOUR for one in steps(span, Step.DAY, ZoneInfo("Europe/Paris"))]
    assert lengths == [24, 23, 24]
