"""Charts: whole steps that touch, up to now."""

from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.metering.charts import MOST_POINTS, NoChart, chart_spans
from domain.metering.steps import Step

NOW = datetime(2026, 3, 15, 12, 30, tzinfo=UTC)
STEPS = st.sampled_from([Step.HOUR, Step.DAY, Step.MONTH])
INSTANTS = st.integers(-1_000_000, 1_000_000).map(lambda minutes: NOW + timedelta(minutes=minutes))


@given(STEPS, INSTANTS, INSTANTS)
def test_steps_are_whole_and_touch(step: Step, begin: datetime, end: datetime) -> None:
    """They cover what was asked for, nothing that is to come, and no more points than are drawn."""
    try:
        spans = chart_spans(step, begin, end, NOW)
    except NoChart:
        assert begin >= min(end, NOW) or min(end, NOW) - begin > timedelta(days=MOST_POINTS / 25)
        return
    assert 0 < len(spans) <= MOST_POINTS + 2
    assert all(one.end == other.begin for one, other in pairwise(spans))
    assert all(span.begin < span.end for span in spans)
    assert spans[0].begin <= begin
    assert min(end, NOW) <= spans[-1].end <= NOW
    for edge in [span.begin for span in spans] + [spans[-1].end]:
        assert edge == NOW or (edge.minute, edge.second, edge.microsecond) == (0, 0, 0)
        assert edge == NOW or step is Step.HOUR or edge.hour == 0
        assert edge == NOW or step is not Step.MONTH or edge.day == 1


@pytest.mark.parametrize(("step", "count"), [(Step.HOUR, 49), (Step.DAY, 31), (Step.MONTH, 13)])
def test_what_is_usual(step: Step, count: int) -> None:
    """Without more: two days by hour, thirty days by day, a year by month; the present step is the last."""
    spans = chart_spans(step, None, None, NOW)
    assert (len(spans), spans[-1].end) == (count, NOW)


def test_a_young_tenant_shows_no_time_before_it_came() -> None:
    """Unless it is asked for; an end of before it shows what is usual."""
    came = NOW - timedelta(days=3, minutes=5)
    midnight = NOW.replace(hour=0, minute=0)
    assert chart_spans(Step.DAY, None, None, NOW, first=came)[0].begin == midnight - timedelta(days=3)
    assert len(chart_spans(Step.DAY, None, None, NOW, first=NOW - timedelta(minutes=5))) == 1
    assert len(chart_spans(Step.DAY, midnight - timedelta(days=9), None, NOW, first=came)) == 10
    assert len(chart_spans(Step.DAY, None, came - timedelta(days=1), NOW, first=came)) == 31
    assert len(chart_spans(Step.DAY, None, None, NOW, first=NOW - timedelta(days=400))) == 31
