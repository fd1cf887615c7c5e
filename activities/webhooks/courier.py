"""Tells endpoints what is due, each on its own: one that does not answer holds up no other."""

import asyncio
import time
from collections.abc import Callable

import httpcore
import structlog
from temporalio import activity

from activities.webhooks.sending import AT_ONCE, Sender
from domain.messages import WatchInput, WatchResult
from store.webhooks.queue import Attempt, Outcome, Queue, Round

LOOK_SECONDS = 1.0
MOST_ENDPOINTS = 100
"""That are told something at the same moment."""

log = structlog.get_logger(__name__)


class Courier:
    def __init__(self, queue: Queue, sender: Sender, *, look_seconds: float = LOOK_SECONDS) -> None:
        self._queue = queue
        self._sender = sender
        self._look_seconds = look_seconds

    def activities(self) -> list[Callable[..., object]]:
        return [self.watch]

    @activity.defn(name="webhooks.watch")
    async def watch(self, call: WatchInput) -> WatchResult:
        """Sends what falls due, for so many seconds or until this worker ends. Raises Unavailable."""
        until = time.monotonic() + call.seconds
        async with self._sender.connections() as pool:
            watch = _Watch(self._queue, self._sender, pool, until)
            return await watch.run(self._look_seconds)


class _Watch:
    """One call of the activity. Killed, it is carried on by another: what was taken falls due again."""

    def __init__(
        self, queue: Queue, sender: Sender, pool: httpcore.AsyncConnectionPool, until: float
    ) -> None:
        self._queue = queue
        self._sender = sender
        self._pool = pool
        self._until = until
        self._told: dict[str, asyncio.Task[None]] = {}
        self._delivered = self._failed = 0

    async def run(self, pause: float) -> WatchResult:
        try:
            while not self._over():
                activity.heartbeat()
                await self._look()
                await _worker_ends(min(pause, max(self._until - time.monotonic(), 0)))
            await asyncio.gather(*self._told.values())
        finally:
            for task in self._told.values():
                task.cancel()
            await asyncio.gather(*self._told.values(), return_exceptions=True)
        return WatchResult(delivered=self._delivered, failed=self._failed)

    def _over(self) -> bool:
        return time.monotonic() >= self._until or activity.is_worker_shutdown()

    async def _look(self) -> None:
        self._told = {name: task for name, task in self._told.items() if not task.done()}
        for webhook_id in await asyncio.to_thread(self._queue.due):
            if webhook_id not in self._told and len(self._told) < MOST_ENDPOINTS:
                self._told[webhook_id] = asyncio.create_task(self._tell(webhook_id))

    async def _tell(self, webhook_id: str) -> None:
        """Round after round, until nothing of this endpoint is due."""
        try:
            while not self._over() and (
                told := await asyncio.to_thread(self._queue.take, webhook_id, AT_ONCE)
            ):
                await self._at_once(told)
        except Exception:
            # Whatever it is: it is this endpoint's, and what was taken falls due again.
            log.exception("webhook_not_told", webhook=webhook_id)

    async def _at_once(self, told: Round) -> None:
        """Raises what one attempt raised when all of them have ended."""
        attempts = (self._attempt(told, attempt) for attempt in told.attempts)
        for ended in await asyncio.gather(*attempts, return_exceptions=True):
            if ended is not None:
                raise ended

    async def _attempt(self, told: Round, attempt: Attempt) -> None:
        outcome = await self._sender.send(self._pool, told, attempt)
        disabled = await asyncio.to_thread(self._queue.end, attempt, outcome)
        self._count(attempt, outcome)
        if disabled:
            log.warning("webhook_disabled", webhook=attempt.webhook_id, reason=disabled)

    def _count(self, attempt: Attempt, outcome: Outcome) -> None:
        self._delivered += not outcome.problem
        self._failed += bool(outcome.problem)
        log.info(
            "webhook_attempt",
            webhook=attempt.webhook_id,
            webhook_event=attempt.event_id,
            attempt=attempt.number,
            status=outcome.status,
            delivered=not outcome.problem,
        )


async def _worker_ends(seconds: float) -> None:
    """Waits so long, or until this worker is to end."""
    try:
        async with asyncio.timeout(seconds):
            await activity.wait_for_worker_shutdown()
    except TimeoutError:
        pass
