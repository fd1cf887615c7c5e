"""Live progress in a terminal; plain lines elsewhere."""

import sys
import time
from collections.abc import Callable
from types import TracebackType
from typing import Self

from rich.console import Console, Group, RenderableType
from rich.live import Live
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)
from rich.text import Text

from tests.chaos.play import Result

PLAIN_EVERY_SECONDS = 15
SHOWN_FAILURES = 5
UnderWay = Callable[[], list[tuple[str, float]]]


def command(case: str) -> str:
    """Runs one case alone."""
    return f"make chaos CASE={case}"


def failure(result: Result) -> list[str]:
    """What is wrong, and how to see it again."""
    return [
        f"FAILED {result.case}",
        *(f"  {problem}" for problem in result.problems),
        f"  {command(result.case)}",
    ]


class Display:
    """Shows results as they come."""

    def __init__(self, total: int, known: int, under_way: UnderWay) -> None:
        self._console = Console(stderr=True)
        self._under_way = under_way
        self._failed: list[Result] = []
        self._done, self._total = known, total
        self._said = time.monotonic()
        self._progress = Progress(
            TextColumn("chaos"),
            BarColumn(),
            MofNCompleteColumn(),
            TimeElapsedColumn(),
            TextColumn("left"),
            TimeRemainingColumn(),
            console=self._console,
        )
        self._task = self._progress.add_task("cases", total=total, completed=known)
        self._live = Live(self._view(), console=self._console, refresh_per_second=4)

    def __enter__(self) -> Self:
        if self._console.is_terminal:
            self._live.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._console.is_terminal:
            self._live.stop()

    def show(self, result: Result | None) -> None:
        """One more result, or none in the last second."""
        if result is not None:
            self._done += 1
            self._progress.advance(self._task)
            if not result.well:
                self._failed.append(result)
                self._console.print("\n".join(failure(result)), markup=False, highlight=False, soft_wrap=True)
        if self._console.is_terminal:
            self._live.update(self._view())
        elif time.monotonic() - self._said > PLAIN_EVERY_SECONDS:
            self._said = time.monotonic()
            sys.stderr.write(f"{self._done} of {self._total} played, {len(self._failed)} failed\n")
            sys.stderr.flush()

    def _view(self) -> RenderableType:
        playing = [Text(f"  {case}  {seconds:.0f} s", style="dim") for case, seconds in self._under_way()]
        failed = Text(f"{len(self._failed)} failed", style="red" if self._failed else "green")
        return Group(self._progress, failed, *playing)
