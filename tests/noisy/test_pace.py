"""How fast a provider is called once it has asked to slow down."""

from collections.abc import Callable
from contextvars import Context
from datetime import timedelta
from typing import TypeVar

import pytest

from activities.pace import Pace, growing, spread
from domain.errors import Throttled

Result = TypeVar("Result")


class Time:
    """A clock whose sleeps take no time."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.now += seconds


@pytest.fixture
def time() -> Time:
    return Time()


def attempt(action: Callable[[], Result]) -> Result:
    """Runs in a context of its own, as an attempt of an activity does."""
    return Context().run(action)


def calls_in(seconds: float, subject: Pace, time: Time, *, refused: bool = False) -> int:
    """How many calls a busy caller gets through in that time."""
    end, count = time.now + seconds, 0
    while time.now < end:
        try:
            attempt(subject.await_turn)
        except Throttled:
            time.sleep(0.1)
            continue
        count += 1
        if refused:
            subject.slow_down()
        time.sleep(0.02)
    return count


def test_without_a_refusal_nothing_waits(time: Time) -> None:
    """A provider that has never asked to slow down is called as fast as there is work."""
    subject = Pace("it", time, time.sleep)
    began = time.now
    for _ in range(500):
        attempt(subject.await_turn)
    assert time.now == began


def test_calls_fall_while_everything_is_refused(time: Time) -> None:
    """Each second of refusals halves the calls, down to one a second."""
    subject = Pace("it", time, time.sleep)
    before = calls_in(1, subject, time)
    seconds = [calls_in(1, subject, time, refused=True) for _ in range(10)]
    assert before >= 40
    assert seconds[2] < before / 2
    assert sum(seconds[-3:]) <= 6


def test_the_pace_recovers(time: Time) -> None:
    """Once nothing is refused any more, calls double every two seconds, and after a minute nothing waits."""
    subject = Pace("it", time, time.sleep)
    calls_in(1, subject, time)
    calls_in(10, subject, time, refused=True)
    assert calls_in(2, subject, time) < calls_in(2, subject, time) < calls_in(2, subject, time)
    time.sleep(60)
    assert calls_in(1, subject, time) >= 40


def test_what_is_sent_away_comes_back_one_by_one(time: Time) -> None:
    """Attempts that meet at once and cannot have a turn now are given different moments to come back."""
    subject = Pace("it", time, lambda _seconds: None)
    subject.slow_down()
    delays = set()
    for _ in range(20):
        try:
            attempt(subject.await_turn)
        except Throttled as error:
            delays.add(error.retry_after)
    assert len(delays) >= 15
    assert None not in delays


def test_an_attempt_that_has_begun_is_not_sent_away_for_a_short_wait(time: Time) -> None:
    """The second call of an attempt waits longer than the first would, or the first was for nothing."""
    subject = Pace("it", time, time.sleep)
    subject.slow_down()

    def three_calls() -> None:
        for _ in range(3):
            subject.await_turn()

    attempt(three_calls)
    assert time.now > 1001


def test_delays_grow_and_differ() -> None:
    """A throttled activity waits 1, 2, 4 s and so on to half a minute, each up to half as much again."""
    assert [growing(n).total_seconds() for n in (1, 2, 3, 6, 40)] == [1, 2, 4, 30, 30]
    spreads = {spread(timedelta(seconds=10)).total_seconds() for _ in range(20)}
    assert len(spreads) > 10
    assert all(10 <= seconds <= 15 for seconds in spreads)
