"""Starts a removal run for every tenant whose grace is over."""

import asyncio
from collections.abc import Callable

from temporalio import activity
from temporalio.client import Client

from activities.starting import on_its_own, start_operation
from domain.audit.origin import SCHEDULE
from domain.messages import DueRemovals, OperationRequest
from domain.naming import derived_operation_id
from domain.phases import OperationKind, Phase
from store.tenants import DueTenant

PAGE = 200


class Removals:
    """`due` lists tenants in phase closed whose `remove_after` has passed, oldest first."""

    def __init__(self, client: Client, task_queue: str, due: Callable[[int], list[DueTenant]]) -> None:
        self._client = client
        self._task_queue = task_queue
        self._due = due

    @activity.defn(name="removals.start_due")
    async def start_due(self) -> DueRemovals:
        """One page. A tenant whose id is taken by an open run is left for the next firing.

        Raises Unavailable.
        """
        tenants = await asyncio.to_thread(self._due, PAGE)
        answers = [await on_its_own(tenant.id, self._start(tenant)) for tenant in tenants]
        started = [tenant.slug for tenant, did in zip(tenants, answers, strict=True) if did]
        return DueRemovals(
            started=started, failed=answers.count(None), more=len(tenants) == PAGE and bool(started)
        )

    async def _start(self, tenant: DueTenant) -> bool:
        request = OperationRequest(
            # The same removal keeps its id, however often the schedule fires before it has begun.
            operation_id=derived_operation_id("remove", tenant.id, tenant.remove_after.isoformat()),
            kind=OperationKind.REMOVE,
            tenant_id=tenant.id,
            slug=tenant.slug,
            requested_by=SCHEDULE,
        )
        return await start_operation(
            self._client,
            self._task_queue,
            request,
            why="its grace is over",
            plan=tenant.plan,
            region=tenant.region,
            phase=Phase.REMOVING,
        )
