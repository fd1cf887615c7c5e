"""Calls of a search that nobody waits for: heartbeats, and a page that is throttled is asked for again."""

from collections.abc import Callable
from datetime import timedelta
from itertools import count
from typing import ParamSpec, TypeVar

from temporalio import activity

from activities.pace import growing, spread
from domain.errors import Throttled

Given = ParamSpec("Given")
Answer = TypeVar("Answer")

HEARTBEAT = timedelta(seconds=5)


def patiently(call: Callable[Given, Answer], *args: Given.args, **kwargs: Given.kwargs) -> Answer:
    """Its answer, however often it is throttled, until the activity's time is over.

    To give up the search for one page would ask for all the others again.
    """
    for attempt in count(1):
        activity.heartbeat()
        try:
            return call(*args, **kwargs)
        except Throttled as error:
            _pause(spread(error.retry_after or growing(attempt)))
    raise AssertionError("unreachable")


def _pause(left: timedelta) -> None:
    while left > timedelta():
        # An attempt that the server gave up learns of it here, and does not go on beside the next one.
        activity.wait_for_cancelled_sync(min(left, HEARTBEAT))
        left -= HEARTBEAT
        activity.heartbeat()
