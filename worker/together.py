"""Several Temporal workers of one process, as one."""

import asyncio
from collections.abc import Sequence
from contextlib import AsyncExitStack
from types import TracebackType
from typing import Self

from temporalio.worker import Worker


class Together:
    """Serves while the block runs. If one of them fails for good, the block is cancelled and raises why."""

    def __init__(self, workers: Sequence[Worker]) -> None:
        self._workers = workers
        self._stack = AsyncExitStack()

    @property
    def task_queues(self) -> list[str]:
        return [worker.task_queue for worker in self._workers]

    async def __aenter__(self) -> Self:
        for worker in self._workers:
            await self._stack.enter_async_context(worker)
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        # At once: one after another, each would take its whole grace.
        await asyncio.gather(*(worker.shutdown() for worker in self._workers))
        await self._stack.__aexit__(kind, error, traceback)
