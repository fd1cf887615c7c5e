"""What people and machines read: results on stdout, everything else on stderr, colour only on a terminal."""

import json
import sys
from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import Any, Literal

from rich.console import Console
from rich.markup import escape
from rich.table import Table
from rich.text import Text

Json = dict[str, Any]

STATUS_STYLES = {
    "active": "green",
    "delivered": "green",
    "disabled": "red",
    "enabled": "green",
    "succeeded": "green",
    "done": "green",
    "failed": "red",
    "running": "cyan",
    "suspended": "yellow",
    "closed": "yellow",
    "undoing": "yellow",
    "undone": "dim",
    "deleted": "dim",
    "cancelled": "dim",
    "superseded": "dim",
    "pending": "dim",
    "removed": "dim",
}


AMOUNTS = frozenset({"AMOUNT", "EXPECTED", "QUANTITY", "SO FAR", "TOTAL", "WITH", "WITHOUT"})
"""Headings of columns in which amounts stand below one another."""

# Files and pipes have no width of their own; lines are not to be broken there.
UNBROKEN = 500


def out() -> Console:
    return Console(highlight=False, width=None if sys.stdout.isatty() else UNBROKEN)


def err() -> Console:
    return Console(stderr=True, highlight=False, width=None if sys.stderr.isatty() else UNBROKEN)


def print_json(document: Any) -> None:
    """The one document that a machine reads."""
    sys.stdout.write(json.dumps(document, indent=2, ensure_ascii=False) + "\n")


def print_error(lines: Iterable[str]) -> None:
    first, *rest = list(lines) or ["failed"]
    console = err()
    console.print(f"[bold red]error:[/] {escape(first)}")
    for line in rest:
        console.print(escape(line))


def styled(status: str) -> str:
    style = STATUS_STYLES.get(status)
    return f"[{style}]{escape(status)}[/]" if style else escape(status)


def table(columns: Iterable[str], rows: Iterable[Iterable[Any]]) -> Table:
    """Cells are texts with rich markup; None is an empty cell. On a narrow terminal the last column wraps."""
    made = Table(box=None, header_style="bold", pad_edge=False)
    *firsts, last = columns
    for heading in firsts:
        made.add_column(heading, no_wrap=True, justify=_side(heading))
    # Folded and not cut: the reason of a failure stands there, and names in it have no blanks to break at.
    made.add_column(last, overflow="fold", justify=_side(last))
    for row in rows:
        made.add_row(*(Text.from_markup("" if cell is None else str(cell)) for cell in row))
    return made


def _side(heading: str) -> Literal["left", "right"]:
    return "right" if heading in AMOUNTS else "left"


def print_fields(fields: Mapping[str, Any]) -> None:
    """Name and value, one a line; None is left out."""
    grid = Table.grid(padding=(0, 2))
    for name, value in fields.items():
        if value is not None:
            grid.add_row(f"[bold]{name}[/]", str(value))
    out().print(grid)


def short_time(moment: Any) -> str:
    """An ISO time without fractions, or nothing."""
    return str(moment).partition(".")[0].replace("T", " ").removesuffix("+00:00") if moment else ""


def short_number(decimal: str) -> str:
    """Two decimals suffice for people; --json tells all."""
    return f"{Decimal(decimal):.2f}" if "." in decimal else decimal
