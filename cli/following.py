"""Waiting for an operation, with its progress in view."""

import sys
import time
from collections.abc import Iterator
from typing import Any

from rich.markup import escape
from rich.progress import (
    BarColumn,
    Progress,
    SpinnerColumn,
    TaskProgressColumn,
    TextColumn,
    TimeElapsedColumn,
)

from cli.client import WAIT_AND_REPEAT, ApiProblemError, ApiUnreachableError, Client
from cli.output import err
from domain.phases import FINISHED, OperationKind

Json = dict[str, Any]

RECONNECT_SECONDS = 1.0
PATIENCE_SECONDS = 60.0
"""How long a stream that was cut is asked for again, before the API counts as away."""
REMOVING = frozenset({OperationKind.TEARDOWN.value, OperationKind.REMOVE.value})
ENDED = frozenset(status.value for status in FINISHED)


def views(client: Client, operation_id: str) -> Iterator[Json]:
    """The operation at each change of it, until it has ended; that view is the last.

    A connection that is cut is made again, and goes on behind what came by the one before.
    """
    seen: str | None = None
    away_since: float | None = None
    while True:
        try:
            for event in client.events(operation_id, after=seen):
                seen, view = event.id, event.json()
                yield view
                if view["status"] in ENDED:
                    return
            away_since = None
        except (ApiUnreachableError, ApiProblemError) as error:
            away_since = away_since or time.monotonic()
            if not _passes(error, seen) or time.monotonic() - away_since > PATIENCE_SECONDS:
                raise
        time.sleep(RECONNECT_SECONDS)


def _passes(error: ApiUnreachableError | ApiProblemError, seen: str | None) -> bool:
    """Whether another try may help: where nobody has ever answered, somebody should look at the address."""
    if isinstance(error, ApiProblemError):
        return error.status in WAIT_AND_REPEAT
    return seen is not None


def follow(client: Client, operation_id: str, *, quiet: bool = False) -> Json:
    """Wait for the end of an operation and return its last view; shows progress on stderr unless quiet."""
    if quiet:
        *_, last = views(client, operation_id)
        return last
    return _with_bar(client, operation_id) if sys.stderr.isatty() else _with_lines(client, operation_id)


def current_step(view: Json) -> str:
    """What it does now, for people."""
    if view["status"] == "waiting":
        return "waiting for the open operation to hand over"
    if view["conditions"]:
        return f"waiting for {view['waiting_for']}"
    busy = [step["title"] for step in view["steps"] if step["status"] in {"running", "undoing"}]
    backwards = any(step["status"] in {"undoing", "undone"} for step in view["steps"])
    if not backwards or not busy:
        return ", ".join(busy)
    undone = view.get("undone_percent")
    if view["kind"] in REMOVING and undone is None:
        return f"removing: {', '.join(busy)}"
    return f"undoing{'' if undone is None else f' ({undone} %)'}: {', '.join(busy)}"


def _with_bar(client: Client, operation_id: str) -> Json:
    columns = (
        SpinnerColumn(),
        TextColumn("[bold]{task.fields[what]}"),
        BarColumn(bar_width=30),
        TaskProgressColumn(),
        TimeElapsedColumn(),
        TextColumn("{task.description}"),
    )
    last: Json = {}
    with Progress(*columns, console=err(), transient=True) as progress:
        task = progress.add_task("", total=100, what="")
        for last in views(client, operation_id):
            progress.update(
                task,
                completed=last["percent"],
                description=escape(current_step(last)),
                what=escape(f"{last['kind']} {last['slug']}"),
            )
    return last


def _with_lines(client: Client, operation_id: str) -> Json:
    console = err()
    began = time.monotonic()
    shown, last = "", {}
    for last in views(client, operation_id):
        step = current_step(last)
        if step and step != shown:
            seconds = time.monotonic() - began
            console.print(
                escape(f"{seconds:6.1f} s  {last['kind']} {last['slug']}  {last['percent']:3d} %  {step}")
            )
            shown = step
    return last
