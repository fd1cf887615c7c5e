"""Starting runs for many tenants: the trouble of one is not that of the others."""

from collections.abc import Awaitable, Iterator
from contextlib import contextmanager
from typing import TypeVar

import structlog
from temporalio.client import Client
from temporalio.common import WorkflowIDConflictPolicy
from temporalio.exceptions import WorkflowAlreadyStartedError
from temporalio.service import RPCError, RPCStatusCode

from activities.search_attributes import at_start
from domain.audit.origin import SCHEDULE
from domain.describe import details, summary
from domain.errors import Unavailable, capped
from domain.messages import OperationRequest, RunInput
from domain.naming import new_operation_id, workflow_id
from domain.phases import TRANSITIONS, OperationKind, Phase
from store.tables import TenantRow

Result = TypeVar("Result")

_AWAY = frozenset(
    {
        RPCStatusCode.UNAVAILABLE,
        RPCStatusCode.DEADLINE_EXCEEDED,
        RPCStatusCode.CANCELLED,
        RPCStatusCode.RESOURCE_EXHAUSTED,
    }
)

log = structlog.get_logger()


@contextmanager
def temporal_away() -> Iterator[None]:
    """Raises Unavailable where Temporal would answer no other request either."""
    try:
        yield
    except RPCError as error:
        if error.status in _AWAY:
            raise Unavailable("Temporal cannot be asked for runs right now") from error
        raise


async def on_its_own(tenant_id: str, work: Awaitable[Result]) -> Result | None:
    """None where it failed for this tenant, which is logged. Raises Unavailable."""
    try:
        with temporal_away():
            return await work
    except Unavailable:
        raise
    except Exception as error:  # noqa: BLE001 - whatever it is, it must not keep the next tenant from its turn
        reason = capped(str(error))
        log.error("tenant passed over", tenant=tenant_id, code=type(error).__name__, reason=reason)  # noqa: TRY400 - a stack would write what the error quotes
        return None


async def start_operation(
    client: Client,
    task_queue: str,
    request: OperationRequest,
    *,
    why: str,
    plan: str,
    region: str,
    phase: Phase,
) -> bool:
    """Starts the run of an operation that nobody waits for; False where an open run has the tenant's id.

    Raises RPCError.
    """
    try:
        await client.start_workflow(
            TRANSITIONS[request.kind].workflow,
            RunInput(tenant_id=request.tenant_id, slug=request.slug, handed_over=request),
            id=workflow_id(request.slug, request.tenant_id),
            task_queue=task_queue,
            id_conflict_policy=WorkflowIDConflictPolicy.FAIL,
            static_summary=f"{summary(request)}: {why}",
            static_details=details(request, plan, region),
            search_attributes=at_start(request.slug, plan, region, phase, request.kind),
            memo={"operation_id": request.operation_id},
        )
    except WorkflowAlreadyStartedError:
        return False
    return True


async def start_scheduled(
    client: Client,
    task_queue: str,
    kind: OperationKind,
    tenant: TenantRow,
    *,
    why: str,
    by_policy: bool = False,
) -> bool:
    """The same for a tenant as it is now, asked for by a schedule of ours. Raises RPCError."""
    request = OperationRequest(
        operation_id=new_operation_id(),
        kind=kind,
        tenant_id=tenant.id,
        slug=tenant.slug,
        requested_by=SCHEDULE,
        by_policy=by_policy,
    )
    return await start_operation(
        client, task_queue, request, why=why, plan=tenant.plan, region=tenant.region, phase=tenant.phase
    )
