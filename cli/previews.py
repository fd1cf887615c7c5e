"""`tenantry preview`: what a change would do.

Commands of their own and no option of the changes: an option that is left out must not change a tenant.
"""

from typing import Annotated, cast

import typer

from cli.changes import AsJson, Counted, Slug
from cli.connection import connect
from cli.output import out, print_json
from cli.previews_shown import print_preview
from cli.wishes import Grace, counts, grace_seconds, scaled
from client import models

group = typer.Typer(no_args_is_help=True)
app = typer.Typer()
app.add_typer(group, name="preview", help="What a change would do; nothing is changed.")


@group.command()
def scale(  # noqa: PLR0913, PLR0917 - Typer makes each parameter an option
    slug: Slug,
    plan: Annotated[str | None, typer.Option(show_default=False)] = None,
    users: Annotated[int | None, typer.Option(show_default=False)] = None,
    servers: Counted = None,
    databases: Counted = None,
    applications: Counted = None,
    clusters: Counted = None,
    as_json: AsJson = False,
) -> None:
    """Another plan, or other numbers of users and things; what is not named stays."""
    wishes = scaled(plan, users, counts(servers, databases, applications, clusters))
    _show(slug, cast("models.Preview", {"change": "scale", **wishes}), as_json=as_json)


@group.command()
def suspend(slug: Slug, as_json: AsJson = False) -> None:
    """The workload stops, the data stays."""
    _show(slug, {"change": "suspend"}, as_json=as_json)


@group.command()
def resume(slug: Slug, as_json: AsJson = False) -> None:
    """A suspended tenant works again."""
    _show(slug, {"change": "resume"}, as_json=as_json)


@group.command()
def restore(slug: Slug, as_json: AsJson = False) -> None:
    """A torn-down tenant comes back."""
    _show(slug, {"change": "restore"}, as_json=as_json)


@group.command()
def teardown(slug: Slug, grace: Grace = None, as_json: AsJson = False) -> None:
    """The tenant ends; with a grace of 0 everything is removed."""
    wanted: models.Preview = {"change": "teardown"}
    if grace is not None:
        wanted["grace"] = grace_seconds(grace)
    _show(slug, wanted, as_json=as_json)


def _show(slug: str, wanted: models.Preview, *, as_json: bool) -> None:
    found = connect().preview_change(slug, wanted)
    print_json(found) if as_json else print_preview(out(), found)
