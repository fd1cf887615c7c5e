"""Commands that change a tenant."""

import sys
from pathlib import Path
from typing import Annotated, Any

import typer

from cli.changes import (
    AsJson,
    Change,
    Counted,
    Key,
    NoWait,
    PauseBefore,
    Slug,
    SlugOrOperation,
    Why,
    operation_of,
)
from cli.leaving import confirm, removes_at_once
from cli.signups import SignupForm, load_signup
from cli.wishes import Grace, counts, grace_seconds, scaled
from client import Client, models

app = typer.Typer()


@app.command()
def signup(  # noqa: PLR0913, PLR0917 - Typer makes each parameter an option
    slug: Annotated[str | None, typer.Argument(help="Name of the tenant in addresses.")] = None,
    file: Annotated[
        Path | None,
        typer.Option(help="A filled-in form, as in examples/signups.", exists=True, dir_okay=False),
    ] = None,
    plan: Annotated[str | None, typer.Option(show_default=False)] = None,
    users: Annotated[int | None, typer.Option(show_default=False)] = None,
    region: Annotated[str | None, typer.Option(show_default=False)] = None,
    customer: Annotated[str | None, typer.Option(help="Name of the customer; a new name makes one.")] = None,
    customer_id: Annotated[str | None, typer.Option(help="Id of the customer instead.")] = None,
    time_zone: Annotated[
        str | None, typer.Option(help="Of its billing periods, for good; else the customer's.")
    ] = None,
    servers: Counted = None,
    databases: Counted = None,
    applications: Counted = None,
    clusters: Counted = None,
    pause_before: PauseBefore = None,
    reason: Why = None,
    key: Key = None,
    as_json: AsJson = False,
    no_wait: NoWait = False,
) -> None:
    """Sign a customer up: from a form in a file, from options, or both (options win)."""
    resources = counts(servers, databases, applications, clusters)
    form: dict[str, Any] = load_signup(file).model_dump() if file else {}
    given = {"slug": slug, "plan": plan, "users": users, "region": region, "customer": customer}
    form |= {name: value for name, value in given.items() if value is not None}
    form |= {"time_zone": time_zone} if time_zone else {}
    form["resources"] = {**form.get("resources", {}), **resources}
    if customer_id:
        form.setdefault("customer", "")
    if missing := [name for name in given if name not in form]:
        raise typer.BadParameter(f"missing: {', '.join(missing)}")
    filled = SignupForm.model_validate(form)
    body = filled.body(customer_id=customer_id)
    if pause_before:
        body["pause_before"] = pause_before
    Change(as_json, no_wait, key, reason).run(lambda client, key: client.sign_up(body, idempotency_key=key))


@app.command()
def scale(  # noqa: PLR0913, PLR0917 - Typer makes each parameter an option
    slug: Slug,
    plan: Annotated[str | None, typer.Option(show_default=False)] = None,
    users: Annotated[int | None, typer.Option(show_default=False)] = None,
    servers: Counted = None,
    databases: Counted = None,
    applications: Counted = None,
    clusters: Counted = None,
    pause_before: PauseBefore = None,
    reason: Why = None,
    key: Key = None,
    as_json: AsJson = False,
    no_wait: NoWait = False,
) -> None:
    """Change plan, users or counts; what is not named stays. A running scale takes the newer target."""
    changes = scaled(plan, users, counts(servers, databases, applications, clusters))
    if pause_before:
        changes["pause_before"] = pause_before
    Change(as_json, no_wait, key, reason).run(
        lambda client, key: client.scale(slug, changes, idempotency_key=key)
    )


@app.command()
def suspend(
    slug: Slug,
    pause_before: PauseBefore = None,
    reason: Why = None,
    key: Key = None,
    as_json: AsJson = False,
    no_wait: NoWait = False,
) -> None:
    """Stop the tenant's workload and keep its data."""
    Change(as_json, no_wait, key, reason).run(
        lambda client, key: client.suspend(slug, pause_before=pause_before, idempotency_key=key)
    )


@app.command()
def resume(
    slug: Slug,
    pause_before: PauseBefore = None,
    reason: Why = None,
    key: Key = None,
    as_json: AsJson = False,
    no_wait: NoWait = False,
) -> None:
    """Start a suspended tenant again."""
    Change(as_json, no_wait, key, reason).run(
        lambda client, key: client.resume(slug, pause_before=pause_before, idempotency_key=key)
    )


@app.command()
def restore(
    slug: Slug,
    pause_before: PauseBefore = None,
    reason: Why = None,
    key: Key = None,
    as_json: AsJson = False,
    no_wait: NoWait = False,
) -> None:
    """Take back a teardown whose grace is not over."""
    Change(as_json, no_wait, key, reason).run(
        lambda client, key: client.restore(slug, pause_before=pause_before, idempotency_key=key)
    )


@app.command()
def teardown(  # noqa: PLR0913, PLR0917 - Typer makes each parameter an option
    slug: Slug,
    grace: Grace = None,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")] = False,
    pause_before: PauseBefore = None,
    reason: Why = None,
    key: Key = None,
    as_json: AsJson = False,
    no_wait: NoWait = False,
) -> None:
    """End a tenant; with a grace of 0 everything is removed at once, and proven gone."""
    seconds = None if grace is None else grace_seconds(grace)

    def send(client: Client, key: str | None) -> models.Accepted:
        if not yes and removes_at_once(client, slug, seconds):
            confirm(slug, can_ask=not as_json and sys.stdin.isatty())
        return client.tear_down(slug, grace=seconds, pause_before=pause_before, idempotency_key=key)

    Change(as_json, no_wait, key, reason).run(send)


@app.command()
def cancel(
    operation: SlugOrOperation,
    reason: Why = None,
    key: Key = None,
    as_json: AsJson = False,
    no_wait: NoWait = False,
) -> None:
    """Stop an operation; what it did is undone."""

    def send(client: Client, key: str | None) -> models.Accepted:
        return client.cancel(operation_of(client, operation), idempotency_key=key)

    Change(as_json, no_wait, key, reason).run(send, wanted="cancelled")
