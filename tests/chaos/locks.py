"""Holds one records activity in PostgreSQL itself, by locks that another session could hold as well."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from typing import Any

import psycopg

from tests.chaos.waiting import until
from tests.workflows.stage import Json

POLL_SECONDS = 0.01
BLOCKED = """
SELECT count(*) FROM pg_stat_activity
 WHERE application_name = 'tenantry' AND wait_event_type = 'Lock' AND pg_blocking_pids(pid) && %s::int[]"""


class Locks:
    """The sessions that stand in the way of one activity. Closed, they let it pass."""

    def __init__(self, url: str, tenant: Json) -> None:
        self._url = url
        self._tenant = tenant
        self._sessions: list[psycopg.AsyncConnection[Any]] = []
        self._lost_run: str | None = None

    async def take(self, statement: str, *values: object) -> bool:
        """Begins a transaction that holds what the statement locks; False if that is nothing."""
        session = await psycopg.AsyncConnection.connect(self._url)
        cursor = await session.execute(statement, values)
        if cursor.description is not None and not await cursor.fetchall():
            await session.close()
            return False
        self._sessions.append(session)
        return True

    async def remember_lost_run(self) -> None:
        """The operation that a lost run has left open is there before its recovery begins."""
        query = "SELECT run_id FROM operation WHERE tenant_id = %s AND status = 'running'"
        async with await psycopg.AsyncConnection.connect(self._url) as session:
            row = await (await session.execute(query, (self._tenant["tenant_id"],))).fetchone()
        self._lost_run = row[0] if row else None

    async def take_operation(self, *, undone: bool) -> None:
        """The row of the open operation, once its run has begun, or noted that it is being undone."""
        await self.take_when_there(
            "SELECT id FROM operation WHERE tenant_id = %s AND status = 'running'"
            " AND run_id IS DISTINCT FROM %s AND (undoing IS NOT NULL OR NOT %s) FOR NO KEY UPDATE",
            self._tenant["tenant_id"],
            self._lost_run,
            undone,
        )

    async def take_when_there(self, statement: str, *values: object) -> None:
        """The same for rows that are about to be written."""
        await until(lambda: self.take(statement, *values), statement, every=POLL_SECONDS)

    async def until_felt(self) -> None:
        """Returns when somebody waits for one of them."""
        pids = [session.info.backend_pid for session in self._sessions]
        async with await psycopg.AsyncConnection.connect(self._url, autocommit=True) as looking:

            async def felt() -> bool:
                return await _count(looking, pids) > 0

            await until(felt, "an activity that waits for our lock", every=POLL_SECONDS)

    async def drop_first(self) -> None:
        await self._sessions.pop(0).close()

    async def close(self) -> None:
        for session in self._sessions:
            # PostgreSQL may have been killed under it.
            with contextlib.suppress(psycopg.Error):
                await session.close()
        self._sessions.clear()


async def _count(session: psycopg.AsyncConnection[Any], pids: list[int]) -> int:
    cursor = await session.execute(BLOCKED, (pids,))
    row = await cursor.fetchone()
    return int(row[0]) if row else 0


@contextlib.asynccontextmanager
async def before(url: str, record: str, tenant: Json) -> AsyncIterator[Locks]:
    """Locks that can be taken before the operation begins."""
    locks = Locks(url, tenant)
    try:
        match record:
            case "records.begin" | "records.begin_removal":
                await locks.take("LOCK TABLE operation IN SHARE MODE")
            case "records.issue_certificate":
                await locks.take("LOCK TABLE certificate IN SHARE MODE")
            case "records.finish":
                await locks.remember_lost_run()
        yield locks
    finally:
        await locks.close()


async def after_begin(locks: Locks, record: str, tenant: Json, *, undone: bool) -> None:
    """Locks that need what the operation's begin writes, or the note that it is being undone.

    Returns when the activity waits for one.
    """
    tenant_id = tenant["tenant_id"]
    match record:
        case "records.begin_removal":
            await locks.until_felt()
            # Queues behind the begin, which has the row, and stands before all that come later.
            waiting = asyncio.create_task(
                locks.take("SELECT id FROM tenant WHERE id = %s FOR KEY SHARE", tenant_id)
            )
            await asyncio.sleep(0.05)
            await locks.drop_first()
            await waiting
        case "records.finish":
            await locks.take_operation(undone=undone)
    await locks.until_felt()
