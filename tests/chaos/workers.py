"""`python -m worker` again and again: forked from a process that has everything imported, killed at will."""

import asyncio
import multiprocessing
import os
import sys
from collections.abc import Mapping
from multiprocessing.context import ForkServerProcess
from pathlib import Path

from tests.chaos.mortal import die_with_parent
from tests.chaos.waiting import until

PRELOADED = ["tests.chaos.mortal", "worker.__main__", "worker.app", "tests.chaos.workers"]
START_SECONDS = 60


class Workers:
    """One worker at a time. Starting one anew costs a tenth of what its imports cost."""

    def __init__(self, directory: Path, environment: Mapping[str, str]) -> None:
        self._directory = directory
        self._environment = dict(environment)
        self._started = 0
        self._process: ForkServerProcess | None = None
        self._context = multiprocessing.get_context("forkserver")
        self._context.set_forkserver_preload(PRELOADED)

    async def start(self) -> None:
        """Returns when it serves."""
        self._started += 1
        self._directory.mkdir(parents=True, exist_ok=True)
        ready = self._directory / f"worker-{self._started}.ready"
        log = self._directory / f"worker-{self._started}.log"
        environment = self._environment | {"TENANTRY_READY_FILE": str(ready)}
        self._process = self._context.Process(target=_serve, args=(environment, str(log)))
        await asyncio.to_thread(self._process.start)

        async def serves() -> bool:
            return ready.exists()

        await until(serves, "a worker that serves", patience=START_SECONDS)

    async def kill(self) -> None:
        """SIGKILL: nothing is finished, nothing is said."""
        if self._process is not None:
            self._process.kill()
            await asyncio.to_thread(self._process.join)


def _serve(environment: dict[str, str], log: str) -> None:
    """In the forked process: from here on it is a worker like any other."""
    die_with_parent()
    with Path(log).open("ab") as output:
        os.dup2(output.fileno(), 1)
        os.dup2(output.fileno(), 2)
    os.environ.clear()
    os.environ.update(environment)
    sys.argv = ["worker"]
    from worker.__main__ import main  # noqa: PLC0415 - it was imported before the fork

    main()
