"""`tenantry key` and `tenantry whoami`: who may use the API."""

from datetime import UTC, datetime
from typing import Annotated, Any, cast

import typer
from rich.markup import escape

from cli.changes import AsJson, Key, Why
from cli.connection import connect
from cli.output import err, out, print_fields, print_json, short_time, table
from client import models

KeyId = Annotated[str, typer.Argument(help="As `list` shows it.", metavar="KEY-ID", show_default=False)]

app = typer.Typer()
group = typer.Typer(no_args_is_help=True)
app.add_typer(group, name="key")


@app.command()
def whoami(as_json: AsJson = False) -> None:
    """Who the API takes you for."""
    me = connect().me()
    if as_json:
        print_json(me)
    else:
        print_fields({name: _shown(value) for name, value in me.items()})


@group.callback()
def api_key() -> None:
    """Keys of the API: who may use it, as what."""


@group.command()
def create(
    name: Annotated[str, typer.Argument(help="To tell it from others.", show_default=False)],
    role: Annotated[
        list[str],
        typer.Option(help="customer, billing, support, finance, operator or admin.", show_default=False),
    ],
    customer: Annotated[
        str | None, typer.Option(help="Whose tenants, for the role customer.", show_default=False)
    ] = None,
    expires: Annotated[
        datetime | None, typer.Option(help="In UTC, as 2027-01-31.", show_default=False)
    ] = None,
    reason: Why = None,
    key: Key = None,
    as_json: AsJson = False,
) -> None:
    """Make a key. It is printed once, and nowhere kept."""
    body = cast("models.NewKey", {"name": name, "roles": role})  # the API judges the roles
    if customer:
        body["customer_id"] = customer
    if expires:
        body["expires_at"] = expires.replace(tzinfo=UTC).isoformat()
    made = connect(reason).make_key(body, idempotency_key=key)
    if as_json:
        print_json(made)
        return
    err().print(f"key {made['id']} for {_shown(made['roles'])}; keep it, it is not shown again:")
    out().print(made["key"], soft_wrap=True)


@group.command("list")
def list_keys(as_json: AsJson = False) -> None:
    """All keys, oldest first."""
    found = list(connect().keys())
    if as_json:
        print_json(found)
        return
    columns = ("key", "name", "roles", "customer", "made by", "last used", "ends")
    out().print(table(columns, [_line(one) for one in found]))


@group.command()
def revoke(key_id: KeyId, reason: Why = None, key: Key = None, as_json: AsJson = False) -> None:
    """Take a key from now on no more."""
    revoked = connect(reason).revoke_key(key_id, idempotency_key=key)
    if as_json:
        print_json(revoked)
    else:
        out().print(f"key {revoked['id']} is revoked since {short_time(revoked['revoked_at'])}")


def _line(key: models.KeyView) -> tuple[str, ...]:
    revoked = key["revoked_at"]
    ends = f"revoked {short_time(revoked)}" if revoked else short_time(key["expires_at"])
    return (
        key["id"],
        escape(key["name"]),
        _shown(key["roles"]),
        key["customer_id"] or "",
        escape(key["made_by"]),
        short_time(key["last_used_at"]),
        ends,
    )


def _shown(value: Any) -> str:
    return ", ".join(value) if isinstance(value, list) else escape(str(value or "all"))
