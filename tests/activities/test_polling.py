"""How polls are spaced."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from activities.polling import LONGEST_SECONDS, SHORTEST_SECONDS, spacing

SECONDS = st.floats(min_value=0, max_value=100_000)


@pytest.mark.parametrize(
    ("expected", "elapsed", "delay"),
    [
        (0, 0, 0.05),  # stand-ins without delays
        (5, 0, 2.5),  # half of the usual time
        (5, 2.5, 0.15),  # then 3 % of it
        (5, 60, 0.15),
        (40, 0, 20),
        (480, 0, 30),  # at the latest after 30 s
        (480, 10, 20),
        (480, 30, 14.4),
        (3600, 30, 30),  # and never less often than every 30 s
    ],
)
def test_the_first_look_is_at_half_time_and_the_next_at_three_percent(
    expected: float, elapsed: float, delay: float
) -> None:
    """The spacing follows the usual duration, between 50 ms and 30 s."""
    assert spacing(expected, elapsed) == timedelta(seconds=delay)


@given(expected=SECONDS, elapsed=SECONDS)
def test_spacing_stays_in_its_bounds(expected: float, elapsed: float) -> None:
    """Whatever is expected, the next look is neither at once nor later than 30 s."""
    seconds = spacing(expected, elapsed).total_seconds()
    assert SHORTEST_SECONDS <= seconds <= LONGEST_SECONDS
