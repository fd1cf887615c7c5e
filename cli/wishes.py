"""What a person wishes of a tenant, from options to what the API takes."""

import re
from typing import Annotated, cast

import typer

from client import models

GRACE_UNITS = {"": 1, "s": 1, "m": 60, "h": 3600, "d": 86_400}
Grace = Annotated[
    str | None, typer.Option(help="How long it stays restorable (0, 12h, 14d); else as the plan says.")
]


def grace_seconds(text: str) -> int:
    """Seconds of '0', '90', '90s', '30m', '12h' or '14d'. Raises typer.BadParameter."""
    found = re.fullmatch(r"(\d+)([smhd]?)", text)
    if found is None:
        raise typer.BadParameter("write seconds, or a number with s, m, h or d: 0, 90s, 12h, 14d")
    return int(found[1]) * GRACE_UNITS[found[2]]


def counts(
    servers: int | None, databases: int | None, applications: int | None, clusters: int | None
) -> models.ScaleResources:
    """Those that are given."""
    given: models.ScaleResources = {
        "servers": servers,
        "databases": databases,
        "applications": applications,
        "clusters": clusters,
    }
    return cast("models.ScaleResources", {name: count for name, count in given.items() if count is not None})


def scaled(plan: str | None, users: int | None, resources: models.ScaleResources) -> models.Scale:
    """What a scale changes. Raises typer.BadParameter if that is nothing."""
    changes: models.Scale = {}
    if plan is not None:
        changes["plan"] = plan
    if users is not None:
        changes["users"] = users
    if resources:
        changes["resources"] = resources
    if not changes:
        raise typer.BadParameter("name what changes: --plan, --users or a count")
    return changes
