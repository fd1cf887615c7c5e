"""Whether this process lives, and whether it could serve a change."""

import asyncio
from collections.abc import Awaitable
from datetime import timedelta

from sqlalchemy import Engine
from sqlmodel import select
from temporalio.service import RPCError

from api.docs import errors
from api.guard import GuardedRouter
from api.problems import away
from api.services import Served
from api.views import Health
from domain.errors import Unavailable
from store.engine import transaction
from store.tables import PlanRow

router = GuardedRouter(tags=["health"])

CHECK_SECONDS = 3


@router.get("/healthz", summary="Whether the process lives", responses=errors("InternalError"))
async def healthz() -> Health:
    """Asks nothing else: a restart would not bring PostgreSQL back."""
    return Health(status="ok")


@router.get("/readyz", summary="Whether changes can be taken", responses=errors("Unavailable"))
async def readyz(services: Served) -> Health:
    """503 names what is away: PostgreSQL (or its tables are missing), Temporal, or both."""
    database, temporal = await asyncio.gather(
        _works(services.query(_tables_exist)),
        _works(services.temporal.service_client.check_health(timeout=timedelta(seconds=CHECK_SECONDS))),
    )
    missing = [name for name, works in (("PostgreSQL", database), ("Temporal", temporal)) if not works]
    if missing:
        raise away(" and ".join(missing))
    return Health(status="ok")


async def _works(check: Awaitable[bool]) -> bool:
    try:
        async with asyncio.timeout(CHECK_SECONDS):
            return await check
    except (TimeoutError, RPCError, Unavailable, RuntimeError):
        # RuntimeError is what a lazy Temporal client raises when it cannot connect.
        return False


def _tables_exist(engine: Engine) -> bool:
    with transaction(engine) as session:
        session.exec(select(PlanRow.name).limit(1)).first()
    return True
