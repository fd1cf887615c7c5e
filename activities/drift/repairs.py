"""Starts the repairs that the policy lets the scan start by itself."""

from temporalio.client import Client
from temporalio.common import WorkflowIDConflictPolicy
from temporalio.exceptions import WorkflowAlreadyStartedError

from activities.search_attributes import at_start
from domain.describe import details, summary
from domain.messages import OperationRequest, RunInput
from domain.naming import new_operation_id, workflow_id
from domain.phases import TRANSITIONS, OperationKind
from store.tables import TenantRow

REQUESTED_BY = "schedule"


class Repairs:
    def __init__(self, client: Client, task_queue: str) -> None:
        self._client = client
        self._task_queue = task_queue

    async def start(self, tenant: TenantRow) -> bool:
        """False where an operation holds the tenant. Raises RPCError."""
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
            return False
        return True
