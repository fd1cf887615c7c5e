"""What a person sees while operations run."""

import io
from typing import Any

import pytest
from rich.console import Console

from cli.certificates import print_certificate
from cli.demo.board import Board
from cli.following import current_step
from cli.output import table
from cli.wording import refusal_lines
from client import ApiProblem


def view(status: str = "running", kind: str = "signup", percent: int = 0, **steps: str) -> Any:
    return {
        "slug": "alder",
        "kind": kind,
        "status": status,
        "percent": percent,
        "steps": [{"title": name, "status": state} for name, state in steps.items()],
        "error": {"message": "no such class"} if status == "failed" else None,
        "conditions": [],
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
def test_the_current_step_in_words(seen: Any, said: str) -> None:
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


def test_a_narrow_terminal_wraps_only_the_last_column() -> None:
    """All columns but the last stay whole when there is no room, and nothing is cut off."""
    file = io.StringIO()
    why = f"{'long ' * 20}{'x' * 50}"
    Console(file=file, width=40).print(table(["KIND", "COUNT", "WHY"], [["rds:db-instance", 1, why]]))
    _, first, *further = file.getvalue().splitlines()
    assert first.startswith("rds:db-instance  1")
    assert all(line.startswith(" " * 20) for line in further)
    assert "".join(file.getvalue().split()).endswith("long" * 20 + "x" * 50)


def test_the_reason_of_a_failure_is_shown_whole() -> None:
    """On a terminal of 100 columns the row of a failed operation tells all of why."""
    file = io.StringIO()
    message = "InvalidParameterValue while making the database: Invalid DB Instance class: db.t4g.medium"
    with Board(Console(file=file, width=100, force_terminal=True, color_system=None)) as board:
        board.begin("alder", "signup")
        board.show(view("failed") | {"error": {"message": message}})
    last = file.getvalue().rpartition("TENANT")[2]
    assert set(message.split()) <= set(last.split())


def test_a_certificate_tells_what_is_kept() -> None:
    """A final snapshot stands in a section of its own, and not in the proof that the database is gone."""
    entry = {
        "provider": "aws",
        "kind": "rds:db-instance",
        "name": "t-abc-database",
        "namespace": "",
        "made_at": "2026-01-01T00:00:00Z",
        "proof": "rds:DescribeDBInstances answered DBInstanceNotFound; a final snapshot s-1 is kept by plan",
        "skipped": None,
    }
    head: Any = {"slug": "alder", "tenant_id": "abc", "issued_at": "2026-01-01T00:00:00Z"}
    file = io.StringIO()
    print_certificate(Console(file=file, width=100), head | {"entries": [entry]})
    above, kept = file.getvalue().split("Kept")
    assert "snapshot" not in above
    assert "rds:db-instance t-abc-database: a final snapshot s-1 is kept by plan" in kept
    file = io.StringIO()
    gone = entry | {"proof": "rds:DescribeDBInstances answered DBInstanceNotFound"}
    print_certificate(Console(file=file, width=100), head | {"entries": [gone]})
    assert "Kept" not in file.getvalue()


def test_a_problem_names_fields_and_the_open_operation() -> None:
    """Problem details become a line, a line per field, and the operation in the way."""
    problem = ApiProblem(
        {
            "type": "/problems/InvalidSpec",
            "status": 422,
            "instance": "/v1/tenants",
            "code": "InvalidSpec",
            "title": "Not allowed",
            "detail": "users: too many",
            "errors": [{"field": "users", "message": "too many"}],
            "operation": {"kind": "scale", "id": "op1", "url": "/v1/operations/op1"},
        }
    )
    assert refusal_lines(problem) == ["Not allowed", "  users: too many", "  open operation: scale op1"]
