"""`tenantry billing credit`, `charge` and `discount`: what is agreed with a tenant by hand."""

import re
from typing import Annotated

import typer
from rich.markup import escape

from cli.billing.closing import moment
from cli.billing.shown import when_text
from cli.changes import AsJson, Key, Slug
from cli.connection import connect
from cli.output import out, print_json
from client import models

BELOW_ZERO = re.compile(r"-[0-9.,]+")
BELOW_ZERO_TOO = {"ignore_unknown_options": True}
"""Or -5 would be refused as an option that there is not, and not as an amount."""


def _above_zero(text: str) -> str:
    if BELOW_ZERO.fullmatch(text):
        raise typer.BadParameter(
            "amounts and percents are above 0: `credit` and `discount` take off, `charge` adds"
        )
    return text


Amount = Annotated[
    str,
    typer.Argument(
        help="In the tenant's currency, as 12.50.",
        metavar="AMOUNT",
        show_default=False,
        callback=_above_zero,
    ),
]
Percent = Annotated[
    str,
    typer.Argument(help="As 10 or 12.5.", metavar="PERCENT", show_default=False, callback=_above_zero),
]
Reason = Annotated[str, typer.Option(help="Why; stands on the invoice.", show_default=False)]

app = typer.Typer()


@app.command(context_settings=BELOW_ZERO_TOO)
def credit(slug: Slug, amount: Amount, reason: Reason, key: Key = None, as_json: AsJson = False) -> None:
    """Give a credit; it is on the tenant's next invoice."""
    body: models.OneOff = {"amount": amount, "reason": reason}
    _print(connect().give_credit(slug, body, idempotency_key=key), slug, as_json)


@app.command(context_settings=BELOW_ZERO_TOO)
def charge(slug: Slug, amount: Amount, reason: Reason, key: Key = None, as_json: AsJson = False) -> None:
    """Charge something once; it is on the tenant's next invoice."""
    body: models.OneOff = {"amount": amount, "reason": reason}
    _print(connect().give_charge(slug, body, idempotency_key=key), slug, as_json)


@app.command(context_settings=BELOW_ZERO_TOO)
def discount(
    slug: Slug,
    percent: Percent,
    reason: Annotated[str, typer.Option(help="Why; kept with who gave it.", show_default=False)],
    begin: Annotated[
        str | None, typer.Option("--from", callback=moment, help="Since when; else from now on.")
    ] = None,
    end: Annotated[
        str | None, typer.Option("--to", callback=moment, help="Until when; else without end.")
    ] = None,
    key: Key = None,
    as_json: AsJson = False,
) -> None:
    """Take percent off fee and usage, by time, from now or later."""
    body: models.Discount = {"percent": percent, "reason": reason, "from": begin, "to": end}
    given = connect().give_discount(slug, body, idempotency_key=key)
    if as_json:
        print_json(given)
        return
    until = f" to {when_text(given['to'])}" if given["to"] else ""
    out().print(escape(f"{given['percent']} % off for {slug} from {when_text(given['from'])}{until}"))


def _print(given: models.OneOffView, slug: str, as_json: bool) -> None:
    if as_json:
        print_json(given)
        return
    said = f"{given['id']} for {slug}: {given['amount']} {given['currency']} for {given['reason']}"
    out().print(escape(f"{said}; it is on the next invoice"))
