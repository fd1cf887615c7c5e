"""Why something was changed can be said wherever it is changed."""

from collections.abc import Iterator
from typing import Any

import typer

from cli.main import app


def commands(found: Any, name: str) -> Iterator[tuple[str, set[str]]]:
    """Each with its options."""
    yield name, {option for one in found.params for option in one.opts}
    for part, inner in getattr(found, "commands", {}).items():
        yield from commands(inner, f"{name} {part}")


def test_each_command_that_changes_something_takes_a_reason() -> None:
    """It goes into the audit log."""
    every = commands(typer.main.get_command(app), "tenantry")
    changing = {name: options for name, options in every if "--idempotency-key" in options}
    assert len(changing) > 20
    assert [name for name, options in changing.items() if "--reason" not in options] == []
