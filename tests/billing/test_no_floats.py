"""No float comes near money."""

import ast
from pathlib import Path

import pytest

from cli.connection import ROOT

PLACES = (
    *sorted((ROOT / "domain" / "billing").glob("*.py")),
    *sorted((ROOT / "domain" / "metering").glob("*.py")),
    *sorted((ROOT / "store").glob("usage*.py")),
    *(
        ROOT / "catalog" / f"{name}.py"
        for name in ("currencies", "scenario", "scenario_forms", "scenario_changes")
    ),
    *sorted((ROOT / "activities" / "billing" / "sinks").glob("*.py")),
    ROOT / "documents" / "shown.py",
    *sorted((ROOT / "store" / "billing").glob("*.py")),
    *(ROOT / "api" / f"{name}.py" for name in ("giving", "giving_schemas", "invoice_views")),
    # Closing waits for seconds and fractions of them, and sees no amount.
    *(file for file in sorted((ROOT / "cli" / "billing").glob("*.py")) if file.name != "closing.py"),
)
INEXACT = frozenset(
    {"float", "total_seconds", "timestamp", "fsum", "sqrt", "pow", "perf_counter", "from_float"}
)
"""Names under which floats come in."""
DIVIDES_EXACTLY = frozenset({"Fraction", "Path"})


def floats(source: str) -> list[str]:
    """Literals, names and true divisions of what may be two integers, each with its line."""
    tree = ast.parse(source)
    found = []
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, float | complex):
            found.append(f"{node.lineno}: the literal {node.value}")
        elif isinstance(node, ast.Name) and node.id in INEXACT:
            found.append(f"{node.lineno}: {node.id}")
        elif isinstance(node, ast.Attribute) and node.attr in INEXACT:
            found.append(f"{node.lineno}: .{node.attr}")
        elif isinstance(node, ast.BinOp) and isinstance(node.op, ast.Div) and not _exact(node):
            found.append(f"{node.lineno}: {ast.unparse(node)} may divide two integers")
    return found


def _exact(node: ast.expr) -> bool:
    """Whether one side is written as a Fraction, or has a name that only Fractions have here."""
    return any(
        (isinstance(part, ast.Call) and isinstance(part.func, ast.Name) and part.func.id in DIVIDES_EXACTLY)
        or (isinstance(part, ast.Name) and part.id in {"measured", "percent"})
        for part in ast.walk(node)
    )


@pytest.mark.parametrize("file", PLACES, ids=lambda file: f"{file.parent.name}/{file.name}")
def test_no_floats_near_money(file: Path) -> None:
    """Neither literal, nor call, nor annotation, nor a division of two integers, which would make one."""
    assert floats(file.read_text(encoding="utf-8")) == []


@pytest.mark.parametrize(
    "source",
    [
        "x = 0.1",
        "x = -1e3",
        "def f(x: float) -> None: ...",
        "x = float('1')",
        "x: list[float] = []",
        "x = span.total_seconds()",
        "x = a / b",
        "x = 2j",
        "f = builtins.float",
    ],
)
def test_the_scan_finds_floats(source: str) -> None:
    """The proof proves something."""
    assert floats(source)
