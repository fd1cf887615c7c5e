"""Commands for the engineer on call: what waits for a person, and what can be done about it."""

from collections.abc import Callable
from typing import Annotated

import typer
from rich.markup import escape

from cli.changes import OPERATION_ID, AsJson, Key, SlugOrOperation, operation_of
from cli.connection import connect
from cli.output import out, print_json, short_time, table
from client import Client, models

Reason = Annotated[
    str, typer.Option("--reason", "-r", help="Why; kept with the operation.", show_default=False)
]
ReasonIfAny = Annotated[str | None, typer.Option("--reason", "-r", help="Why; kept with the operation.")]
Step = Annotated[str, typer.Argument(help="Name of the step, as `attention` shows it.", show_default=False)]
StepIfAny = Annotated[str | None, typer.Option("--step", help="Only this step; else all that wait.")]

_COMMANDS = {"resume": "resume-from-pause"}
"""Where the command of an action has another name: `tenantry resume` is for a suspended tenant."""

app = typer.Typer()


@app.command()
def attention(as_json: AsJson = False) -> None:
    """What waits for a person, over all tenants: the oldest first."""
    waiting = list(connect().attention())
    if as_json:
        print_json(waiting)
        return
    if not waiting:
        out().print("nothing waits for a person")
        return
    columns = ["SINCE", "TENANT", "OPERATION", "STEP", "REASON", "POSSIBLE", "OBJECT: MESSAGE"]
    out().print(table(columns, ([escape(cell) for cell in _row(stop)] for stop in waiting)))


@app.command()
def retry(
    operation: SlugOrOperation,
    step: StepIfAny = None,
    reason: ReasonIfAny = None,
    key: Key = None,
    as_json: AsJson = False,
) -> None:
    """Try again now what waits for attention, after its cause was mended."""
    body: models.Retry = {"step": step, "reason": reason}
    _intervene(
        operation,
        "retry",
        lambda client, standing: client.retry(standing, body, idempotency_key=key),
        as_json=as_json,
    )


@app.command()
def skip(
    operation: SlugOrOperation, step: Step, reason: Reason, key: Key = None, as_json: AsJson = False
) -> None:
    """Leave a step of a removal or an undo as it is; the certificate says that nothing is proven."""
    body: models.Skip = {"step": step, "reason": reason}
    _intervene(
        operation,
        "skip",
        lambda client, standing: client.skip(standing, body, idempotency_key=key),
        as_json=as_json,
    )


@app.command()
def abort(operation: SlugOrOperation, reason: Reason, key: Key = None, as_json: AsJson = False) -> None:
    """Undo what an operation did; a teardown as well, until its removal begins."""
    body: models.Abort = {"reason": reason}
    _intervene(
        operation,
        "abort",
        lambda client, standing: client.abort(standing, body, idempotency_key=key),
        as_json=as_json,
    )


@app.command()
def amend(
    operation: SlugOrOperation,
    step: Step,
    reason: Reason,
    no_final_snapshot: Annotated[
        bool, typer.Option("--no-final-snapshot", help="Remove the database without its last snapshot.")
    ] = False,
    database_class: Annotated[
        str | None, typer.Option(help="Class that the database gets instead of the one it had.")
    ] = None,
    key: Key = None,
    as_json: AsJson = False,
) -> None:
    """Give a step that waits for attention other input, and try it again."""
    if no_final_snapshot == (database_class is not None):
        raise typer.BadParameter("name one of --no-final-snapshot and --database-class")
    given: models.Amendment = (
        {"final_snapshot": False} if no_final_snapshot else {"database_class": database_class}
    )
    body: models.Amend = {"step": step, "reason": reason, "input": given}
    _intervene(
        operation,
        "amend",
        lambda client, standing: client.amend(standing, body, idempotency_key=key),
        as_json=as_json,
    )


@app.command("resume-from-pause")
def resume_from_pause(
    operation: SlugOrOperation,
    step: StepIfAny = None,
    reason: ReasonIfAny = None,
    key: Key = None,
    as_json: AsJson = False,
) -> None:
    """Go on with an operation that was started with --pause-before."""
    body: models.Resume = {"step": step, "reason": reason}
    _intervene(
        operation,
        "resume",
        lambda client, standing: client.resume_from_pause(standing, body, idempotency_key=key),
        as_json=as_json,
    )


def _intervene(
    operation: str, action: str, send: Callable[[Client, str], models.Accepted], *, as_json: bool
) -> None:
    client = connect()
    accepted = send(client, _standing(client, operation))
    if as_json:
        print_json(accepted)
        return
    what = f"{accepted['kind']} of {accepted['slug']}"
    out().print(
        f"{what}: {_command(action)} accepted; follow it with `tenantry watch {accepted['operation_id']}`"
    )


def _standing(client: Client, text: str) -> str:
    """An operation's id as it is; for a slug, the operation that holds the tenant, else its newest."""
    if OPERATION_ID.fullmatch(text):
        return text
    return client.tenant(text)["operation_id"] or operation_of(client, text)


def _row(stop: models.AttentionView) -> list[str]:
    return [
        short_time(stop["since"]),
        stop["slug"],
        f"{stop['kind']} {stop['operation_id']}",
        stop["step"],
        stop["reason"],
        _possible(stop),
        said(stop),
    ]


def standing(view: models.OperationDetail) -> list[str]:
    """Where an operation stands still and what people did to it, line by line."""
    stops = [(c["type"], stop) for c in view["conditions"] if c["status"] for stop in c["stops"]]
    lines = [
        f"{kind}: {stop['step']}: {stop['reason']}: {said(stop)} "
        f"(since {short_time(stop['since'])}; possible: {_possible(stop)})"
        for kind, stop in stops
    ]
    return lines + [_did(intervention) for intervention in view["interventions"]]


def _did(intervention: models.Intervention) -> str:
    step = f" of {intervention['step']}" if intervention["step"] else ""
    why = f": {intervention['why']}" if intervention["why"] else ""
    what = f"{_command(intervention['action'])}{step}"
    return f"{short_time(intervention['at'])} {what} by {intervention['by']}{why}"


def _possible(stop: models.Stop | models.AttentionView) -> str:
    return ", ".join(map(_command, stop["actions"]))


def _command(action: str) -> str:
    return _COMMANDS.get(action, action)


def said(stop: models.Stop | models.AttentionView) -> str:
    """What is stuck, where it is known, and why."""
    thing = stop["object"]
    return f"{thing['kind']} {thing['name']}: {stop['message']}" if thing else stop["message"]
