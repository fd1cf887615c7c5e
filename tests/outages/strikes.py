"""What can be taken away, and by what an activity notices it."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass

from tests.outages.site import LONG_PAUSE_ATTEMPT, Site

Act = Callable[[Site], Awaitable[None]]


@dataclass(frozen=True)
class Strike:
    """One part goes away; `noticed` is in the failure of what needs it, if Temporal can say so."""

    name: str
    away: Act
    back: Act
    noticed: str | None = None
    attempt: int = 2
    """Before this attempt of an activity it strikes."""

    def __str__(self) -> str:
        return self.name

    @contextlib.asynccontextmanager
    async def during(self, site: Site) -> AsyncIterator[None]:
        """The part is away while the block runs."""
        await self.away(site)
        try:
            yield
        finally:
            await self.back(site)


async def _crash_postgres(site: Site) -> None:
    await asyncio.to_thread(site.postgres.crash)


async def _restart_postgres(site: Site) -> None:
    await asyncio.to_thread(site.postgres.start_again)


async def _crash_temporal(site: Site) -> None:
    await asyncio.to_thread(site.temporal.crash)


async def _restart_temporal(site: Site) -> None:
    await asyncio.to_thread(site.temporal.start_again)


async def _shut_aws(site: Site) -> None:
    await site.aws.shut()


async def _open_aws(site: Site) -> None:
    await site.aws.open()


async def _shut_clusters(site: Site) -> None:
    for door in site.clusters:
        await door.shut()


async def _open_clusters(site: Site) -> None:
    for door in site.clusters:
        await door.open()


async def _kill_worker(site: Site) -> None:
    await site.worker.kill()


async def _start_worker(site: Site) -> None:
    await site.worker.start()


# An attempt that is lost with worker or server is missed after a minute only.
POSTGRES = Strike("postgres", _crash_postgres, _restart_postgres, "PostgreSQL")
TEMPORAL = Strike("temporal", _crash_temporal, _restart_temporal, attempt=LONG_PAUSE_ATTEMPT)
AWS = Strike("aws", _shut_aws, _open_aws, "AWS: ")
CLUSTERS = Strike("clusters", _shut_clusters, _open_clusters, "the cluster cannot be reached")
WORKER = Strike("worker", _kill_worker, _start_worker, attempt=LONG_PAUSE_ATTEMPT)
