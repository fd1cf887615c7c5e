"""An installation whose every part can be taken away and brought back."""

import asyncio
import signal
from collections import Counter
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from temporalio.api.enums.v1 import PendingActivityState
from temporalio.api.workflow.v1 import PendingActivityInfo

from devstack.engine import Engine
from devstack.postgres import Postgres
from devstack.temporal import Temporal
from tests.outages.door import Door
from tests.workflows.stage import POLL_SECONDS, Json, Stage

PATIENCE_SECONDS = 60
LONG_PAUSE_ATTEMPT = 3
"""Before it lies a second in which nothing runs: a strike there hits no attempt."""
EVERYTHING = {
    "bucket": 1,
    "database": 1,
    "identity": 2,
    "namespace": 1,
    "parameters": 1,
    "record": 4,
    "role": 3,
    "secret": 3,
}
"""What a tenant of the Teleport blueprint has, by kind."""


class WorkerProcess:
    """`python -m worker`, one process at a time."""

    def __init__(self, directory: Path, environment: Mapping[str, str]) -> None:
        self._directory = directory
        self._environment = environment
        self._started = 0
        self._engine = Engine(directory)

    async def start(self) -> None:
        """Returns when it serves."""
        self._started += 1
        self._engine = Engine(self._directory / str(self._started))
        await asyncio.to_thread(self._engine.start_worker, self._environment)

    async def kill(self) -> None:
        """SIGKILL: nothing is finished, nothing is said."""
        for process in self._engine.processes:
            await asyncio.to_thread(process.stop, by=signal.SIGKILL)

    @property
    def log(self) -> str:
        """The last words of the process."""
        return "\n".join(process.log_tail() for process in self._engine.processes)


@dataclass
class Site:
    """A stage and what stands around it. The API reaches everything directly, the worker through doors."""

    stage: Stage
    postgres: Postgres
    temporal: Temporal
    aws: Door
    clusters: list[Door]
    worker: WorkerProcess

    async def pending(self, accepted: Json) -> list[PendingActivityInfo]:
        """Activities of the tenant's run that have not ended, as Temporal sees them."""
        description = await self.stage.run_of(accepted).describe()
        return list(description.raw_description.pending_activities)

    async def until_retried(self, accepted: Json, activity: str, attempt: int = LONG_PAUSE_ATTEMPT) -> None:
        """Returns when the activity is the only one open, has failed, and waits for that attempt."""

        async def alone() -> bool:
            found = await self.pending(accepted)
            return [p.activity_type.name for p in found] == [activity] and (
                found[0].state == PendingActivityState.PENDING_ACTIVITY_STATE_SCHEDULED
                and found[0].attempt >= attempt
            )

        await until(alone, lambda: f"{activity} is not retried")

    async def until_noticed(self, accepted: Json, reason: str) -> None:
        """Returns when an attempt of an activity has failed for the reason."""
        said: set[str] = set()

        async def noticed() -> bool:
            said.update(p.last_failure.message for p in await self.pending(accepted))
            return any(reason in message for message in said)

        await until(noticed, lambda: f"no activity failed for '{reason}', but for {said}")

    async def is_complete(self, accepted: Json) -> bool:
        """Whether the tenant is active and everything of it exists once."""
        things = await self.stage.things(accepted)
        tenant = await self.stage.tenant(accepted)
        return tenant["phase"] == "active" and Counter(thing.split()[0] for thing in things) == EVERYTHING


async def until(condition: Callable[[], Awaitable[bool]], otherwise: Callable[[], str]) -> None:
    try:
        async with asyncio.timeout(PATIENCE_SECONDS):
            while not await condition():  # noqa: ASYNC110 - it is in another process
                await asyncio.sleep(POLL_SECONDS)
    except TimeoutError:
        raise AssertionError(f"{otherwise()} after {PATIENCE_SECONDS} s") from None
