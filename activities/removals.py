"""Starts a removal run for every tenant whose grace is over."""

import asyncio
from collections.abc import Callable

from temporalio import activity
from temporalio.client import Client
from temporalio.common import WorkflowIDConflictPolicy
from temporalio.exceptions import WorkflowAlreadyStartedError

from activities.search_attributes import at_start
from activities.starting import on_its_own
from domain.describe import details, summary
from domain.messages import DueRemovals, OperationRequest, RunInput
from domain.naming import derived_operation_id, workflow_id
from domain.phases import TRANSITIONS, OperationKind, Phase
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
            requested_by="schedule",
        )
        try:
            await self._client.start_workflow(
                TRANSITIONS[OperationKind.REMOVE].workflow,
                RunInput(tenant_id=tenant.id, slug=tenant.slug, handed_over=request),
                id=workflow_id(tenant.slug, tenant.id),
                task_queue=self._task_queue,
                id_conflict_policy=WorkflowIDConflictPolicy.FAIL,
                static_summary=f"{summary(request)}: its grace is over",
                static_details=details(request, tenant.plan, tenant.region),
                search_attributes=at_start(
                    tenant.slug, tenant.plan, tenant.region, Phase.REMOVING, OperationKind.REMOVE
                ),
                memo={"operation_id": request.operation_id},
            )
        except WorkflowAlreadyStartedError:
            return False
        return True
