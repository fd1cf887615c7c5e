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


class CrewError(Exception):
    """A lane could not be kept running."""


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
        self._lanes = [self._hire() for _ in range(lanes)]

    def __enter__(self) -> "Crew":
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
        left = deque(cases)
        while left or any(one.case for one in self._lanes):
            for one in self._lanes:
                if one.case is None and left:
                    one.case, one.since = left.popleft(), time.monotonic()
                    one.orders.send(one.case)
            heard = wait([one.orders for one in self._lanes if one.case], timeout=1)
            for one in [one for one in self._lanes if one.orders in heard]:
                yield self._hear(one)
            yield from self._overdue()
            if not heard:
                yield None

    def _hear(self, one: _Lane) -> Result:
        case, one.case = str(one.case), None
        try:
            told: Result | str = one.orders.recv()
        except EOFError:
            told = "its process died"
        if isinstance(told, Result):
            return told
        self._replace(one)
        return Result(case, [f"the ground broke: {told}"])

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
