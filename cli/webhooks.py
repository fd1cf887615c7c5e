"""`tenantry webhook`: endpoints that are told what happens."""

from itertools import islice
from typing import Annotated, Any, cast

import typer
from rich.markup import escape

from cli.billing.closing import moment
from cli.changes import AsJson, Key, Why
from cli.connection import connect
from cli.output import err, out, print_fields, print_json, short_time, styled, table
from client import models
from domain.counting import counted
from domain.webhooks.events import EventType

Webhook = models.WebhookView | models.WebhookWithSecret
Id = Annotated[
    str, typer.Argument(help="As `add` and `list` show it.", metavar="WEBHOOK-ID", show_default=False)
]
CustomerId = Annotated[
    str | None, typer.Option(help="Told of this customer's tenants only.", show_default=False)
]

app = typer.Typer()
group = typer.Typer(no_args_is_help=True)
app.add_typer(group, name="webhook")


@group.callback()
def webhook() -> None:
    """Endpoints that are told what happens, and what became of telling them."""


@group.command()
def add(
    url: Annotated[str, typer.Argument(help="Public, and with https.", show_default=False)],
    event: Annotated[
        list[EventType] | None, typer.Option(help="Told of this type; may be repeated. Without it: of all.")
    ] = None,
    customer_id: CustomerId = None,
    reason: Why = None,
    key: Key = None,
    as_json: AsJson = False,
) -> None:
    """Register an endpoint, and print the secret that verifies what it is told."""
    events = cast("list[models.EventType]", [one.value for one in event or []])
    body: models.NewWebhook = {"url": url, "events": events, "customer_id": customer_id}
    _print_secret(connect(reason).add_webhook(body, idempotency_key=key), as_json)


@group.command("list")
def list_webhooks(customer_id: CustomerId = None, as_json: AsJson = False) -> None:
    """All endpoints, or those of a customer."""
    found = list(connect().webhooks(customer_id=customer_id or None))
    if as_json:
        print_json(found)
        return
    rows = (
        [one["id"], styled(one["state"]), one["customer_id"], _types(one), escape(one["url"])]
        for one in found
    )
    out().print(table(["WEBHOOK", "STATE", "CUSTOMER", "EVENTS", "URL"], rows))


@group.command()
def show(webhook_id: Id, as_json: AsJson = False) -> None:
    """One endpoint: whether it is enabled, and since when it fails."""
    _print(connect().webhook(webhook_id), as_json)


@group.command()
def remove(webhook_id: Id, reason: Why = None, key: Key = None, as_json: AsJson = False) -> None:
    """Tell an endpoint nothing more."""
    _print(connect(reason).remove_webhook(webhook_id, idempotency_key=key), as_json)


@group.command()
def enable(webhook_id: Id, reason: Why = None, key: Key = None, as_json: AsJson = False) -> None:
    """Go on with an endpoint that was disabled."""
    _print(connect(reason).enable_webhook(webhook_id, idempotency_key=key), as_json)


@group.command("rotate-secret")
def rotate_secret(webhook_id: Id, reason: Why = None, key: Key = None, as_json: AsJson = False) -> None:
    """Print a new secret; the one before it signs, too, for 24 hours."""
    _print_secret(connect(reason).rotate_webhook_secret(webhook_id, idempotency_key=key), as_json)


@group.command()
def deliveries(
    webhook_id: Id,
    state: Annotated[str | None, typer.Option(help="Only pending, delivered or failed ones.")] = None,
    most: Annotated[int, typer.Option(min=1, help="As many, newest event first.")] = 50,
    as_json: AsJson = False,
) -> None:
    """What an endpoint was told, and what became of it."""
    wanted = cast("models.DeliveryState | None", state or None)  # the API judges it
    found = list(islice(connect().webhook_deliveries(webhook_id, state=wanted), most))
    if as_json:
        print_json(found)
        return
    columns = ["EVENT", "TYPE", "AT", "STATE", "ATTEMPTS", "NEXT", "LAST"]
    out().print(table(columns, (_row(one) for one in found)))


@group.command()
def replay(
    webhook_id: Id,
    event_id: Annotated[str | None, typer.Argument(help="One event.", show_default=False)] = None,
    since: Annotated[
        str | None, typer.Option(callback=moment, help="Everything that happened since then.")
    ] = None,
    reason: Why = None,
    key: Key = None,
    as_json: AsJson = False,
) -> None:
    """Tell an endpoint again, under the same ids: one event, or all since an instant."""
    if (event_id is None) == (since is None):
        raise typer.BadParameter("name one event, or give --since")
    answer: models.Replayed | models.DeliveryView
    if event_id is None:
        answer = connect(reason).replay_webhook(webhook_id, {"since": str(since)}, idempotency_key=key)
        said = f"{counted(answer['replayed'], 'event')} will be told again"
    else:
        answer = connect(reason).replay_delivery(webhook_id, event_id, idempotency_key=key)
        said = f"{answer['event_id']} will be told again"
    if as_json:
        print_json(answer)
    else:
        out().print(said)


def _types(found: Webhook) -> str:
    return ", ".join(found["events"]) or "all"


def _row(one: models.DeliveryView) -> list[Any]:
    last = one["problem"] or one["last_status"] or ""
    return [
        one["event_id"],
        one["type"],
        short_time(one["at"]),
        styled(one["state"]),
        one["attempts"],
        short_time(one["next_attempt_at"]),
        escape(str(last)),
    ]


def _print_secret(made: models.WebhookWithSecret, as_json: bool) -> None:
    _print(made, as_json)
    if not as_json:
        err().print("the secret is shown now and never again")


def _print(found: Webhook, as_json: bool) -> None:
    if as_json:
        print_json(found)
        return
    print_fields(
        {
            "id": found["id"],
            "url": escape(found["url"]),
            "state": styled(found["state"]),
            "because": escape(found["disabled_because"]) or None,
            "failing since": short_time(found["failing_since"]) or None,
            "customer": found["customer_id"],
            "events": _types(found),
            "secret": found.get("secret"),
            "old secret until": short_time(found["earlier_secret_until"]) or None,
            "by": escape(found["created_by"]),
            "since": short_time(found["created_at"]),
        }
    )
