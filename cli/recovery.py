"""The command for operations whose run was lost."""

import typer
from rich.markup import escape

from cli.changes import AsJson, Key, Why
from cli.connection import connect
from cli.output import err, out, print_json, table

app = typer.Typer()


@app.command()
def recover(reason: Why = None, key: Key = None, as_json: AsJson = False) -> None:
    """Carry on operations whose run was lost, now; the schedule does it every five minutes."""
    found = connect(reason).recover(idempotency_key=key)
    if as_json:
        print_json(found)
        return
    started = found["started"]
    if started:
        rows = ([escape(one["slug"]), one["kind"], one["operation_id"]] for one in started)
        out().print(table(["TENANT", "KIND", "OPERATION"], rows))
    count = f"{len(started)} of {found['looked_at']} open operations had lost their run"
    more = "and are carried on; follow one with `tenantry watch <operation>`"
    out().print(f"{count} {more}" if started else count)
    if found["failed"]:
        err().print(f"{found['failed']} could not be looked at; the workers' logs say why")
