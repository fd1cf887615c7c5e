"""Tenants take turns on a provider's queue, however much one of them has asked for."""

import asyncio
from datetime import timedelta
from uuid import uuid4

import pytest
from temporalio import activity, workflow
from temporalio.client import Client
from temporalio.worker import UnsandboxedWorkflowRunner, Worker

from devstack.temporal import Temporal
from domain.queues import provider_queue
from workflows import policies

BACKLOG = 60
FEW = 3


@workflow.defn(sandboxed=False)
class AsksFor:
    """Asks for that many calls to AWS at once, as the steps of an operation do."""

    @workflow.run
    async def run(self, tenant_id: str, count: int) -> None:
        options = policies.provider("aws", tenant_id, timedelta(minutes=1))
        calls = [workflow.execute_activity("call_aws", tenant_id, **options) for _ in range(count)]
        await asyncio.gather(*calls)


class Provider:
    """Notes whom it served."""

    def __init__(self) -> None:
        self.served: list[str] = []

    @activity.defn(name="call_aws")
    async def call(self, tenant_id: str) -> None:
        self.served.append(tenant_id)


@pytest.fixture
def queue() -> str:
    return f"fair-{uuid4().hex[:8]}"


async def test_a_tenant_does_not_wait_behind_anothers_backlog(temporal: Temporal, queue: str) -> None:
    """With one slot, a later tenant's few calls take turns with an earlier tenant's backlog."""
    client = await Client.connect(temporal.address)
    provider = Provider()
    async with Worker(
        client, task_queue=queue, workflows=[AsksFor], workflow_runner=UnsandboxedWorkflowRunner()
    ):
        greedy = await client.start_workflow(
            AsksFor.run, args=["greedy", BACKLOG], id=f"{queue}-greedy", task_queue=queue
        )
        await _asked(client, f"{queue}-greedy", BACKLOG)
        modest = await client.start_workflow(
            AsksFor.run, args=["modest", FEW], id=f"{queue}-modest", task_queue=queue
        )
        await _asked(client, f"{queue}-modest", FEW)
        async with Worker(
            client,
            task_queue=provider_queue(queue, "aws"),
            activities=[provider.call],
            max_concurrent_activities=1,
        ):
            await asyncio.gather(greedy.result(), modest.result())
    last_turn = max(turn for turn, tenant in enumerate(provider.served) if tenant == "modest")
    assert provider.served.count("greedy") == BACKLOG
    assert last_turn < 4 * FEW


async def _asked(client: Client, run: str, count: int) -> None:
    """Returns when the run's calls wait in the queue."""
    async with asyncio.timeout(10):
        while (await _pending(client, run)) < count:  # noqa: ASYNC110 - it is in another process
            await asyncio.sleep(0.05)


async def _pending(client: Client, run: str) -> int:
    description = await client.get_workflow_handle(run).describe()
    return len(description.raw_description.pending_activities)
