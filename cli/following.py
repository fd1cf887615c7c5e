"""Waiting for an operation, with its progress in view."""

import sys
import time

from rich.markup import escape
from rich.progress import (
    BarColumn,
    Progress,
    SpinnerColumn,
    TaskProgressColumn,
    TextColumn,
    TimeElapsedColumn,
)

from cli.output import err
from client import Client
from client.models import OperationDetail
from domain.phases import OperationKind

REMOVING = frozenset({OperationKind.TEARDOWN.value, OperationKind.REMOVE.value})


def follow(client: Client, operation_id: str, *, quiet: bool = False) -> OperationDetail:
    """Wait for the end of an operation and return its last view; shows progress on stderr unless quiet."""
    if quiet:
        *_, last = client.follow(operation_id)
        return last
    return _with_bar(client, operation_id) if sys.stderr.isatty() else _with_lines(client, operation_id)


def current_step(view: OperationDetail) -> str:
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


def _with_bar(client: Client, operation_id: str) -> OperationDetail:
    columns = (
        SpinnerColumn(),
        TextColumn("[bold]{task.fields[what]}"),
        BarColumn(bar_width=30),
        TaskProgressColumn(),
        TimeElapsedColumn(),
        TextColumn("{task.description}"),
    )
    with Progress(*columns, console=err(), transient=True) as progress:
        task = progress.add_task("", total=100, what="")
        for last in client.follow(operation_id):
            progress.update(
                task,
                completed=last["percent"],
                description=escape(current_step(last)),
                what=escape(f"{last['kind']} {last['slug']}"),
            )
    return last


def _with_lines(client: Client, operation_id: str) -> OperationDetail:
    console = err()
    began = time.monotonic()
    shown = ""
    for last in client.follow(operation_id):
        step = current_step(last)
        if step and step != shown:
            seconds = time.monotonic() - began
            console.print(
                escape(f"{seconds:6.1f} s  {last['kind']} {last['slug']}  {last['percent']:3d} %  {step}")
            )
            shown = step
    return last
