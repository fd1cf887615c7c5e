"""`tenantry drift`: what differs from what the blueprints want, and what belongs to no tenant."""

import time
from typing import Annotated

import typer
from rich.markup import escape

from cli.changes import AsJson, Change, Key, NoWait, Slug, Why, slug_if_any
from cli.connection import connect
from cli.output import err, out, print_error, print_json, short_time, styled, table
from client import models

PAUSE_SECONDS = 0.5
ENDINGS = frozenset({"deleted", "refused", "gone"})
ANY_SLUG = Annotated[
    str | None, typer.Argument(help="One tenant; else all that are not in sync.", callback=slug_if_any)
]
Reason = Annotated[str, typer.Option(help="Why it may go; recorded with who asked.", show_default=False)]
OrphanId = Annotated[
    str, typer.Argument(metavar="ID", help="From `tenantry drift orphans`.", show_default=False)
]

group = typer.Typer(no_args_is_help=True)
app = typer.Typer()
app.add_typer(group, name="drift", help="What differs from the blueprints, and what belongs to no tenant.")


@group.command()
def show(slug: ANY_SLUG = None, as_json: AsJson = False) -> None:
    """What the last look found: of one tenant everything, else a line for each that is not in sync."""
    client = connect()
    if slug is None:
        found = list(client.drifted())
        print_json(found) if as_json else _print_drifted(found)
    else:
        view = client.tenant_drift(slug)
        print_json(view) if as_json else _print_drift(view)


@group.command()
def repair(
    slug: Slug,
    yes: Annotated[
        bool, typer.Option("--yes", "-y", help="Make anew, empty, what is gone with the tenant's data.")
    ] = False,
    reason: Why = None,
    key: Key = None,
    as_json: AsJson = False,
    no_wait: NoWait = False,
) -> None:
    """Bring back what somebody else changed or deleted; what is not ours is left untouched."""
    Change(as_json, no_wait, key, reason).run(
        lambda client, key: client.repair(slug, accept_data_loss=yes or None, idempotency_key=key),
    )


@group.command()
def orphans(as_json: AsJson = False) -> None:
    """Things that bear this installation's mark and belong to no tenant that may have them."""
    found = list(connect().orphans())
    if as_json:
        print_json(found)
        return
    if not found:
        out().print("nothing was found that belongs to no tenant")
        return
    rows = (
        [
            one["id"],
            one["kind"],
            escape(f"{one['namespace']}/{one['name']}" if one["namespace"] else one["name"]),
            one["place"],
            short_time(one["first_seen"]),
            short_time(one["last_seen"]),
            styled(one["state"]),
            escape(f"{one['why']}{': ' if one['detail'] else ''}{one['detail']}"),
        ]
        for one in found
    )
    out().print(table(["ID", "KIND", "NAME", "PLACE", "FIRST SEEN", "LAST SEEN", "STATE", "WHY"], rows))


@group.command("delete-orphan")
def delete_orphan(
    orphan: OrphanId, reason: Reason, key: Key = None, as_json: AsJson = False, no_wait: NoWait = False
) -> None:
    """Delete an orphan for good, if it still is ours and still belongs to nobody."""
    client = connect()
    view = client.delete_orphan(orphan, reason=reason, idempotency_key=key)
    while not no_wait and view["state"] not in ENDINGS:
        time.sleep(PAUSE_SECONDS)
        view = client.orphan(orphan)
    if as_json:
        print_json(view)
    if view["state"] == "refused":
        print_error([f"{view['kind']} {view['name']} was not deleted", f"  {view['detail']}"])
        raise typer.Exit(1)
    if not as_json:
        said = f": {view['detail']}" if view["detail"] else ""
        out().print(escape(f"{view['kind']} {view['name']} {view['state']}{said}"))


def _print_drifted(found: list[models.DriftView]) -> None:
    if not found:
        out().print("every tenant that was looked at is in sync")
        return
    rows = (
        [
            escape(view["slug"]),
            styled(view["phase"]),
            sum(len(look["differences"]) for look in view["looks"]),
            _looked_at(view),
            escape("; ".join(_messages(view))),
        ]
        for view in found
    )
    out().print(table(["SLUG", "PHASE", "DIFFERENCES", "LOOKED AT", "WHAT"], rows))


def _looked_at(view: models.DriftView) -> str:
    return short_time(
        min((look["observed_at"] for look in view["looks"] if look["observed_at"]), default=None)
    )


def _messages(view: models.DriftView) -> list[str]:
    told = [one["message"] for one in view["conditions"] if one["type"] != "InSync"]
    errors = [look["error"] for look in view["looks"] if look["error"]]
    return [*told, *errors, *_failed_repair(view)]


def _failed_repair(view: models.DriftView) -> list[str]:
    failed = view["failed_repair"]
    if failed is None:
        return []
    error = failed["error"]
    step = f" at step {error['step']}" if error["step"] else ""
    return [
        f"last repair failed ({short_time(failed['failed_at'])}): {error['code']}{step}: {error['message']}"
    ]


def _print_drift(view: models.DriftView) -> None:
    seen = _looked_at(view)
    state = {True: "in sync", False: "not in sync", None: "not looked at yet"}[view["in_sync"]]
    looked = f", looked at {seen} UTC" if seen else ""
    out().print(f"[bold]{escape(view['slug'])}[/] is {state}{looked}")
    rows = [
        [
            one["step"],
            one["what"],
            escape(f"{one['kind']} {one['name']}"),
            escape(one["field"]),
            escape(one["wanted"]),
            escape(one["found"]),
            short_time(one["since"]),
        ]
        for look in view["looks"]
        for one in look["differences"]
    ]
    if rows:
        out().print(table(["STEP", "WHAT", "THING", "FIELD", "WANTED", "FOUND", "SINCE"], rows))
    for look in view["looks"]:
        if look["error"]:
            err().print(escape(f"{look['provider']} could not be looked at: {look['error']}"))
        if look["deferred_at"]:
            err().print(f"{look['provider']} was left alone: an operation held the tenant")
    for line in _failed_repair(view):
        err().print(escape(line))
