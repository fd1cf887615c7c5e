"""`tenantry billing close`: what the schedule does every hour, at once."""

import time
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Annotated

import typer
from rich.markup import escape

from cli.changes import AsJson, Key, Why
from cli.connection import connect
from cli.output import err, out, print_error, print_json
from client import Client, models
from domain.billing.words import instant_text
from domain.counting import counted

FIRST_PAUSE_SECONDS, LONGEST_PAUSE_SECONDS = 0.2, 2.0

app = typer.Typer()


def moment(text: str | None) -> str | None:
    """An instant or a day as the API takes it: in UTC, where nothing else is said."""
    if text is None:
        return None
    try:
        instant = datetime.fromisoformat(text)
    except ValueError as error:
        raise typer.BadParameter("write it as 2026-03-01 or 2026-03-01T12:00:00+01:00") from error
    return instant_text(instant if instant.tzinfo else instant.replace(tzinfo=UTC))


@app.command()
def close(
    as_of: Annotated[
        str | None, typer.Option(callback=moment, help="Close what has ended by then; else by now.")
    ] = None,
    reason: Why = None,
    key: Key = None,
    as_json: AsJson = False,
) -> None:
    """Close the periods that have ended: draft their invoices, and make final what is due."""
    client = connect(reason)
    accepted = client.close_periods({"as_of": as_of} if as_of else {}, idempotency_key=key)
    view = until_ended(client, accepted["id"], quiet=as_json)
    if as_json:
        print_json(view)
    if view["state"] == "failed":
        print_error([f"closing run {view['id']} failed", f"  {view['error']}"])
        raise typer.Exit(1)
    if view["result"] and not as_json:
        out().print(_told(view["result"]))
    if troubles := list(_troubles(view)):
        print_error([*troubles, "the next run tries again"])
        raise typer.Exit(1)


def _troubles(view: models.ClosingView) -> Iterator[str]:
    """What the run could not do, each with why; the API names a hundred."""
    result = view["result"]
    if result is None:
        return
    if failed := result["failed"]:
        yield f"{counted(failed, 'tenant')} could not be closed"
        yield from (f"  {one['slug']}: {one['reason']}" for one in view["not_closed"])
    if undelivered := result["undelivered"]:
        yield f"{counted(undelivered, 'invoice')} could not be handed on"
        yield from (f"  {one['number']}: {one['reason']}" for one in view["not_handed_on"])


def until_ended(client: Client, closing_id: str, *, quiet: bool) -> models.ClosingView:
    pause, said = FIRST_PAUSE_SECONDS, ""
    while (view := client.closing(closing_id))["state"] == "running":
        if view["progress"] not in {"", said} and not quiet:
            said = view["progress"]
            err().print(escape(said))
        time.sleep(pause)
        pause = min(pause * 1.5, LONGEST_PAUSE_SECONDS)
    return view


def _told(result: models.CloseResult) -> str:
    made = f"{result['final']} final, {counted(result['drafts'], 'draft')}, {result['numbered']} numbered"
    handed_on = f", {result['delivered']} handed on" if result["delivered"] else ""
    return f"{counted(result['looked_at'], 'tenant')} looked at; invoices: {made}{handed_on}"
