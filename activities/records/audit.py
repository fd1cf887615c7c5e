"""What runs tell the audit log, in the transactions that accept, help and end operations."""

from typing import Any

from pydantic import BaseModel

from activities.records.desk import Desk
from domain.audit.changes import Change
from domain.audit.origin import SYSTEM, Author, Origin, author, ending_of
from domain.messages import Intervention, OperationRequest
from domain.phases import OperationStatus, Phase
from domain.plans import Target
from store.audit import note
from store.tables import OperationRow, TenantRow


def accepted(desk: Desk, tenant: TenantRow, operation: OperationRow, before: Phase | None) -> None:
    """`before`: the phase that it finds the tenant in; none at sign-up."""
    request = operation.request
    by = author(request.requested_by, request.origin)
    found = None if before is None else _state(before, tenant.target)
    _note(desk, tenant, operation, by, "accepted", found, _wish(operation.status, tenant.phase, request))


def ended(desk: Desk, tenant: TenantRow, operation: OperationRow) -> None:
    """Called with tenant and operation as it leaves them."""
    plan = operation.plan
    good = plan.before.target if plan and plan.before else None
    before = _state(plan.phase_before, good) if plan else None
    after = _state(tenant.phase, tenant.target) | _given(
        status=operation.status,
        error=operation.error and operation.error.code,
        superseded_by=operation.superseded_by,
        remove_after=tenant.remove_after and tenant.remove_after.isoformat(),
        kept=operation.kept or None,
    )
    _note(desk, tenant, operation, ending_of(operation.request.origin), operation.status, before, after)


def recovered(desk: Desk, tenant: TenantRow, operation: OperationRow, run_id: str) -> None:
    """Another run carries it on."""
    _note(desk, tenant, operation, SYSTEM, "recovered", {"run_id": operation.run_id}, {"run_id": run_id})


def intervened(
    desk: Desk, tenant: TenantRow, operation: OperationRow, done: Intervention, origin: Origin | None
) -> None:
    by = author(done.by, origin).because(done.why)
    after = _given(step=done.step, input=done.input, pauses=done.pauses or None)
    _note(desk, tenant, operation, by, done.action, None, after)


def _note(
    desk: Desk,
    tenant: TenantRow,
    operation: OperationRow,
    by: Author,
    what: str,
    before: dict[str, Any] | None,
    after: dict[str, Any],
) -> None:
    change = Change(
        at=desk.now,
        by=by,
        action=f"{operation.kind}.{what}",
        object_kind="operation",
        object_id=operation.id,
        tenant_id=tenant.id,
        customer_id=tenant.customer_id,
        before=before,
        after=after,
    )
    note(desk.session, change)


def _wish(status: OperationStatus, phase: Phase, request: OperationRequest) -> dict[str, Any]:
    return _given(
        status=status,
        phase=phase,
        slug=request.slug,
        target=request.target,
        grace_seconds=request.grace_seconds,
        accept_data_loss=request.accept_data_loss or None,
        pause_before=request.pause_before or None,
    )


def _state(phase: Phase | None, target: Target | None) -> dict[str, Any]:
    return _given(phase=phase, target=target)


def _given(**values: Any) -> dict[str, Any]:
    """As JSON; what is none is left out."""
    plain = {
        name: value.model_dump(mode="json", exclude_none=True) if isinstance(value, BaseModel) else value
        for name, value in values.items()
    }
    return {name: value for name, value in plain.items() if value is not None}
