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
from cli.client import Client
from cli.leaving import confirm, removes_at_once
from cli.signups import SignupForm, load_signup
from cli.wishes import Grace, counts, grace_seconds, scaled

Json = dict[str, Any]

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
    form: Json = load_signup(file).model_dump() if file else {}
    given = {"slug": slug, "plan": plan, "users": users, "region": region, "customer": customer}
    form |= {name: value for name, value in given.items() if value is not None}
    form |= {"time_zone": time_zone} if time_zone else {}
    form["resources"] = {**form.get("resources", {}), **resources}
    if customer_id:
        form.setdefault("customer", "")
    if missing := [name for name in given if name not in form]:
        raise typer.BadParameter(f"missing: {', '.join(missing)}")
    filled = SignupForm.model_validate(form)
    body = filled.body(customer_id=customer_id) | _pauses(pause_before)
    Change(as_json, no_wait, key, reason).run(lambda client, key: client.signup(body, key=key))


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
    Change(as_json, no_wait, key, reason).run(
        lambda client, key: client.scale(slug, changes | _pauses(pause_before), key=key)
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
    _act(slug, "suspend", pause_before, Change(as_json, no_wait, key, reason))


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
    _act(slug, "resume", pause_before, Change(as_json, no_wait, key, reason))


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
    _act(slug, "restore", pause_before, Change(as_json, no_wait, key, reason))


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

    def send(client: Client, key: str) -> Json:
        if not yes and removes_at_once(client, slug, seconds):
            confirm(slug, can_ask=not as_json and sys.stdin.isatty())
        return client.teardown(slug, seconds, key=key, pause_before=pause_before or ())

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

    def send(client: Client, key: str) -> Json:
        return client.cancel(operation_of(client, operation), key=key)

    Change(as_json, no_wait, key, reason).run(send, wanted="cancelled")


def _act(slug: str, action: str, pause_before: list[str] | None, change: Change) -> None:
    change.run(lambda client, key: client.act(slug, action, key=key, pause_before=pause_before or ()))


def _pauses(steps: list[str] | None) -> Json:
    return {"pause_before": steps} if steps else {}
