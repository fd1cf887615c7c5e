"""Plays cases on several lanes at once and tells what became of each."""

import multiprocessing
import time
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass
from multiprocessing.connection import Connection, wait
from multiprocessing.context import SpawnProcess
from pathlib import Path

from tests.chaos import lane
from tests.chaos.play import Result

LANES_PER_CORE = 3
"""A case mostly waits: for the pause before a retry, for a server to come back."""
LONGEST_CASE_SECONDS = 300
MOST_BROKEN = 10
"""Grounds that may fail to come up in one run."""


@dataclass
class _Lane:
    process: SpawnProcess
    orders: Connection
    case: str | None = None
    since: float = 0.0


class Crew:
    """Use as a context manager: at its end nothing of it runs any more."""

    def __init__(self, lanes: int, home: Path) -> None:
        self._context = multiprocessing.get_context("spawn")
        self._home = home
        self._left: deque[str] = deque()
        self._broken = 0
        self._wanted = lanes
        self._lanes: list[_Lane] = []

    def __enter__(self) -> "Crew":
        try:
            for _ in range(self._wanted):
                self._lanes.append(self._hire())
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_exception: object) -> None:
        for one in self._lanes:
            # Its servers die with it.
            one.process.kill()
            one.process.join()

    @property
    def under_way(self) -> list[tuple[str, float]]:
        """Cases that are being played, and since how many seconds."""
        now = time.monotonic()
        return [(one.case, now - one.since) for one in self._lanes if one.case]

    def play(self, cases: list[str]) -> Iterator[Result | None]:
        """Results as they come; None every second in which nothing came."""
        self._left = deque(cases)
        while self._left or any(one.case for one in self._lanes):
            for one in self._lanes:
                if one.case is None and self._left:
                    one.case, one.since = self._left.popleft(), time.monotonic()
                    one.orders.send(one.case)
            heard = wait([one.orders for one in self._lanes if one.case], timeout=1)
            for one in [one for one in self._lanes if one.orders in heard]:
                if result := self._hear(one):
                    yield result
            yield from self._overdue()
            if not heard:
                yield None

    def _hear(self, one: _Lane) -> Result | None:
        case, one.case = str(one.case), None
        try:
            told: Result | str = one.orders.recv()
        except EOFError:
            told = "its process died"
        if isinstance(told, Result):
            return told
        self._replace(one)
        self._broken += 1
        if self._broken > MOST_BROKEN:
            return Result(case, [f"the ground broke: {told}"])
        # The machine may have been too busy to start servers in time; that says nothing about the case.
        self._left.append(case)
        return None

    def _overdue(self) -> Iterator[Result]:
        for one in list(self._lanes):
            if one.case and time.monotonic() - one.since > LONGEST_CASE_SECONDS:
                case = one.case
                self._replace(one)
                yield Result(case, [f"not over after {LONGEST_CASE_SECONDS} s"])

    def _replace(self, one: _Lane) -> None:
        one.process.kill()
        one.process.join()
        self._lanes[self._lanes.index(one)] = self._hire()

    def _hire(self) -> _Lane:
        ours, theirs = self._context.Pipe()
        process = self._context.Process(target=lane.main, args=(theirs, self._home))
        process.start()
        theirs.close()
        return _Lane(process, ours)
