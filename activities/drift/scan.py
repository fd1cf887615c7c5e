"""The scan's own part: which tenants come next, and what is done about those that have drifted."""

import asyncio
from collections.abc import Callable
from typing import get_args

from temporalio import activity
from temporalio.client import Client
from temporalio.common import WorkflowIDConflictPolicy
from temporalio.exceptions import WorkflowAlreadyStartedError
from temporalio.service import RPCError

from activities.search_attributes import at_start
from catalog import Catalog
from domain.describe import details, summary
from domain.drift import Policy, steps_to_repair
from domain.errors import Unavailable
from domain.messages import (
    JudgeInput,
    JudgeOutcome,
    OperationRequest,
    PageInput,
    Place,
    RunInput,
    StepsInput,
    TenantsPage,
)
from domain.naming import new_operation_id, workflow_id
from domain.phases import TRANSITIONS, OperationKind
from domain.queues import Provider
from store.observations import Observations, Subject
from store.tables import ObservationRow

REQUESTED_BY = "schedule"


class Scan:
    def __init__(
        self, client: Client, task_queue: str, catalog: Catalog, policy: Policy, observations: Observations
    ) -> None:
        self._client = client
        self._task_queue = task_queue
        self._catalog = catalog
        self._policy = policy
        self._observations = observations

    def activities(self) -> list[Callable[..., object]]:
        return [self.page, self.judge, self.steps, self.places]

    @activity.defn(name="drift.page")
    def page(self, call: PageInput) -> TenantsPage:
        """The tenants that are to be looked at next."""
        ids = self._observations.page(call.after, call.limit)
        return TenantsPage(tenant_ids=ids, next=ids[-1] if len(ids) == call.limit else None)

    @activity.defn(name="drift.judge")
    async def judge(self, call: JudgeInput) -> JudgeOutcome:
        """Starts a repair for each tenant that has drifted in what the policy lets be repaired."""
        outcome = JudgeOutcome()
        for subject in await asyncio.to_thread(self._observations.subjects, call.tenant_ids):
            rows = await asyncio.to_thread(self._observations.of, subject.tenant.id)
            if not any(row.differences for row in rows):
                continue
            started = await self._repair(subject) if self._is_due(rows) else None
            outcome = JudgeOutcome(
                drifted=outcome.drifted + 1,
                repairs=outcome.repairs + (started is True),
                deferred=outcome.deferred + (started is False),
            )
        return outcome

    @activity.defn(name="drift.steps")
    def steps(self, call: StepsInput) -> list[str]:
        """Steps of which the last look found something that a repair may bring back."""
        rows = self._observations.of(call.tenant_id)
        differences = [one for row in rows for one in row.differences]
        return steps_to_repair(differences, self._policy if call.by_policy else None)

    @activity.defn(name="drift.places")
    def places(self) -> list[Place]:
        """Where orphans can be: the regions and the clusters of all cells."""
        cells = self._catalog.cells.values()
        return [
            *(Place(provider="aws", name=region) for region in sorted({cell.region for cell in cells})),
            *(Place(provider="kubernetes", name=cell.name) for cell in cells),
        ]

    def _is_due(self, rows: list[ObservationRow]) -> bool:
        return bool(steps_to_repair([one for row in rows for one in row.differences], self._policy))

    async def _repair(self, subject: Subject) -> bool:
        """False where an operation holds the tenant: the next scan will see. Raises Unavailable."""
        tenant = subject.tenant
        if subject.held_by:
            return await self._deferred(tenant.id)
        request = OperationRequest(
            operation_id=new_operation_id(),
            kind=OperationKind.REPAIR,
            tenant_id=tenant.id,
            slug=tenant.slug,
            requested_by=REQUESTED_BY,
            by_policy=True,
        )
        try:
            await self._client.start_workflow(
                TRANSITIONS[OperationKind.REPAIR].workflow,
                RunInput(tenant_id=tenant.id, slug=tenant.slug, handed_over=request),
                id=workflow_id(tenant.slug, tenant.id),
                task_queue=self._task_queue,
                id_conflict_policy=WorkflowIDConflictPolicy.FAIL,
                static_summary=f"{summary(request)}: it has drifted",
                static_details=details(request, tenant.plan, tenant.region),
                search_attributes=at_start(
                    tenant.slug, tenant.plan, tenant.region, tenant.phase, OperationKind.REPAIR
                ),
                memo={"operation_id": request.operation_id},
            )
        except WorkflowAlreadyStartedError:
            return await self._deferred(tenant.id)
        except RPCError as error:
            raise Unavailable("Temporal cannot be asked for runs right now") from error
        return True

    async def _deferred(self, tenant_id: str) -> bool:
        await asyncio.to_thread(self._observations.deferred, tenant_id, get_args(Provider))
        return False
