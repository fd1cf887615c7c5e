"""One row per tenant: a live table on a terminal, a line per change elsewhere."""

import time
from dataclasses import dataclass, field
from threading import Lock
from types import TracebackType
from typing import Self

from rich.console import Console
from rich.live import Live
from rich.markup import escape
from rich.progress_bar import ProgressBar
from rich.table import Table
from rich.text import Text

from cli.following import current_step
from cli.output import styled
from client.models import OperationDetail

FRAMES_PER_SECOND = 8
BAR_WIDTH = 16


@dataclass
class Row:
    slug: str
    what: str = ""
    """Kind of the operation that is followed."""
    status: str = "pending"
    step: str = ""
    percent: float = 0
    began: float = field(default_factory=time.monotonic)
    ended: float | None = None

    @property
    def seconds(self) -> float:
        return (self.ended or time.monotonic()) - self.began


class Board:
    """Safe for threads. While it is open, print through `say`."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._rows: dict[str, Row] = {}
        self._lock = Lock()
        self._began = time.monotonic()
        self._live: Live | None = None

    def __enter__(self) -> Self:
        if self._console.is_terminal:
            self._live = Live(
                console=self._console,
                refresh_per_second=FRAMES_PER_SECOND,
                get_renderable=self._table,
            )
            self._live.start()
        return self

    def __exit__(
        self, _kind: type[BaseException] | None, _error: BaseException | None, _trace: TracebackType | None
    ) -> None:
        if self._live is not None:
            self._live.stop()

    def say(self, text: str) -> None:
        """A line above the table; rich markup."""
        self._console.print(text)

    def begin(self, slug: str, what: str) -> None:
        """From here on the row shows this operation."""
        with self._lock:
            self._rows[slug] = Row(slug, what)

    def show(self, view: OperationDetail) -> None:
        """The newest view of the operation that the row shows."""
        with self._lock:
            row = self._rows[view["slug"]]
            before = (row.status, row.step)
            row.what, row.status = view["kind"], view["status"]
            row.step, row.percent = current_step(view), view["percent"]
            if view.get("finished_at"):
                row.ended = row.ended or time.monotonic()
                row.step = view["error"]["message"] if view["error"] else ""
            changed = (row.status, row.step) != before
        if changed and self._live is None:
            self._line(row)

    def _line(self, row: Row) -> None:
        seconds = time.monotonic() - self._began
        told = (
            f"{seconds:6.1f} s  {row.slug:<7} {row.what:<9} {row.percent:3.0f} %  {row.status:<10} {row.step}"
        )
        self._console.print(escape(told.rstrip()))

    def _table(self) -> Table:
        shown = Table(box=None, header_style="bold", pad_edge=False, expand=True)
        for name in ("TENANT", "OPERATION", "STATUS"):
            shown.add_column(name, no_wrap=True)
        shown.add_column("", width=BAR_WIDTH)
        shown.add_column("SECONDS", justify="right")
        shown.add_column("STEP", ratio=1, overflow="fold")
        with self._lock:
            rows = sorted(self._rows.values(), key=lambda row: row.slug)
        for row in rows:
            bar = ProgressBar(total=100, completed=row.percent, width=BAR_WIDTH)
            # What runs stays on one line, so that rows do not jump; why something ended is told whole.
            step = Text(row.step, style="dim", no_wrap=row.ended is None, overflow="ellipsis")
            if row.ended is not None:
                step.overflow = "fold"
            shown.add_row(row.slug, row.what, styled(row.status), bar, f"{row.seconds:.1f}", step)
        return shown
