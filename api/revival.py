"""A request that meets an operation whose run was lost starts the recovery; it waits for no schedule."""

import asyncio
from typing import Any

import anyio.to_thread
from sqlalchemy import Engine
from temporalio.client import Client, WorkflowHandle
from temporalio.common import WorkflowIDReusePolicy
from temporalio.exceptions import WorkflowAlreadyStartedError

from activities.recovery import Recovery
from api.identity import Asked
from api.problems import away
from api.temporal_errors import temporal_errors
from domain.errors import Unavailable
from domain.messages import RecoveryResult
from store.recovery import held_tenant
from workflows.recover_lost import RecoverLost

LOOK_SECONDS = 25
"""How long a look at all open operations may take; a repeat under the same key goes on waiting."""


def run_of(asked: Asked) -> str:
    """The run that looks at all operations for this key."""
    return f"recover-lost/{asked.digest[:20]}"


class Revival:
    """One per process."""

    def __init__(self, client: Client, task_queue: str, engine: Engine, recovery: Recovery) -> None:
        self._client = client
        self._task_queue = task_queue
        self._engine = engine
        self._recovery = recovery

    async def of(self, tenant_id: str) -> bool:
        """Whether the operation that holds the tenant has an open run, which is started if it was lost.

        False: nothing holds the tenant. Raises ApiProblem.
        """
        held = await anyio.to_thread.run_sync(held_tenant, self._engine, tenant_id)
        if held is None:
            return False
        try:
            with temporal_errors():
                await self._recovery.recover(held)
        except Unavailable as error:
            raise away("Temporal") from error
        return True

    async def of_all(self, run: str) -> RecoveryResult:
        """Starts a recovery for every lost operation; a repeat answers what the first one found.

        Raises ApiProblem.
        """
        with temporal_errors():
            async with asyncio.timeout(LOOK_SECONDS):
                handle = await self._look(run)
                result: RecoveryResult = await handle.result()
        return result

    async def _look(self, run: str) -> WorkflowHandle[Any, RecoveryResult]:
        try:
            return await self._client.start_workflow(
                RecoverLost.run,
                id=run,
                task_queue=self._task_queue,
                id_reuse_policy=WorkflowIDReusePolicy.REJECT_DUPLICATE,
                static_summary="start recoveries of operations whose run was lost, now",
            )
        except WorkflowAlreadyStartedError:
            return self._client.get_workflow_handle(run, result_type=RecoveryResult)
