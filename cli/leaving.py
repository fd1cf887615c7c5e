"""What is asked before a tenant is removed for good."""

import typer

from cli.output import err
from client import Client


def confirm(slug: str, *, can_ask: bool) -> None:
    """Returns if a person agrees. Raises typer.Abort, or BadParameter where nobody can be asked."""
    said = f"everything of {slug} will be removed for good; only a plan's final snapshot is kept"
    if not can_ask:
        raise typer.BadParameter(f"{said}; say --yes if that is meant")
    err().print(said)
    typer.confirm("go on?", abort=True, err=True)


def removes_at_once(client: Client, slug: str, grace: int | None) -> bool:
    """Whether nothing could be restored; `grace` in seconds, none takes the plan's."""
    if grace is not None:
        return grace == 0
    plan = client.tenant(slug)["plan"]
    return any(sold["name"] == plan and sold["grace_days"] == 0 for sold in client.plans())
