"""How fast a provider may be called: without limit, until it asks to slow down."""

import random
import time
from collections import deque
from collections.abc import Callable
from contextvars import ContextVar
from datetime import timedelta
from threading import Lock

from domain.errors import Throttled

SLOWEST = 1.0
"""Calls a second that are always allowed, or nothing would ever notice that the provider has recovered."""
PATIENCE_SECONDS = 1.0
"""How long an attempt's first call waits for its turn with a slot taken; beyond, it is for a later try."""
MIDWAY_SECONDS = 8.0
"""The same for the further calls: what an attempt has asked for already would have to be asked again."""
LONGEST_SECONDS = 30.0
DOUBLING_SECONDS = 2.0
"""How fast the pace recovers: at this one a provider with a steady limit refuses every other second."""
FORGOTTEN_SECONDS = 60.0
ONE_REFUSAL_SECONDS = 1.0
"""Refusals within this time answer calls that were on their way together, and slow down once."""


_midway: ContextVar[bool] = ContextVar("midway", default=False)
"""Whether this attempt has called before: each attempt runs in a context of its own."""


class Pace:
    """The pace of one service as one process calls it. Safe for threads.

    Each refusal halves the pace that was reached, and from then on it doubles every two seconds.
    """

    def __init__(
        self,
        name: str,
        now: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._name = name
        self._now = now
        self._sleep = sleep
        self._lock = Lock()
        self._begun: deque[float] = deque(maxlen=1000)
        self._slowed_at: float | None = None
        self._slowed_to = 0.0
        self._turn = self._later = 0.0

    def await_turn(self) -> None:
        """Before each call. Raises Throttled, with the delay, when its turn is not soon."""
        with self._lock:
            wait = self._take_turn(self._now())
        _midway.set(True)
        if wait:
            self._sleep(wait)

    def slow_down(self) -> None:
        """After an answer that asks for it."""
        with self._lock:
            now = self._now()
            if self._slowed_at is not None and now - self._slowed_at < ONE_REFUSAL_SECONDS:
                return
            reached = sum(now - begun < 1 for begun in self._begun)
            present = self._allowed(now)
            self._slowed_to = max(min(reached, present or reached) / 2, SLOWEST)
            self._slowed_at = now

    def _take_turn(self, now: float) -> float:
        allowed = self._allowed(now)
        if allowed is None:
            self._begun.append(now)
            return 0.0
        turn = max(self._turn, now)
        if turn - now > (MIDWAY_SECONDS if _midway.get() else PATIENCE_SECONDS):
            # Each that is sent away gets a later moment, so that they do not all come back at once.
            self._later = max(self._later, turn) + 1 / allowed
            delay = min(self._later - now, LONGEST_SECONDS)
            raise Throttled(
                f"{self._name} asked to slow down; this call is left to another try",
                retry_after=timedelta(seconds=delay),
            )
        self._turn = turn + 1 / allowed
        self._begun.append(turn)
        return turn - now

    def _allowed(self, now: float) -> float | None:
        """Calls a second; None is no limit."""
        if self._slowed_at is None or now - self._slowed_at > FORGOTTEN_SECONDS:
            return None
        return float(self._slowed_to * 2 ** ((now - self._slowed_at) / DOUBLING_SECONDS))


def spread(delay: timedelta) -> timedelta:
    """The delay and up to half as much again: those that were refused together come back one by one."""
    return delay * random.uniform(1, 1.5)  # noqa: S311 - nothing secret about it


def growing(attempt: int) -> timedelta:
    """After the attempt of that number was throttled: a second, two, four, and so on, to half a minute."""
    return timedelta(seconds=min(2.0 ** (min(attempt, 10) - 1), LONGEST_SECONDS))
