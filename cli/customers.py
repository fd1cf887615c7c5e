"""`tenantry customer`: whose tenants are."""

from typing import Annotated, cast

import typer
from rich.markup import escape

from cli.changes import AsJson, Key, Why
from cli.connection import connect
from cli.output import out, print_fields, print_json, short_time, table
from client import models

Id = Annotated[
    str,
    typer.Argument(help="As `add` and `list` show it.", metavar="CUSTOMER-ID", show_default=False),
]
Name = Annotated[str, typer.Argument(help="The whole name.", show_default=False)]
Email = Annotated[str | None, typer.Option(help="Of who pays; stands on invoices.", show_default=False)]
TimeZone = Annotated[
    str | None,
    typer.Option(
        help="Of the billing periods of tenants that sign up later, as Europe/Paris.", show_default=False
    ),
]

app = typer.Typer()
group = typer.Typer(no_args_is_help=True)
app.add_typer(group, name="customer")


@group.callback()
def customer() -> None:
    """Who tenants belong to, and who pays for them."""


@group.command()
def add(
    name: Name,
    email: Email = None,
    time_zone: TimeZone = None,
    reason: Why = None,
    key: Key = None,
    as_json: AsJson = False,
) -> None:
    """Make a customer; a sign-up by a new name does it, too."""
    body = cast("models.NewCustomer", _given(name=name, email=email, time_zone=time_zone))
    _print(connect(reason).make_customer(body, idempotency_key=key), as_json)


@group.command()
def find(name: Name, as_json: AsJson = False) -> None:
    """Customers of exactly this name."""
    _print_all(list(connect().customers(name=name)), as_json)


@group.command("list")
def list_customers(as_json: AsJson = False) -> None:
    """All customers, oldest first."""
    _print_all(list(connect().customers()), as_json)


@group.command()
def show(customer_id: Id, as_json: AsJson = False) -> None:
    """One customer."""
    _print(connect().customer(customer_id), as_json)


@group.command()
def change(  # noqa: PLR0913, PLR0917 - Typer makes each parameter an option
    customer_id: Id,
    name: Annotated[str | None, typer.Option(show_default=False)] = None,
    email: Email = None,
    time_zone: TimeZone = None,
    no_email: Annotated[bool, typer.Option("--no-email", help="Remove it.")] = False,
    no_time_zone: Annotated[bool, typer.Option("--no-time-zone", help="Remove it.")] = False,
    reason: Why = None,
    key: Key = None,
    as_json: AsJson = False,
) -> None:
    """Change name, e-mail or time zone. Final invoices and tenants that are there keep what they have."""
    given = _given(name=name, email=email, time_zone=time_zone)
    removed = [field for field, gone in (("email", no_email), ("time_zone", no_time_zone)) if gone]
    if both := [field.replace("_", "-") for field in removed if field in given]:
        raise typer.BadParameter(f"give either --{both[0]} or --no-{both[0]}")
    changes = given | dict.fromkeys(removed)
    if not changes:
        raise typer.BadParameter("name what changes: --name, --email or --time-zone")
    body = cast("models.CustomerChange", changes)
    _print(connect(reason).change_customer(customer_id, body, idempotency_key=key), as_json)


def _given(**options: str | None) -> dict[str, str]:
    return {name: value for name, value in options.items() if value is not None}


def _print_all(found: list[models.CustomerView], as_json: bool) -> None:
    if as_json:
        print_json(found)
        return
    rows = (
        [
            one["id"],
            escape(one["name"]),
            one["time_zone"],
            short_time(one["created_at"]),
            escape(one["email"] or ""),
        ]
        for one in found
    )
    out().print(table(["CUSTOMER", "NAME", "TIME ZONE", "SINCE", "E-MAIL"], rows))


def _print(found: models.CustomerView, as_json: bool) -> None:
    if as_json:
        print_json(found)
        return
    print_fields(
        {
            "id": found["id"],
            "name": escape(found["name"]),
            "e-mail": escape(found["email"]) if found["email"] else None,
            "time zone": found["time_zone"],
            "since": short_time(found["created_at"]),
        }
    )
