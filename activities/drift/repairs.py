"""Starts the repairs that the policy lets the scan start by itself."""

from temporalio.client import Client

from activities.starting import start_operation
from domain.audit.origin import SCHEDULE
from domain.messages import OperationRequest
from domain.naming import new_operation_id
from domain.phases import OperationKind
from store.tables import TenantRow


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
            requested_by=SCHEDULE,
            by_policy=True,
        )
        return await start_operation(
            self._client,
            self._task_queue,
            request,
            why="it has drifted",
            plan=tenant.plan,
            region=tenant.region,
            phase=tenant.phase,
        )
