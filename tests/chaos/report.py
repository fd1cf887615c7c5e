"""The closing table: fault by workflow, on the screen and in docs/chaos.md."""

import statistics
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from runtime.settings import ROOT
from tests.chaos.faults import FAULTS
from tests.chaos.lives import LIVES
from tests.chaos.matrix import CASE
from tests.chaos.play import Result

PAGE = ROOT / "docs" / "chaos.md"
BEGIN, END = "<!-- made by `make chaos`: begin -->", "<!-- made by `make chaos`: end -->"


@dataclass(frozen=True)
class Row:
    """One line of the table: cells of '<converged>/<runs>', then the sums."""

    title: str
    cells: tuple[str, ...]
    sums: tuple[str, ...]


HEADS = (
    "fault",
    *(life.name for life in LIVES),
    "runs",
    "converged",
    "orphans",
    "duplicates",
    "median s",
    "longest s",
)


def table(results: Sequence[Result]) -> list[Row]:
    rows = [_row(fault.title, [r for r in results if CASE[r.case].fault is fault]) for fault in FAULTS]
    return [*(row for row in rows if row.sums[0] != "0"), _row("all", results)]


def _row(title: str, results: Sequence[Result]) -> Row:
    cells = [_cell([r for r in results if CASE[r.case].life is life]) for life in LIVES]
    seconds = sorted(r.seconds for r in results) or [0.0]
    return Row(
        title,
        tuple(cells),
        (
            str(len(results)),
            str(sum(r.well for r in results)),
            str(sum(r.orphans for r in results)),
            str(sum(r.duplicates for r in results)),
            f"{statistics.median(seconds):.1f}",
            f"{seconds[-1]:.1f}",
        ),
    )


def _cell(results: Sequence[Result]) -> str:
    if not results:
        return ""
    median = statistics.median(r.seconds for r in results)
    return f"{sum(r.well for r in results)}/{len(results)} {median:.1f} s"


def as_markdown(rows: Iterable[Row]) -> str:
    lines = [f"| {' | '.join(HEADS)} |", f"| --- |{' ---: |' * (len(HEADS) - 1)}"]
    lines += [f"| {' | '.join((row.title, *row.cells, *row.sums))} |" for row in rows]
    return "\n".join(lines)


def write_page(results: Sequence[Result], page: Path = PAGE) -> None:
    """Puts the table between its marks; all else on the page is written by people."""
    text = page.read_text()
    head, rest = text.split(BEGIN)
    _, tail = rest.split(END)
    page.write_text(f"{head}{BEGIN}\n\n{as_markdown(table(results))}\n\n{END}{tail}")
