"""`tenantry audit`: who changed what and why; and whether the log is still what was written."""

import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated

import typer
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from cli.audit_shown import print_rows
from cli.billing.closing import moment
from cli.changes import AsJson, Slug
from cli.connection import connect
from cli.output import err, out, print_error, print_json
from client import models
from domain.audit.chain import Broken, Checkpoint, Row, Verifier
from domain.counting import counted

PAGE = 1000
SILENT_SECONDS = 2
"""What takes no longer shows no bar."""


def _checkpoint(text: str) -> Checkpoint:
    try:
        return Checkpoint.parse(text)
    except ValueError as error:
        raise typer.BadParameter(str(error)) from error


Limit = Annotated[int, typer.Option(min=1, max=PAGE, help="How many, the newest first.")]
File = Annotated[
    Path | None,
    typer.Option(help="An export, in place of the API's log.", exists=True, dir_okay=False),
]
Anchors = Annotated[
    list[Checkpoint] | None,
    typer.Option(
        "--anchor",
        parser=_checkpoint,
        metavar="SEQ:HASH",
        help="A checkpoint of an earlier time, as `verify` and the logs tell it; repeatable.",
    ),
]

app = typer.Typer()
group = typer.Typer(no_args_is_help=True)
app.add_typer(group, name="audit")


@group.callback()
def audit() -> None:
    """Who changed what, when and why."""


@group.command("list")
def list_rows(
    tenant_id: Annotated[str | None, typer.Option(help="Only of the tenant with this id.")] = None,
    actor: Annotated[list[str] | None, typer.Option(help="Only by this one; repeatable.")] = None,
    action: Annotated[list[str] | None, typer.Option(help="As scale.accepted; repeatable.")] = None,
    since: Annotated[str | None, typer.Option(callback=moment, help="A day or an instant.")] = None,
    until: Annotated[str | None, typer.Option(callback=moment, help="The same, outside.")] = None,
    limit: Limit = 50,
    as_json: AsJson = False,
) -> None:
    """The newest changes of everything."""
    page = connect().audit_page(
        limit=limit, tenant_id=tenant_id or None, actor=actor, action=action, since=since, until=until
    )
    print_rows(page["items"], as_json)


@group.command()
def show(slug: Slug, limit: Limit = 50, as_json: AsJson = False) -> None:
    """The newest changes of a tenant, as its customer sees them."""
    print_rows(connect().tenant_audit_page(slug, limit=limit)["items"], as_json)


@group.command()
def export(
    to: Annotated[Path | None, typer.Option(help="A file; else stdout.", dir_okay=False)] = None,
) -> None:
    """The whole log, a row a line as JSON; `verify --file` takes it."""
    lines = (json.dumps(row, ensure_ascii=False) + "\n" for row in _all_rows())
    if to is None:
        sys.stdout.writelines(lines)
        return
    with to.open("w", encoding="utf-8") as file:
        file.writelines(lines)


@group.command()
def verify(anchor: Anchors = None, file: File = None, as_json: AsJson = False) -> None:
    """Reckon every row's hash here, from the rows alone: names the first that was changed or is missing.

    That rows are missing at the end only an anchor can tell: keep the checkpoint that this prints.
    """
    verifier = Verifier(anchor or ())
    try:
        for row in _rows(file):
            verifier.take(row)
        verifier.end()
    except Broken as broken:
        if as_json:
            print_json({"intact": False, "row": broken.seq, "why": broken.why, "right": verifier.head.seq})
        print_error(["the audit log is not what was written", f"  {broken}"])
        raise typer.Exit(1) from None
    if as_json:
        print_json({"intact": True, "rows": verifier.head.seq, "checkpoint": str(verifier.head)})
        return
    out().print(f"the audit log is as it was written: {counted(verifier.head.seq, 'row')}")
    out().print(f"checkpoint {verifier.head}", soft_wrap=True)


def _rows(file: Path | None) -> Iterator[Row]:
    if file is None:
        yield from _all_rows()
        return
    with file.open(encoding="utf-8") as lines:
        for number, line in enumerate(lines, 1):
            try:
                row = json.loads(line)
            except ValueError:
                row = None
            if not isinstance(row, dict):
                raise Broken(number, "its line in the file is no row")
            yield row


def _all_rows() -> Iterator[models.Entry]:
    """Oldest first; with a bar for people, once it takes a while."""
    client = connect()
    rows, count = client.audit(order="oldest", limit=PAGE), client.audit_page(limit=1)["head"]["seq"]
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    console = err()
    with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as progress:
        task = progress.add_task("rows of the audit log", total=count, visible=False)
        for row in rows:
            yield row
            late = (progress.tasks[0].elapsed or 0) > SILENT_SECONDS
            progress.update(task, advance=1, visible=late)
