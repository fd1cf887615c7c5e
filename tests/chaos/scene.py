"""One case under way: the tenant, the point, and the hands that hold, strike and wait."""

import asyncio
import contextlib
import math
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Any

from temporalio.client import WorkflowExecutionStatus

from tests.chaos import beginnings, locks, wire
from tests.chaos.asks import path
from tests.chaos.ground import Ground
from tests.chaos.lives import Life
from tests.chaos.meddling import Hand
from tests.chaos.points import Act, Point
from tests.chaos.secrecy import Canaries
from tests.chaos.waiting import until
from tests.chaos.watch import Watch
from tests.chaos.wire import HOLD_SECONDS, Fault
from tests.chaos.world import inventory_key
from tests.workflows.stage import Json, new_key

POLL_SECONDS = 0.08
RECONCILE_SECONDS = 1
HELP_SECONDS = 0.5
TRIES = 3
PATIENCE_SECONDS = 75
UNDO_NOTED = "records.note"
"""With it the way back begins."""
OPEN = ("running", "waiting")
REPAIRABLE = ("active", "suspended")


@dataclass
class Scene:
    ground: Ground
    life: Life
    point: Point
    tenant: Json
    asking: asyncio.Task[None] | None = None
    attention: list[str] = field(default_factory=list)
    """What waited for a person, in its own words."""
    notes: list[str] = field(default_factory=list)
    """What the strike itself found to be wrong."""
    hand: Hand | None = None
    """Who was at one of the tenant's things."""
    left_to_the_hand: bool = False
    """What a hand deleted of a closed tenant stays missing until it is restored."""
    lost_for_good: set[str] = field(default_factory=set)
    """What the engine itself says that it cannot bring back: a password that somebody deleted."""
    refused: str = ""
    """How the wish that was the strike was refused, if it was, as it may be."""

    def __post_init__(self) -> None:
        self._reconcile_at = math.inf
        self.watch = Watch(
            self.ground.stage.client, self.tenant, since=UNDO_NOTED if self.life.refused_at else ""
        )
        self.canaries = Canaries(self.ground, self.tenant)

    async def begin(self) -> None:
        """Asks for the operation, and does not wait until it is accepted."""
        if self.life.refused_at:
            await (await beginnings.refusal(self)).set()
        await self.ask()

    async def ask(self) -> None:
        await self.watch.remember()
        self.asking = asyncio.create_task(self.life.ask(self.ground, self.tenant))
        await asyncio.sleep(0)

    @contextlib.asynccontextmanager
    async def struck(self, **fields: Any) -> AsyncIterator[Fault]:
        """Begins the operation with a fault in force at the point's call, until the block ends."""
        fault = Fault(self.ground, await wire.spot(self.ground, self.point, self.tenant), fields)
        try:
            if self.point.act is Act.VERIFY:
                await beginnings.stopped_before_proof(self, fault)
            elif self.life.refused_at:
                await beginnings.stopped_before_undo(self, fault)
            else:
                await fault.set()
                await self.begin()
            yield fault
            await self._learn()
        finally:
            await fault.lift()

    @contextlib.asynccontextmanager
    async def held(self) -> AsyncIterator[None]:
        """Begins the operation; in the block the point's activity is under way and cannot go on."""
        if self.point.act is Act.RECORD:
            async with locks.before(self.ground.database_url, self.point.name, self.tenant) as taken:
                await self.begin()
                undone = self.life.ends != "succeeded"
                await locks.after_begin(taken, self.point.name, self.tenant, undone=undone)
                await self._learn()
                yield
            return
        async with self.struck(action="delay", seconds=HOLD_SECONDS, times=1) as fault:
            await fault.until_taken()
            if not await self.watch.pending(self.point.activity):
                self.notes.append(f"the held call is not one of {self.point.activity}")
            yield

    @contextlib.asynccontextmanager
    async def held_late(self) -> AsyncIterator[None]:
        """The same, where the point's thing exists already: a sign-up is held at its end instead."""
        here = self.point
        if here.act is Act.MAKE:
            *_, last, finish = self.life.points
            self.point = finish if here == last else last
        try:
            async with self.held():
                yield
        finally:
            self.point = here

    async def lost(self) -> None:
        """The run is no more: who asked is answered, well or not, and the reconciler looks from now on."""
        if self.asking is not None:
            await asyncio.wait({self.asking})
            self.asking = None
        self._reconcile_at = time.monotonic()

    async def _reconcile(self) -> None:
        """As its schedule does, every second instead of every five minutes."""
        if time.monotonic() < self._reconcile_at:
            return
        self._reconcile_at = time.monotonic() + RECONCILE_SECONDS
        answer = await self.ground.stage.send("POST", "/v1/recoveries")
        if answer.status_code != 200:
            self.notes.append(f"the reconciler answered {answer.status_code} {answer.text}")

    async def _learn(self) -> None:
        await asyncio.to_thread(self.canaries.learn)

    # --- convergence ------------------------------------------------------------------------------------

    async def converged(self) -> None:
        """Returns when no operation and no run of the tenant is open. Raises NotSeen."""

        async def over() -> bool:
            await self._help()
            await self._reconcile()
            return await self.ended()

        async def closed() -> bool:
            return (await self.watch.run.describe()).status is not WorkflowExecutionStatus.RUNNING

        if self.asking is not None:
            await self.asking
        await until(over, "the end of all operations", patience=PATIENCE_SECONDS, every=POLL_SECONDS)
        await until(closed, "the end of the run")

    async def ended_or_stuck(self) -> None:
        """Returns when the operation has ended, or waits for a person."""

        async def either() -> bool:
            return await self.ended() or await self._stuck() is not None

        await until(
            either, "an end, or the condition NeedsAttention", patience=PATIENCE_SECONDS, every=POLL_SECONDS
        )

    async def ended(self) -> bool:
        """Whether the operation was registered, and no operation of the tenant is open."""
        rows = await self.rows("SELECT kind, status FROM operation WHERE tenant_id = %s")
        known = any(kind == self.life.kind for kind, _ in rows)
        return known and not any(status in OPEN for _, status in rows)

    async def operation_id(self) -> str:
        """Of the operation under test, known to the API before its run has registered it."""
        known = await self.rows(
            "WITH here AS (SELECT %s AS tenant) "
            "SELECT operation_id, created_at FROM idempotency, here WHERE tenant_id = here.tenant "
            "UNION SELECT id, accepted_at FROM operation, here WHERE tenant_id = here.tenant "
            "ORDER BY 2 DESC LIMIT 1"
        )
        return str(known[0][0])

    async def rows(self, statement: str) -> list[tuple[Any, ...]]:
        """What the database has; the statement's one parameter is the tenant's id."""
        cursor = await self.ground.database.execute(statement.encode(), (self.tenant["tenant_id"],))
        return list(await cursor.fetchall())

    async def _stuck(self) -> tuple[str, str] | None:
        """The operation that waits for a person, and why."""
        for held_by, conditions in await self.rows("SELECT held_by, conditions FROM tenant WHERE id = %s"):
            for condition in conditions:
                if held_by and condition["type"] == "NeedsAttention" and condition["status"]:
                    return held_by, f"{condition['reason']}: {condition['message']}"
        return None

    async def _help(self) -> None:
        """As an engineer who has mended the cause: has it tried again, and if that is no use, leaves."""
        stuck = await self._stuck()
        if stuck is None:
            return
        operation, why = stuck
        self.attention.append(why)
        stage = self.ground.stage
        if len(self.attention) <= TRIES:
            await stage.http.post(f"/v1/operations/{operation}/retry", headers=new_key())
        elif len(self.attention) == TRIES + 1:
            await stage.send("DELETE", f"{path(self.tenant)}?grace=0")
        await asyncio.sleep(HELP_SECONDS)

    async def repair(self) -> None:
        """What was changed or deleted in a tenant that lives on is brought back, by an operation of ours.

        It accepts the loss of data: what held it and was deleted is made anew, empty.
        """
        tenant = await self.ground.stage.tenant(self.tenant)
        if self.hand is None or tenant["phase"] not in REPAIRABLE:
            self.left_to_the_hand = self.hand is not None
            return
        await self.ground.stage.send("POST", f"{path(self.tenant)}/repair?accept_data_loss=true")
        await self.converged()
        drift = (await self.ground.stage.http.get(f"{path(self.tenant)}/drift")).json()
        self.lost_for_good = {
            inventory_key(difference["kind"], difference["name"])
            for look in drift["looks"]
            for difference in look["differences"]
            if difference["what"] == "lost"
        }
