"""What a person sees while operations run."""

import io
from typing import Any

import pytest
from rich.console import Console

from cli.client import ApiProblemError
from cli.demo.board import Board
from cli.following import current_step
from cli.output import table


def view(status: str = "running", kind: str = "signup", percent: int = 0, **steps: str) -> dict[str, Any]:
    return {
        "slug": "alder",
        "kind": kind,
        "status": status,
        "percent": percent,
        "steps": [{"title": name, "status": state} for name, state in steps.items()],
        "error": {"message": "no such class"} if status == "failed" else None,
        "finished_at": "2026-01-01T00:00:00Z" if status in {"failed", "succeeded"} else None,
    }


@pytest.mark.parametrize(
    ("seen", "said"),
    [
        (view(Bucket="done", Database="running", Role="running"), "Database, Role"),
        (view(Bucket="undoing", Database="failed"), "undoing: Bucket"),
        (view(Bucket="undoing", Database="undone") | {"undone_percent": 50}, "undoing (50 %): Bucket"),
        (view(kind="teardown", Bucket="undoing", Proxy="undone"), "removing: Bucket"),
        (view(Bucket="done"), ""),
        (view("waiting"), "waiting for the open operation to hand over"),
    ],
)
def test_the_current_step_in_words(seen: dict[str, Any], said: str) -> None:
    """The busy steps are named, and whether they make, undo or remove."""
    assert current_step(seen) == said


def test_without_a_terminal_a_line_per_change() -> None:
    """The same view twice gives one line, a new step and the end one each; no escape codes."""
    file = io.StringIO()
    with Board(Console(file=file, width=200)) as board:
        board.begin("alder", "signup")
        board.show(view(Database="running"))
        board.show(view(Database="running"))
        board.show(view(Proxy="running", percent=50))
        board.show(view("failed"))
    lines = file.getvalue().splitlines()
    assert [line.split()[2] for line in lines] == ["alder"] * 3
    assert "50 %" in lines[1]
    assert "no such class" in lines[2]
    assert "\x1b" not in file.getvalue()


def test_on_a_terminal_a_row_per_tenant() -> None:
    """The live table holds one row per tenant, with its operation and status."""
    file = io.StringIO()
    with Board(Console(file=file, width=120, force_terminal=True, color_system=None)) as board:
        board.begin("alder", "signup")
        board.show(view("succeeded", percent=100))
    last = file.getvalue().rpartition("TENANT")[2]
    assert [word for word in ("alder", "signup", "succeeded") if word in last] == [
        "alder",
        "signup",
        "succeeded",
    ]


def test_a_narrow_terminal_cuts_only_the_last_column() -> None:
    """All columns but the last stay whole when there is no room."""
    file = io.StringIO()
    Console(file=file, width=40).print(
        table(["KIND", "COUNT", "WHY"], [["rds:db-instance", 1, "long " * 20]])
    )
    row = file.getvalue().splitlines()[1]
    assert row.startswith("rds:db-instance  1")
    assert row.rstrip().endswith("…")
    assert len(file.getvalue().splitlines()) == 2


def test_a_problem_names_fields_and_the_open_operation() -> None:
    """Problem details become a line, a line per field, and the operation in the way."""
    problem = ApiProblemError(
        {
            "title": "Not allowed",
            "detail": "users: too many",
            "errors": [{"field": "users", "message": "too many"}],
            "operation": {"kind": "scale", "id": "op1"},
        }
    )
    assert problem.lines() == ["Not allowed", "  users: too many", "  open operation: scale op1"]
