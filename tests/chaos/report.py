"""The closing tables: faults by workflow, and workflows; on the screen and in docs/chaos.md."""

import statistics
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from rich.table import Table

from runtime.settings import ROOT
from tests.chaos.faults import FAULTS
from tests.chaos.lives import LIVES, Life
from tests.chaos.matrix import CASE
from tests.chaos.play import Result

PAGE = ROOT / "docs" / "chaos.md"
BEGIN, END = "<!-- made by `make chaos`: begin -->", "<!-- made by `make chaos`: end -->"
SUMS = ("runs", "converged", "orphans", "duplicates", "median s", "longest s")


@dataclass(frozen=True)
class Sheet:
    """One table."""

    heads: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]

    def for_screen(self) -> Table:
        shown = Table(show_lines=False, pad_edge=False)
        for number, head in enumerate(self.heads):
            shown.add_column(head, justify="right" if number else "left", no_wrap=True)
        for row in self.rows:
            shown.add_row(*row)
        return shown

    def as_markdown(self) -> str:
        lines = [self.heads, ("---", *["---:"] * (len(self.heads) - 1)), *self.rows]
        return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def sheets(results: Sequence[Result]) -> tuple[Sheet, Sheet]:
    """Cells of the first are '<well>/<runs>'."""
    by_fault = [(f.name, [r for r in results if CASE[r.case].fault is f]) for f in FAULTS]
    by_life = [(life.name, [r for r in results if CASE[r.case].life is life]) for life in LIVES]
    everything = ("all", list(results))
    return (
        Sheet(
            ("fault", *(_short(life) for life in LIVES), *SUMS),
            tuple((name, *_cells(some), *_sums(some)) for name, some in (*by_fault, everything) if some),
        ),
        Sheet(
            ("workflow", *SUMS),
            tuple((name, *_sums(some)) for name, some in (*by_life, everything) if some),
        ),
    )


def _short(life: Life) -> str:
    return life.name.replace("Tenant", "")


def _cells(results: Sequence[Result]) -> list[str]:
    cells = []
    for life in LIVES:
        some = [r for r in results if CASE[r.case].life is life]
        cells.append(f"{sum(r.well for r in some)}/{len(some)}" if some else "")
    return cells


def _sums(results: Sequence[Result]) -> tuple[str, ...]:
    seconds = [r.seconds for r in results]
    return (
        str(len(results)),
        str(sum(r.well for r in results)),
        str(sum(r.orphans for r in results)),
        str(sum(r.duplicates for r in results)),
        f"{statistics.median(seconds):.1f}",
        f"{max(seconds):.1f}",
    )


def write_page(results: Sequence[Result], page: Path = PAGE) -> None:
    """Puts the tables between their marks; all else on the page is written by people."""
    head, rest = page.read_text().split(BEGIN)
    tail = rest.split(END)[1]
    tables = "\n\n".join(sheet.as_markdown() for sheet in sheets(results))
    page.write_text(f"{head}{BEGIN}\n\n{tables}\n\n{END}{tail}")
