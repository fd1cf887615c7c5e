"""What all commands that change a tenant share: send, wait, report."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any

import typer

from cli.connection import connect
from cli.following import follow
from cli.output import err, out, print_error, print_json, styled
from client import Client, models
from domain.naming import SLUG_PATTERN, slug_problem

Json = dict[str, Any]

AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON document on stdout.")]
NoWait = Annotated[bool, typer.Option("--no-wait", help="Return as soon as the operation is accepted.")]
Key = Annotated[
    str | None,
    typer.Option("--idempotency-key", help="Repeating a command with the same key does nothing twice."),
]
Why = Annotated[
    str | None, typer.Option("--reason", "-r", help="Why; kept in the audit log.", show_default=False)
]
Operation = models.OperationDetail | models.OperationSummary
OPERATION_ID = re.compile(r"op[a-z0-9]{18}")


def _slug(text: str) -> str:
    if not re.fullmatch(SLUG_PATTERN, text):
        raise typer.BadParameter(slug_problem(text) or f"'{text}' is no slug")
    return text


def slug_if_any(text: str | None) -> str | None:
    return None if text is None else _slug(text)


def _slug_or_operation(text: str) -> str:
    return text if OPERATION_ID.fullmatch(text) else _slug(text)


Slug = Annotated[str, typer.Argument(help="The tenant's slug.", show_default=False, callback=_slug)]
SlugOrOperation = Annotated[
    str,
    typer.Argument(
        help="A tenant's slug, or the id of an operation.", show_default=False, callback=_slug_or_operation
    ),
]
PauseBefore = Annotated[
    list[str] | None,
    typer.Option(
        "--pause-before", help="Wait before this step for `resume-from-pause`; may be given several times."
    ),
]
Counted = Annotated[int | None, typer.Option(min=0, show_default=False)]


@dataclass(frozen=True)
class Change:
    """One command that starts an operation."""

    as_json: bool
    no_wait: bool
    key: str | None
    reason: str | None = None

    def run(
        self, send: Callable[[Client, str | None], models.Accepted], *, wanted: str = "succeeded"
    ) -> None:
        """Send, wait and report. Exits with 1 if the operation ends otherwise than `wanted`."""
        client = connect(self.reason)
        accepted = send(client, self.key)
        if self.no_wait:
            self._report_accepted(accepted)
            return
        await_end(client, accepted["operation_id"], wanted=wanted, as_json=self.as_json)

    def _report_accepted(self, accepted: models.Accepted) -> None:
        if self.as_json:
            print_json(accepted)
        else:
            out().print(
                f"{accepted['kind']} of {accepted['slug']} accepted: operation {accepted['operation_id']}"
            )


def await_end(client: Client, operation_id: str, *, wanted: str = "succeeded", as_json: bool = False) -> None:
    """Follow an operation to its end and say how it ended. Exits with 1 if otherwise than `wanted`."""
    try:
        view = follow(client, operation_id, quiet=as_json)
    except KeyboardInterrupt:
        err().print(f"the operation goes on; look at it with `tenantry watch {operation_id}`")
        raise
    if as_json:
        print_json(operation_document(view))
    _report_end(view, wanted=wanted, as_json=as_json)


def operation_document(view: Operation) -> Json:
    """An operation as commands print it: its id is `operation_id` here as in what accepted it."""
    return {"operation_id": view["id"], **{name: value for name, value in view.items() if name != "id"}}


def _report_end(view: models.OperationDetail, *, wanted: str, as_json: bool) -> None:
    what = f"{view['kind']} of {view['slug']}"
    if view["status"] == wanted:
        if not as_json:
            out().print(f"{what} {styled(view['status'])}{_duration(view)}")
            for kept in view.get("kept") or []:
                out().print(f"  kept: {kept}")
        return
    print_error([f"{what} ended as {view['status']}", *_reasons(view)])
    raise typer.Exit(1)


def operation_of(client: Client, text: str) -> str:
    """An operation's id as it is; for a slug, the id of the tenant's newest operation."""
    if OPERATION_ID.fullmatch(text):
        return text
    return client.tenant_operations(text)[0]["id"]


def _reasons(view: models.OperationDetail) -> list[str]:
    lines = []
    if error := view.get("error"):
        step = f" at step {error['step']}" if error.get("step") else ""
        lines.append(f"  {error['code']}{step}: {error['message']}")
        if (view["kind"], error["code"]) == ("repair", "DataLost"):
            lines.append("  repeat with --yes only if what it held may be lost")
    if view["status"] == "superseded":
        lines.append(f"  a newer operation took its place: {view.get('superseded_by') or 'see the tenant'}")
    return lines


def _duration(view: models.OperationDetail) -> str:
    started, finished = view.get("started_at"), view.get("finished_at")
    if not started or not finished:
        return ""
    took = datetime.fromisoformat(finished) - datetime.fromisoformat(started)
    return f" in {took.total_seconds():.1f} s"
