"""Requests that reach an open run: a newer target of its scale, or an operation that takes over."""

from activities.records import audit
from activities.records.begin import scaled
from activities.records.desk import Desk
from domain.errors import PhaseConflict
from domain.messages import AcceptInput, AcceptResult, OperationPlan
from domain.phases import OperationKind, OperationStatus, may_take_over
from store.holds import held_tenant
from store.operations import supersede, unfinished
from store.tables import OperationRow, TenantRow


def accept(desk: Desk, call: AcceptInput) -> AcceptResult:
    """Raises StaleRun, PhaseConflict or InvalidSpec; then nothing is written."""
    known = desk.session.get(OperationRow, call.request.operation_id)
    if known is not None:
        return AcceptResult(after=known.plan.after if known.plan else None)
    tenant = held_tenant(desk.session, call.request.tenant_id, call.holder)
    if call.request.kind is OperationKind.SCALE:
        return _newer_target(desk, call, tenant)
    return _take_over(desk, call, tenant)


def _newer_target(desk: Desk, call: AcceptInput, tenant: TenantRow) -> AcceptResult:
    holder = desk.session.get_one(OperationRow, call.holder)
    others = unfinished(desk.session, tenant.id)
    if holder.plan is None or any(row.kind is not OperationKind.SCALE for row in others):
        raise PhaseConflict(f"tenant '{tenant.slug}' is {tenant.phase}; its run takes no newer target")
    after = scaled(desk, call.request, tenant)
    plan = holder.plan.model_copy(update={"after": after})
    for row in others:
        supersede(desk.session, row, call.request.operation_id, desk.now)
        audit.ended(desk, tenant, row)
    _add(desk, call, tenant, OperationStatus.RUNNING, plan)
    desk.record_intents(tenant, plan, call.holder)
    return AcceptResult(after=after)


def _take_over(desk: Desk, call: AcceptInput, tenant: TenantRow) -> AcceptResult:
    wanted = call.request.kind
    for row in unfinished(desk.session, tenant.id):
        if not may_take_over(row.kind, wanted):
            raise PhaseConflict(f"tenant '{tenant.slug}' has a {row.kind} that a {wanted} cannot take over")
        if row.status is OperationStatus.WAITING:
            supersede(desk.session, row, call.request.operation_id, desk.now)
            audit.ended(desk, tenant, row)
    _add(desk, call, tenant, OperationStatus.WAITING, None)
    return AcceptResult()


def _add(
    desk: Desk, call: AcceptInput, tenant: TenantRow, status: OperationStatus, plan: OperationPlan | None
) -> None:
    request = call.request
    row = OperationRow(
        id=request.operation_id,
        tenant_id=request.tenant_id,
        kind=request.kind,
        status=status,
        request=request,
        requested_by=request.requested_by,
        run_id=call.run_id,
        plan=plan,
        accepted_at=desk.now,
        started_at=desk.now if status is OperationStatus.RUNNING else None,
    )
    desk.session.add(row)
    desk.session.flush()
    audit.accepted(desk, tenant, row, before=tenant.phase)
