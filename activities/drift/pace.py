"""How fast a scan may go: calls that nobody waits for must not take the place of those that somebody does."""

import time
from collections.abc import Callable
from threading import Lock


class Pace:
    """At most so many a minute, evenly. Safe for threads."""

    def __init__(self, per_minute: float, clock: Callable[[], float] = time.monotonic) -> None:
        self._gap = 60.0 / per_minute
        self._clock = clock
        self._lock = Lock()
        self._next = 0.0

    def turn(self) -> float:
        """Seconds to wait until one's turn, which is taken with the call."""
        with self._lock:
            now = self._clock()
            turn = max(now, self._next)
            self._next = turn + self._gap
            return turn - now
