"""`tenantry key` and `tenantry whoami`: who may use the API."""

from datetime import UTC, datetime
from typing import Annotated, Any, cast

import typer
from rich.markup import escape

from cli.changes import AsJson, Key
from cli.client import Client, new_key, segment
from cli.connection import connect_as
from cli.output import err, out, print_fields, print_json, short_time, table

Json = dict[str, Any]
KeyId = Annotated[str, typer.Argument(help="As `list` shows it.", metavar="KEY-ID", show_default=False)]

app = typer.Typer()
group = typer.Typer(no_args_is_help=True)
app.add_typer(group, name="key")


class KeyClient(Client):
    def me(self) -> Json:
        return cast("Json", self._read("/v1/me"))

    def make_key(self, body: Json, *, key: str) -> Json:
        return self._change("POST", "/v1/keys", key, body)

    def keys(self) -> list[Json]:
        return list(self._pages("/v1/keys", {}))

    def revoke_key(self, key_id: str, *, key: str) -> Json:
        return self._change("DELETE", f"/v1/keys/{segment(key_id)}", key)


@app.command()
def whoami(as_json: AsJson = False) -> None:
    """Who the API takes you for."""
    me = connect_as(KeyClient).me()
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
    key: Key = None,
    as_json: AsJson = False,
) -> None:
    """Make a key. It is printed once, and nowhere kept."""
    body: Json = {"name": name, "roles": role}
    body |= {"customer_id": customer} if customer else {}
    body |= {"expires_at": expires.replace(tzinfo=UTC).isoformat()} if expires else {}
    made = connect_as(KeyClient).make_key(body, key=key or new_key())
    if as_json:
        print_json(made)
        return
    err().print(f"key {made['id']} for {_shown(made['roles'])}; keep it, it is not shown again:")
    out().print(made["key"], soft_wrap=True)


@group.command("list")
def list_keys(as_json: AsJson = False) -> None:
    """All keys, oldest first."""
    found = connect_as(KeyClient).keys()
    if as_json:
        print_json(found)
        return
    columns = ("key", "name", "roles", "customer", "made by", "last used", "ends")
    out().print(table(columns, [_line(one) for one in found]))


@group.command()
def revoke(key_id: KeyId, key: Key = None, as_json: AsJson = False) -> None:
    """Take a key from now on no more."""
    revoked = connect_as(KeyClient).revoke_key(key_id, key=key or new_key())
    if as_json:
        print_json(revoked)
    else:
        out().print(f"key {revoked['id']} is revoked since {short_time(revoked['revoked_at'])}")


def _line(key: Json) -> tuple[str, ...]:
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
