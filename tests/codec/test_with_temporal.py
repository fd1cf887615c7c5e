"""The codec endpoint as Temporal's own command line uses it, on a run that failed."""

import asyncio
import os
import sys
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from uuid import uuid4

import pytest
import uvicorn
from temporalio import activity, workflow
from temporalio.client import WorkflowFailureError
from temporalio.exceptions import ApplicationError
from temporalio.worker import UnsandboxedWorkflowRunner, Worker

from codec.app import create_app
from codec.guard import guard_of
from codec.settings import CodecSettings
from devstack.processes import free_port
from devstack.temporal import Temporal
from runtime.clock import SystemClock
from runtime.payloads import sealing_of
from runtime.temporal import connect

LIMIT = timedelta(seconds=10)
WHO = "ann@example.com"


@activity.defn
async def refuse_somebody(who: str) -> str:
    raise ApplicationError(f"there is no room for {who}", non_retryable=True)


@workflow.defn
class AsksForRoom:
    @workflow.run
    async def run(self, who: str) -> str:
        return await workflow.execute_activity(refuse_somebody, who, start_to_close_timeout=LIMIT)


@pytest.fixture
async def endpoint(settings: CodecSettings, token: str) -> AsyncIterator[str]:
    sealing = sealing_of(settings)
    assert sealing
    app = create_app(sealing, guard_of(settings, SystemClock()), settings.codec_origins)
    port = free_port()
    server = uvicorn.Server(uvicorn.Config(app, port=port, log_config=None))
    serving = asyncio.create_task(server.serve())
    try:
        async with asyncio.timeout(30):
            while not server.started:  # noqa: ASYNC110 - uvicorn has no event for it
                await asyncio.sleep(0.01)
        yield f"http://127.0.0.1:{port}/{{namespace}}"
    finally:
        server.should_exit = True
        await serving


async def shown(temporal: Temporal, run: str, *arguments: str) -> str:
    """What `temporal workflow show` prints."""
    process = await asyncio.create_subprocess_exec(
        Path(sys.executable).with_name("temporal"),
        *("workflow", "show", "--detailed", "--workflow-id", run, "--address", temporal.address, *arguments),
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
        env={**os.environ, "TEMPORAL_VERSION_CHECK_DISABLED": "1"},
    )
    return (await process.communicate())[0].decode()


async def test_who_may_see_it_sees_what_failed(
    settings: CodecSettings, endpoint: str, token: str, temporal: Temporal
) -> None:
    """With a token the command line shows input and failure in clear, without one neither."""
    settings = settings.model_copy(update={"temporal_address": temporal.address})
    client = await connect(settings)
    async with Worker(
        client,
        task_queue=uuid4().hex,
        workflows=[AsksForRoom],
        activities=[refuse_somebody],
        workflow_runner=UnsandboxedWorkflowRunner(),
    ) as worker:
        run = await client.start_workflow(AsksForRoom.run, WHO, id=uuid4().hex, task_queue=worker.task_queue)
        with pytest.raises(WorkflowFailureError):
            await run.result()
    sealed = await shown(temporal, run.id)
    refused = await shown(temporal, run.id, "--codec-endpoint", endpoint)
    clear = await shown(temporal, run.id, "--codec-endpoint", endpoint, "--codec-auth", f"Bearer {token}")
    assert WHO not in sealed + refused
    assert "Encoded failure" in sealed
    assert f"input[0]: {WHO}" in clear
    assert f"message: there is no room for {WHO}" in clear
    assert "in refuse_somebody" in clear
