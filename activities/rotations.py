"""Starts a rotation for tenants whose database password is old."""

import asyncio
from collections.abc import Callable

from temporalio import activity
from temporalio.client import Client

from activities.starting import on_its_own, start_scheduled
from domain.messages import DueRotations
from domain.phases import OperationKind
from store.tables import TenantRow


class Rotations:
    """`due` lists a bounded number of tenants: each rotation restarts what its tenant runs."""

    def __init__(self, client: Client, task_queue: str, due: Callable[[], list[TenantRow]]) -> None:
        self._client = client
        self._task_queue = task_queue
        self._due = due

    @activity.defn(name="rotations.start_due")
    async def start_due(self) -> DueRotations:
        """A tenant whose id is taken by an open run is left for the next firing. Raises Unavailable."""
        tenants = await asyncio.to_thread(self._due)
        answers = [await on_its_own(tenant.id, self._start(tenant)) for tenant in tenants]
        started = [tenant.slug for tenant, did in zip(tenants, answers, strict=True) if did]
        return DueRotations(started=started, failed=answers.count(None))

    async def _start(self, tenant: TenantRow) -> bool:
        return await start_scheduled(
            self._client, self._task_queue, OperationKind.ROTATE, tenant, why="its password is old"
        )
