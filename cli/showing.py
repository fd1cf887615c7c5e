"""Commands that only look."""

from datetime import datetime
from typing import Annotated, cast

import typer
from rich.markup import escape

from cli.certificates import print_certificate
from cli.changes import (
    OPERATION_ID,
    AsJson,
    Slug,
    SlugOrOperation,
    await_end,
    operation_document,
    operation_of,
)
from cli.connection import connect
from cli.interventions import standing
from cli.output import out, print_fields, print_json, short_time, styled, table
from client import models
from domain.counting import counted
from domain.phases import Phase

app = typer.Typer()


@app.command("list")
def list_tenants(
    phase: Annotated[list[Phase] | None, typer.Option(help="Only in this phase; repeatable.")] = None,
    plan: Annotated[list[str] | None, typer.Option(help="Only on this plan; repeatable.")] = None,
    region: Annotated[list[str] | None, typer.Option(help="Only in this region; repeatable.")] = None,
    as_json: AsJson = False,
) -> None:
    """Tenants, those that are gone included."""
    phases = cast("list[models.Phase] | None", phase)
    tenants = list(connect().tenants(phase=phases, plan=plan, region=region))
    if as_json:
        print_json(tenants)
        return
    rows = (
        [
            escape(tenant["slug"]),
            styled(tenant["phase"]),
            tenant["plan"],
            tenant["target"]["users"],
            tenant["region"],
            short_time(tenant["created_at"]),
        ]
        for tenant in tenants
    )
    out().print(table(["SLUG", "PHASE", "PLAN", "USERS", "REGION", "SINCE"], rows))


@app.command()
def show(
    what: SlugOrOperation,
    as_json: AsJson = False,
) -> None:
    """One tenant, or one operation with its steps."""
    client = connect()
    if OPERATION_ID.fullmatch(what):
        operation = client.operation(what)
        print_json(operation_document(operation)) if as_json else _print_operation(operation)
        return
    tenant = client.tenant(what)
    if as_json:
        print_json(tenant)
        return
    _print_tenant(tenant)
    out().print()
    _print_operation(client.operation(operation_of(client, what)))


@app.command()
def watch(
    operation: SlugOrOperation,
    as_json: AsJson = False,
) -> None:
    """Follow an operation to its end."""
    client = connect()
    await_end(client, operation_of(client, operation), as_json=as_json)


@app.command()
def operations(slug: Slug, as_json: AsJson = False) -> None:
    """A tenant's latest operations, newest first."""
    found = connect().tenant_operations(slug)
    if as_json:
        print_json([operation_document(operation) for operation in found])
        return
    rows = (
        [
            operation["id"],
            operation["kind"],
            styled(operation["status"]),
            short_time(operation["accepted_at"]),
            short_time(operation["finished_at"]),
            escape(operation["error"]["message"] if operation["error"] else ""),
        ]
        for operation in found
    )
    out().print(table(["OPERATION", "KIND", "STATUS", "ACCEPTED", "FINISHED", "WHY"], rows))


@app.command()
def certificate(slug: Slug, as_json: AsJson = False) -> None:
    """The proof that a torn-down tenant is gone."""
    found = connect().certificate(slug)
    print_json(found) if as_json else print_certificate(out(), found)


@app.command()
def plans(as_json: AsJson = False) -> None:
    """What is sold."""
    found = connect().plans()
    if as_json:
        print_json(found)
        return
    rows = (
        [plan["name"], plan["title"], plan["blueprint"], f"{plan['min_users']} to {plan['max_users']}"]
        for plan in found
    )
    out().print(table(["PLAN", "TITLE", "BLUEPRINT", "USERS"], rows))


@app.command()
def cells(as_json: AsJson = False) -> None:
    """Where tenants run."""
    found = connect().cells()
    if as_json:
        print_json(found)
        return
    rows = ([cell["name"], cell["region"], cell["domain"]] for cell in found)
    out().print(table(["CELL", "REGION", "DOMAIN"], rows))


def _print_tenant(tenant: models.TenantView) -> None:
    resources = cast("dict[str, int]", tenant["target"]["resources"])
    counts = [counted(count, name.removesuffix("s")) for name, count in resources.items() if count]
    print_fields(
        {
            "slug": escape(tenant["slug"]),
            "id": tenant["id"],
            "phase": styled(tenant["phase"]),
            "url": tenant["url"],
            "plan": tenant["plan"],
            "users": tenant["target"]["users"],
            "protects": ", ".join(counts) or None,
            "region": f"{tenant['region']} (cell {tenant['cell']})",
            "customer": tenant["customer_id"],
            "time zone": tenant["time_zone"],
            "removed after": short_time(tenant["remove_after"]) or None,
            "since": short_time(tenant["created_at"]),
            **{condition["type"]: escape(condition["message"]) for condition in tenant["conditions"]},
        }
    )


def _print_operation(view: models.OperationDetail) -> None:
    error = view.get("error")
    print_fields(
        {
            "operation": view["id"],
            "kind": f"{view['kind']} of {escape(view['slug'])}",
            "status": f"{styled(view['status'])} ({view['percent']} %)",
            "undone": None if view["undone_percent"] is None else f"{view['undone_percent']} %",
            "waiting for": escape(view["waiting_for"]) or None,
            "error": f"{error['code']}: {escape(error['message'])}" if error else None,
            "kept": escape("; ".join(view["kept"])) or None,
        }
    )
    rows = (
        [
            step["title"],
            styled(step["status"]),
            _seconds(step["started_at"], step["finished_at"]),
            _seconds(step["undo_started_at"], step["undo_finished_at"]),
            escape(step["detail"]),
        ]
        for step in view["steps"]
    )
    out().print(table(["STEP", "STATUS", "SECONDS", "UNDO", ""], rows))
    for line in standing(view):
        out().print(escape(line))


def _seconds(begin: str | None, end: str | None) -> str | None:
    if not begin or not end:
        return None
    took = datetime.fromisoformat(end) - datetime.fromisoformat(begin)
    return f"{took.total_seconds():.1f}"
