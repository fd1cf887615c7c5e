"""What storing an event costs, by the clock and in processor time."""

import time
from collections.abc import Callable
from dataclasses import dataclass

import psutil


@dataclass(frozen=True)
class Cost:
    """Of storing one event, in microseconds."""

    clock: float
    ours: float
    """Processor time of this process."""
    server: float
    """Processor time of the servers."""

    @property
    def processor(self) -> float:
        return self.ours + self.server

    def __str__(self) -> str:
        return (
            f"{1e6 / self.clock:7.0f}/s, {self.processor:5.1f} µs of processor"
            f" ({self.ours:.1f} here, {self.server:.1f} in servers)"
        )


class Meterman:
    """Takes the cost of calls."""

    def __init__(self, *servers: int) -> None:
        self._servers = [psutil.Process(pid) for pid in servers]

    def cost(self, events: int, call: Callable[[], object]) -> Cost:
        before = (time.perf_counter(), time.process_time(), self._spent())
        call()
        after = (time.perf_counter(), time.process_time(), self._spent())
        spent = [(end - begin) * 1e6 / events for begin, end in zip(before, after, strict=True)]
        return Cost(*spent)

    def _spent(self) -> float:
        served = [one for server in self._servers for one in (server, *server.children(recursive=True))]
        times = [one.cpu_times() for one in served]
        return sum(one.user + one.system for one in times)
