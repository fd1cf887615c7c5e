"""Starts the repairs that the policy lets the scan start by itself."""

from temporalio.client import Client

from activities.starting import start_scheduled
from domain.phases import OperationKind
from store.tables import TenantRow


class Repairs:
    def __init__(self, client: Client, task_queue: str) -> None:
        self._client = client
        self._task_queue = task_queue

    async def start(self, tenant: TenantRow) -> bool:
        """False where an operation holds the tenant. Raises RPCError."""
        return await start_scheduled(
            self._client, self._task_queue, OperationKind.REPAIR, tenant, why="it has drifted", by_policy=True
        )
