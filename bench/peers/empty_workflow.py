"""A workflow in the shape of a sign-up, and one process that serves it: activities as many, after one another
and at once as the blueprint says, with nothing in them.

`python -m bench.peers.empty_workflow READY-FILE` serves until it is ended.
"""

import asyncio
import os
import signal
import sys
from concurrent.futures import ThreadPoolExecutor
from contextlib import AsyncExitStack
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import uvloop
from temporalio import activity, workflow
from temporalio.client import Client
from temporalio.converter import DataConverter
from temporalio.worker import PollerBehaviorSimpleMaximum, Worker

from domain.blueprint import StepKind
from runtime.process import settle
from runtime.settings import Role, Settings, load_settings
from runtime.temporal import connect
from worker.app import workflow_runner
from worker.roles import POLLERS, queue_of
from workflows import policies

ROLES: tuple[Role, ...] = ("records", "aws", "kubernetes")
TASK_QUEUE = "PEER_TASK_QUEUE"
"""Variable of the environment: the queue of this run's workflows."""


@dataclass(frozen=True)
class EmptyStep:
    name: str
    kind: str
    needs: list[str]


@activity.defn
def nothing() -> None:
    """What is left of an activity without its work."""


@workflow.defn
class EmptySignUp:
    @workflow.run
    async def run(self, steps: list[EmptyStep]) -> None:
        """The run's beginning, each step as soon as those it needs are done, and the run's end."""
        await workflow.execute_activity(nothing, **policies.records())
        tasks: dict[str, asyncio.Task[None]] = {}
        for step in steps:
            tasks[step.name] = asyncio.create_task(self._step(step, [tasks[name] for name in step.needs]))
        await asyncio.gather(*tasks.values())
        await workflow.execute_activity(nothing, **policies.records())

    async def _step(self, step: EmptyStep, needed: list[asyncio.Task[None]]) -> None:
        await asyncio.gather(*needed)
        await workflow.execute_activity(
            nothing, **policies.ensure(StepKind(step.kind), workflow.info().workflow_id)
        )


def workers(client: Client, settings: Settings, task_queue: str) -> list[Worker]:
    """As `worker.app` makes them from the same settings."""
    slots = settings.worker_activities
    further: dict[Role, dict[str, Any]] = {
        "records": {
            "workflows": [EmptySignUp],
            "max_cached_workflows": settings.worker_cached_runs,
            "sticky_queue_schedule_to_start_timeout": timedelta(seconds=settings.worker_missed_seconds),
            "workflow_runner": workflow_runner(sandboxed=settings.worker_sandbox),
        }
    }
    return [
        Worker(
            client,
            task_queue=queue_of(task_queue, role),
            activities=[nothing],
            activity_executor=ThreadPoolExecutor(max_workers=slots + 1),
            max_concurrent_activities=slots,
            activity_task_poller_behavior=PollerBehaviorSimpleMaximum(POLLERS[role]),
            max_workflow_task_external_storage_concurrency=1,
            **further.get(role, {}),
        )
        for role in ROLES
    ]


async def serve(ready: Path) -> None:
    settings = load_settings()
    client = await connect(settings, converter=DataConverter.default)
    stop = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stop.set)
    async with AsyncExitStack() as running:
        for one in workers(client, settings, os.environ[TASK_QUEUE]):
            await running.enter_async_context(one)
        settle()
        await asyncio.to_thread(ready.touch)
        await stop.wait()


if __name__ == "__main__":
    uvloop.run(serve(Path(sys.argv[1])))
