"""`tenantry billing credit`, `charge` and `discount`: what is agreed with a tenant by hand."""

from typing import Annotated, Any

import typer
from rich.markup import escape

from cli.billing.client import connect
from cli.billing.closing import moment
from cli.billing.shown import when_text
from cli.changes import AsJson, Key, Slug
from cli.client import new_key
from cli.output import out, print_json

Json = dict[str, Any]
Amount = Annotated[
    str, typer.Argument(help="In the tenant's currency, as 12.50.", metavar="AMOUNT", show_default=False)
]
Percent = Annotated[str, typer.Argument(help="As 10 or 12.5.", metavar="PERCENT", show_default=False)]
Reason = Annotated[str, typer.Option(help="Why; stands on the invoice.", show_default=False)]

app = typer.Typer()


@app.command()
def credit(slug: Slug, amount: Amount, reason: Reason, key: Key = None, as_json: AsJson = False) -> None:
    """Give a credit; it is on the tenant's next invoice."""
    _one_off("credits", slug, amount, reason, key, as_json)


@app.command()
def charge(slug: Slug, amount: Amount, reason: Reason, key: Key = None, as_json: AsJson = False) -> None:
    """Charge something once; it is on the tenant's next invoice."""
    _one_off("charges", slug, amount, reason, key, as_json)


@app.command()
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
    body = {"percent": percent, "reason": reason, "from": begin, "to": end}
    given = connect().give(slug, "discounts", body, key=key or new_key())
    if as_json:
        print_json(given)
        return
    until = f" to {when_text(given['to'])}" if given["to"] else ""
    out().print(escape(f"{given['percent']} % off for {slug} from {when_text(given['from'])}{until}"))


def _one_off(what: str, slug: str, amount: str, reason: str, key: str | None, as_json: bool) -> None:
    given = connect().give(slug, what, {"amount": amount, "reason": reason}, key=key or new_key())
    if as_json:
        print_json(given)
        return
    said = f"{given['id']} for {slug}: {given['amount']} {given['currency']} for {given['reason']}"
    out().print(escape(f"{said}; it is on the next invoice"))
