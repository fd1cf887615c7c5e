"""Finds operations that are open in the database and have no run in Temporal, and starts their recovery."""

import asyncio
from collections.abc import Callable
from datetime import datetime, timedelta

from sqlalchemy import Engine
from temporalio import activity
from temporalio.client import Client, WorkflowExecutionDescription
from temporalio.common import WorkflowIDConflictPolicy
from temporalio.exceptions import WorkflowAlreadyStartedError
from temporalio.service import RPCError, RPCStatusCode

from activities.search_attributes import at_start
from activities.starting import on_its_own, temporal_away
from domain.describe import details, summary
from domain.messages import (
    LookInput,
    LookResult,
    LostOperation,
    Recovered,
    RecoverInput,
    RecoveryPage,
    StartedRecovery,
)
from domain.naming import workflow_id
from store.recovery import HeldTenant, held_ids, held_tenant, lost_operation

PAGE = 200
WORKFLOW = "RecoverTenant"
_RPC_TIMEOUT = timedelta(seconds=10)


class Recovery:
    """`settling` is how long a call of a run may go on after the run was ended from outside."""

    def __init__(self, client: Client, task_queue: str, engine: Engine, settling: timedelta) -> None:
        self._client = client
        self._task_queue = task_queue
        self._engine = engine
        self._settling = settling

    def activities(self) -> list[Callable[..., object]]:
        return [self.start_lost, self.look]

    @activity.defn(name="recovery.start_lost")
    async def start_lost(self, after: str) -> RecoveryPage:
        """One page of the tenants that are held, from the id `after` on. Raises Unavailable."""
        ids = await asyncio.to_thread(held_ids, self._engine, after, PAGE)
        found = [await on_its_own(tenant_id, self._recovered(tenant_id)) for tenant_id in ids]
        return RecoveryPage(
            looked_at=len(ids),
            started=[recovery for recoveries in found if recoveries for recovery in recoveries],
            failed=found.count(None),
            next=ids[-1] if len(ids) == PAGE else None,
        )

    @activity.defn(name="recovery.look")
    def look(self, given: LookInput) -> LookResult:
        """How far the lost run had come. Raises Unavailable."""
        found = lost_operation(self._engine, given.tenant_id)
        if found is None:
            return LookResult(lost=None)
        if not found.begun:
            return LookResult(lost=LostOperation(request=found.request, recovered=None))
        recovered = Recovered(
            calls_ended_by=given.calls_ended_by,
            phase=found.phase,
            undoing=found.undoing,
            successor=found.successor,
            newest=found.newest,
            targets=found.targets,
            decisions=found.decisions,
        )
        return LookResult(lost=LostOperation(request=found.request, recovered=recovered))

    async def _recovered(self, tenant_id: str) -> list[StartedRecovery]:
        """The recovery that it started, if one was needed."""
        tenant = await asyncio.to_thread(held_tenant, self._engine, tenant_id)
        return [_started(tenant)] if tenant and await self.recover(tenant) else []

    async def recover(self, tenant: HeldTenant) -> bool:
        """Starts RecoverTenant unless a run is open; whether it did. Raises Unavailable, or the RPCError of
        a Temporal that answers and refuses.

        A run that ended after its tenant was read from the database is not lost: RecoverTenant finds the
        tenant free and ends.
        """
        try:
            with temporal_away():
                last = await self._last_run(tenant)
                if last is not None and last.close_time is None:
                    return False
                await self._start(tenant, last.close_time if last else None)
        except WorkflowAlreadyStartedError:
            return False
        return True

    async def _last_run(self, tenant: HeldTenant) -> WorkflowExecutionDescription | None:
        """None when Temporal does not know the tenant any more."""
        handle = self._client.get_workflow_handle(workflow_id(tenant.slug, tenant.id))
        try:
            return await handle.describe(rpc_timeout=_RPC_TIMEOUT)
        except RPCError as error:
            if error.status is RPCStatusCode.NOT_FOUND:
                return None
            raise

    async def _start(self, tenant: HeldTenant, closed_at: datetime | None) -> None:
        request = tenant.request
        await self._client.start_workflow(
            WORKFLOW,
            RecoverInput(
                tenant_id=tenant.id,
                slug=tenant.slug,
                run_closed_at=closed_at,
                settling_seconds=self._settling.total_seconds(),
            ),
            id=workflow_id(tenant.slug, tenant.id),
            task_queue=self._task_queue,
            id_conflict_policy=WorkflowIDConflictPolicy.FAIL,
            static_summary=f"recover {summary(request)}: its run was lost",
            static_details=details(request, tenant.plan, tenant.region),
            search_attributes=at_start(tenant.slug, tenant.plan, tenant.region, tenant.phase, request.kind),
            memo={"operation_id": request.operation_id},
            rpc_timeout=_RPC_TIMEOUT,
        )


def _started(tenant: HeldTenant) -> StartedRecovery:
    request = tenant.request
    return StartedRecovery(
        slug=tenant.slug, tenant_id=tenant.id, operation_id=request.operation_id, kind=request.kind
    )
