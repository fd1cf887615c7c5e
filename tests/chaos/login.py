"""Logs in to the tenant's database as its pods would."""

import base64
from typing import Any

import psycopg

from tests import logins
from tests.chaos.ground import Ground
from tests.chaos.world import World
from tests.workflows.stage import Json


def login_problem(ground: Ground, tenant: Json, world: World) -> str | None:
    """What keeps the current secret, or what the cluster has of it, from letting in; None if nothing does."""
    auditor, region = ground.stage.auditor, ground.cell["region"]
    instance = auditor.database(tenant["tenant_id"], region)
    name = f"{ground.stage.settings.install}-{tenant['tenant_id']}-database-password"
    try:
        logins.acts_as(instance, logins.secret(auditor.aws("secretsmanager", region), name))
        logins.acts_as(instance, _in_cluster(world))
    except (psycopg.Error, LookupError) as error:
        return f"{type(error).__name__}: {error}"
    return None


def _in_cluster(world: World) -> dict[str, str]:
    """What auth reads when it starts."""
    found: dict[str, Any] = next(
        found["data"]
        for resource, name, found in world.objects
        if (resource, name) == ("secrets", "database")
    )
    return {key: base64.b64decode(value).decode() for key, value in found.items()}
