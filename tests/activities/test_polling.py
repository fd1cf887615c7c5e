"""How polls are spaced."""

from datetime import timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from activities.polling import LONGEST_SECONDS, SHORTEST_SECONDS, spacing

SECONDS = st.floats(min_value=0, max_value=100_000)
SHARE = st.floats(min_value=0.01, max_value=0.2)


def moments(expected: float, taken: float, share: float = 0.03) -> list[float]:
    """When a thing that takes so long is looked at, in seconds."""
    found = [0.0]
    while found[-1] < taken:
        found.append(found[-1] + spacing(expected, found[-1], share).total_seconds())
    return found


@pytest.mark.parametrize(
    ("expected", "elapsed", "delay"),
    [
        (0, 0, 0.05),  # stand-ins without delays
        (5, 0, 2.5),  # half of the usual time
        (5, 2.5, 0.15),  # then 3 % of it
        (5, 60, 0.15),
        (40, 0, 20),
        (60, 0, 30),
        (60, 30, 1.8),
        (480, 0, 30),  # one look after 30 s
        (480, 10, 20),
        (480, 30, 210),  # the next at half time
        (480, 235, 14.4),
        (480, 240, 14.4),
        (3600, 30, 1770),
        (3600, 1800, 30),  # and from there never less often than every 30 s
    ],
)
def test_looks_come_early_once_then_at_half_time_and_then_at_three_percent(
    expected: float, elapsed: float, delay: float
) -> None:
    """The spacing follows the usual duration."""
    assert spacing(expected, elapsed) == timedelta(seconds=delay)


def test_a_share_spaces_the_looks_after_half_time() -> None:
    """Whoever may ask less often says so; the first looks stay where they are."""
    assert moments(60, 60, 0.1) == [0, 30, 36, 42, 48, 54, 60]


def test_a_database_of_eight_minutes_is_looked_at_twenty_times() -> None:
    """Each look is a Temporal Action."""
    assert len(moments(480, 480)) == 20


@given(expected=SECONDS, elapsed=SECONDS, share=SHARE)
def test_spacing_stays_in_its_bounds(expected: float, elapsed: float, share: float) -> None:
    """Nothing is looked at again at once, and nothing less often than every 30 s from half time on."""
    seconds = spacing(expected, elapsed, share).total_seconds()
    assert seconds >= SHORTEST_SECONDS
    assert seconds <= max(LONGEST_SECONDS, expected / 2 - elapsed + 1e-6)


@given(expected=SECONDS)
def test_there_is_a_look_in_the_first_thirty_seconds(expected: float) -> None:
    """What fails at once is told soon, however long it usually takes."""
    assert 0 < moments(expected, 0.01)[1] <= LONGEST_SECONDS


@given(expected=st.floats(min_value=2, max_value=2_000), share=SHARE)
def test_nobody_waits_much_longer_than_the_thing_takes(expected: float, share: float) -> None:
    """From half of the usual time on, two looks are a share of it apart."""
    looks = [moment for moment in moments(expected, expected, share) if moment >= expected / 2]
    longest = max(expected * share, SHORTEST_SECONDS)
    assert all(later - one <= longest + 1e-3 for one, later in pairwise(looks))
