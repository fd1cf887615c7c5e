"""`tenantry billing replay`: is what was issued what rating says."""

from typing import Annotated, Any

import typer
from rich.markup import escape

from cli.billing.reading import named
from cli.billing.shown import KEYED, line_row
from cli.changes import AsJson, slug_if_any
from cli.connection import RECOUNT_SECONDS, connect
from cli.output import out, print_error, print_json, table
from client import Client
from domain.billing.document import DocumentLine, InvoiceDocument
from domain.billing.replays import LineDifference, Replay
from domain.counting import counted

COLUMNS = ("SIDE", *KEYED)

app = typer.Typer()


@app.command()
def replay(
    number: Annotated[str | None, typer.Argument(help="An invoice's number or id.", callback=named)] = None,
    all_of: Annotated[
        str | None, typer.Option(help="All final invoices of this tenant.", callback=slug_if_any)
    ] = None,
    latest: Annotated[
        bool, typer.Option("--latest", help="Also what all that is known now would correct.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Rate issued invoices again from what was known then; exits with 1 if one differs."""
    if (number is None) == (all_of is None):
        raise typer.BadParameter("name one invoice, or a tenant with --all-of")
    client = connect(timeout_seconds=RECOUNT_SECONDS)
    names = [number] if number else _final_of(client, all_of or "")
    found = []
    for name in names:
        answer = client.replay(name, latest=latest)
        found.append(answer)
        if not as_json:
            _print(client, Replay.model_validate(answer))
    if as_json:
        print_json(found[0] if number else found)
    differ = [one["number"] for one in found if not one["same"]]
    if differ:
        print_error([f"rated again, {len(differ)} of {len(found)} differ: {', '.join(differ)}"])
        raise typer.Exit(1)


def _final_of(client: Client, slug: str) -> list[str]:
    """Oldest first."""
    return [one["number"] for one in reversed(list(client.tenant_invoices(slug))) if one["number"]]


def _print(client: Client, replayed: Replay) -> None:
    said = "nothing differs" if replayed.same else _differ(len(replayed.differences))
    out().print(f"{escape(replayed.number)}: {said}")
    if not (replayed.differences or replayed.to_come):
        return
    money = InvoiceDocument.model_validate(client.invoice(replayed.number)).money
    rows = [(side, line) for one in replayed.differences for side, line in _sides(one)]
    rows += [("to come", line) for line in replayed.to_come or ()]
    out().print(table(COLUMNS, ([side, escape(line.key), *line_row(line, money)] for side, line in rows)))


def _differ(lines: int) -> str:
    return f"{counted(lines, 'line')} differ{'s' if lines == 1 else ''}"


def _sides(one: LineDifference) -> list[tuple[str, Any]]:
    sides: list[tuple[str, DocumentLine | None]] = [("issued", one.issued), ("rated", one.rated)]
    return [(side, line) for side, line in sides if line]
