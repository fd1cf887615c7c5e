"""`tenantry access`: into a tenant for a while, when somebody else has agreed."""

import json
import re
import shlex
from pathlib import Path
from typing import Annotated, Any, Literal, cast

import typer
import yaml
from rich.markup import escape

from cli.changes import AsJson, Key, Slug, Why, slug_if_any
from cli.connection import connect
from cli.output import err, out, print_json, short_time, styled, table
from client import Client, models
from runtime.sealed_box import Receiver, SealBroken

Json = dict[str, Any]
AccessId = Annotated[str, typer.Argument(metavar="ID", help="As `list` shows it.", show_default=False)]
Form = Literal["kubeconfig", "exec", "json", "aws-env", "aws-process"]
Provider = Literal["kubernetes", "aws"]
_UNITS = {"m": 60, "h": 3600}

app = typer.Typer()
group = typer.Typer(no_args_is_help=True)
app.add_typer(group, name="access", help="Into a tenant for a while, when somebody else has agreed.")


def _opened(client: Client, access_id: str, provider: Provider) -> Json:
    """Credentials, sealed for a key that was made for this and is forgotten after it."""
    receiver = Receiver.new()
    body: models.WantedCredentials = {"public_key": receiver.public_key, "provider": provider}
    sealed = client.access_credentials(access_id, body)[provider]
    if sealed is None:
        raise SealBroken("the answer holds no such credentials")
    return cast("Json", json.loads(receiver.open(sealed["sealed"], f"{provider} {access_id}")))


def _seconds(text: str) -> int:
    found = re.fullmatch(r"(\d{1,6})([mh])", text.strip())
    if found is None:
        raise typer.BadParameter("write it as 45m or 2h")
    return int(found[1]) * _UNITS[found[2]]


@group.command()
def request(
    slug: Slug,
    reason: Annotated[str, typer.Option(help="Why; the customer sees it.", show_default=False)],
    lasting: Annotated[
        str, typer.Option("--for", metavar="TIME", help="From its approval on: 15m to 8h.")
    ] = "1h",
    write: Annotated[bool, typer.Option("--write", help="Also to change things; else to read.")] = False,
    key: Key = None,
    as_json: AsJson = False,
) -> None:
    """Ask for access. Somebody else has to approve it."""
    body: models.NewAccess = {
        "reason": reason,
        "seconds": _seconds(lasting),
        "mode": "write" if write else "read",
    }
    view = connect().request_access(slug, body, idempotency_key=key)
    who = "the customer" if view["approval"] == "customer" else "an operator or admin"
    _print(view, as_json, f"access {view['id']} waits for {who}: tenantry access approve {view['id']}")


@group.command()
def approve(access: AccessId, reason: Why = None, key: Key = None, as_json: AsJson = False) -> None:
    """Agree to what somebody else asked for."""
    view = connect(reason).approve_access(access, idempotency_key=key)
    until = short_time(view["ends_at"])
    _print(
        view, as_json, f"{view['requested_by']} has {view['mode']} access to {view['slug']} until {until} UTC"
    )


@group.command("list")
def list_access(
    slug: Annotated[str | None, typer.Argument(help="One tenant; else all.", callback=slug_if_any)] = None,
    state: Annotated[
        list[str] | None, typer.Option(help="Only in this state; may be given several times.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Who had, has or wants access to what, and why; newest first."""
    client = connect()
    states = cast("list[models.AccessState] | None", state)  # the API judges them
    found = list(client.tenant_access(slug, state=states) if slug else client.all_access(state=states))
    if as_json:
        print_json(found)
        return
    columns = ("ID", "TENANT", "STATE", "MODE", "WHO", "SINCE", "UNTIL", "APPROVED BY", "WHY")
    out().print(table(columns, [_line(one) for one in found]))


@group.command()
def revoke(access: AccessId, reason: Why = None, key: Key = None, as_json: AsJson = False) -> None:
    """End it now: its token is refused from then on."""
    view = connect(reason).revoke_access(access, idempotency_key=key)
    _print(view, as_json, f"access {view['id']} to {view['slug']} is being taken away")


@group.command()
def credentials(
    access: AccessId,
    form: Annotated[
        Form,
        typer.Option(
            "--as",
            help="For the cluster: a kubeconfig, what kubectl's exec plug-ins print, or plain JSON. "
            "For AWS: lines for a shell, or what the AWS CLI's credential_process prints.",
        ),
    ] = "kubeconfig",
    to: Annotated[
        Path | None,
        typer.Option(help="A new file, for you alone; else they are printed.", show_default=False),
    ] = None,
    server: Annotated[
        str | None, typer.Option(help="Where you reach the cluster, if not where the worker does.")
    ] = None,
) -> None:
    """Credentials of access that you asked for. They die by themselves; ask again for new ones."""
    found = _opened(connect(), access, "aws" if form in _FOR_AWS else "kubernetes")
    found |= {"server": server} if server else {}
    text = _FORMS[form](access, found)
    if to is None:
        out().print(text, markup=False, soft_wrap=True, end="")
        return
    try:
        to.touch(mode=0o600, exist_ok=False)
    except OSError as error:
        raise typer.BadParameter(f"cannot make {to}: {error.strerror}") from None
    to.write_text(text)
    err().print(f"written to {to}; good until {short_time(found['expires_at'])} UTC")


def _kubeconfig(access: str, found: Json) -> str:
    cluster = {"server": found["server"]}
    if authority := found["certificate_authority"]:
        cluster["certificate-authority-data"] = authority
    context = {"cluster": access, "user": access, "namespace": found["namespace"]}
    return yaml.safe_dump(
        {
            "apiVersion": "v1",
            "kind": "Config",
            "clusters": [{"name": access, "cluster": cluster}],
            "users": [{"name": access, "user": {"token": found["token"]}}],
            "contexts": [{"name": access, "context": context}],
            "current-context": access,
        },
        sort_keys=False,
    )


def _exec(_access: str, found: Json) -> str:
    """With it kubectl renews them by itself."""
    status = {"token": found["token"], "expirationTimestamp": found["expires_at"]}
    return json.dumps(
        {"apiVersion": "client.authentication.k8s.io/v1", "kind": "ExecCredential", "status": status}
    )


def _json(_access: str, found: Json) -> str:
    return json.dumps(found, indent=2) + "\n"


def _aws_env(_access: str, found: Json) -> str:
    names = {"access_key_id", "secret_access_key", "session_token", "region"}
    return "".join(
        f"export AWS_{name.upper()}={shlex.quote(found[name])}\n" for name in found if name in names
    )


def _aws_process(_access: str, found: Json) -> str:
    """With it the AWS CLI and SDKs renew them by themselves."""
    return json.dumps(
        {
            "Version": 1,
            "AccessKeyId": found["access_key_id"],
            "SecretAccessKey": found["secret_access_key"],
            "SessionToken": found["session_token"],
            "Expiration": found["expires_at"],
        }
    )


_FORMS = {
    "kubeconfig": _kubeconfig,
    "exec": _exec,
    "json": _json,
    "aws-env": _aws_env,
    "aws-process": _aws_process,
}
_FOR_AWS = frozenset({"aws-env", "aws-process"})


def _print(view: models.AccessView, as_json: bool, said: str) -> None:
    if as_json:
        print_json(view)
    else:
        out().print(escape(said))


def _line(one: models.AccessView) -> tuple[str, ...]:
    return (
        one["id"],
        one["slug"],
        styled(one["state"]),
        one["mode"],
        escape(one["requested_by"]),
        short_time(one["requested_at"]),
        short_time(one["ended_at"] or one["ends_at"]),
        escape(one["approved_by"] or ""),
        escape(f"{one['reason']}{': ' if one['detail'] else ''}{one['detail']}"),
    )
