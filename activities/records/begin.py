"""The start of a run: it takes hold of its tenant and is told what to do. Again, it is told the same."""

from activities.records import audit, billing
from activities.records.desk import Desk
from activities.records.interventions import OF_A_RUN
from activities.records.planning import (
    BUILDING,
    Hold,
    check_phase,
    desired,
    known_plan,
    removal_steps,
    steps_of,
)
from activities.records.signup import begin_signup
from domain.errors import InvalidSpec, OperationLost, PhaseConflict, StaleRun, TenantNotFound
from domain.grace import shortening_problem
from domain.messages import BeginInput, Desired, OperationPlan, OperationRequest, StepPlan
from domain.phases import TRANSITIONS, Mode, OperationKind, OperationStatus, Phase
from store.access_grants import open_grants
from store.holds import lock_tenant
from store.tables import ENDED, OperationRow, TenantRow
from store.webhooks.telling import tell_phase

SECONDS_PER_DAY = 86_400


def begin(desk: Desk, call: BeginInput) -> OperationPlan:
    """Raises a PermanentError when the operation may not begin; then nothing is written."""
    request = call.request
    tenant = lock_tenant(desk.session, request.tenant_id)
    operation = desk.session.get(OperationRow, request.operation_id)
    if operation is not None and operation.status is not OperationStatus.WAITING:
        return _again(desk, tenant, operation, call.run_id)
    if request.kind is OperationKind.SIGNUP:
        if tenant is not None:
            raise PhaseConflict(f"tenant {tenant.id} has signed up already; it is {tenant.phase}")
        return begin_signup(desk, call)
    if tenant is None or tenant.slug != request.slug:
        raise TenantNotFound(f"there is no tenant '{request.slug}' ({request.tenant_id})")
    return _change(desk, call, tenant, operation)


def _again(desk: Desk, tenant: TenantRow | None, operation: OperationRow, run_id: str) -> OperationPlan:
    """The answer was lost, or another run carries the same operation on."""
    if tenant is None or tenant.held_by != operation.id or operation.plan is None:
        raise StaleRun(f"operation {operation.id} no longer holds its tenant; it is {operation.status}")
    if operation.run_id != run_id:
        # What the run before was waiting for a person with, this one has not met yet.
        tenant.conditions = [c for c in tenant.conditions if c.type not in OF_A_RUN]
        audit.recovered(desk, tenant, operation, run_id)
    tenant.run_id = operation.run_id = run_id
    return operation.plan


def _change(desk: Desk, call: BeginInput, tenant: TenantRow, operation: OperationRow | None) -> OperationPlan:
    request = call.request
    hold = _hold(tenant, request)
    check_phase(tenant.slug, request.kind, tenant.phase, hold)
    if request.kind is OperationKind.REMOVE:
        _check_grace(desk, tenant)
    if request.kind is OperationKind.TEARDOWN and hold is Hold.FREE:
        _check_shortened(desk, tenant, request)
    plan = planned(desk, request, tenant)
    if request.kind is OperationKind.ROTATE and not plan.steps:
        raise InvalidSpec(f"the database of tenant '{tenant.slug}' has no password that is rotated")
    row = operation or OperationRow(
        id=request.operation_id,
        tenant_id=tenant.id,
        kind=request.kind,
        status=OperationStatus.RUNNING,
        request=request,
        requested_by=request.requested_by,
        run_id=call.run_id,
        accepted_at=desk.now,
    )
    row.status, row.plan, row.run_id, row.started_at = OperationStatus.RUNNING, plan, call.run_id, desk.now
    billing.begun(desk, tenant, row)
    before, tenant.phase = tenant.phase, TRANSITIONS[request.kind].phase_during(tenant.phase)
    tenant.held_by, tenant.run_id, tenant.updated_at = request.operation_id, call.run_id, desk.now
    desk.session.add(row)
    desk.session.flush()
    tell_phase(desk.session, tenant, before, row.id, desk.now)
    if operation is None:
        audit.accepted(desk, tenant, row, before=before)
    if request.kind in BUILDING:
        desk.record_intents(tenant, plan, request.operation_id)
    return plan


def planned(desk: Desk, request: OperationRequest, tenant: TenantRow) -> OperationPlan:
    """What an operation on a tenant that exists would do; writes nothing. Raises a PermanentError."""
    sold = desk.plan_of(tenant)
    whole = tenant.sizes is not None
    leaving = request.kind in {OperationKind.TEARDOWN, OperationKind.REMOVE}
    stops = leaving or request.kind is OperationKind.SUSPEND
    grace = sold.grace_days * SECONDS_PER_DAY if request.grace_seconds is None else request.grace_seconds
    return OperationPlan(
        tenant=desk.context(tenant),
        phase_before=tenant.phase,
        before=desk.last_good(tenant),
        after=_after(desk, request, tenant),
        steps=_steps(desk, request, tenant, whole=whole),
        outputs=tenant.outputs,
        # What was never whole cannot be restored, so there is nothing to wait for.
        grace_seconds=grace if request.kind is OperationKind.TEARDOWN and whole else 0,
        final_snapshot=leaving and sold.final_snapshot and whole,
        ends_access=[grant.id for grant in open_grants(desk.session, tenant.id)] if stops else [],
    )


def _steps(desk: Desk, request: OperationRequest, tenant: TenantRow, *, whole: bool) -> list[StepPlan]:
    match request.kind:
        case OperationKind.REMOVE:
            return steps_to_remove(desk, tenant)
        case OperationKind.TEARDOWN if not whole:
            return []
        case _:
            return steps_of(request.kind, desk.blueprint_of(tenant).model)


def steps_to_remove(desk: Desk, tenant: TenantRow) -> list[StepPlan]:
    left = {row.step: row.step_kind for row in desk.resources(tenant.id) if row.state not in ENDED}
    blueprint = desk.catalog.blueprints.get(tenant.blueprint)
    return removal_steps(blueprint.model if blueprint else None, left)


def _after(desk: Desk, request: OperationRequest, tenant: TenantRow) -> Desired | None:
    good = desk.last_good(tenant)
    match request.kind:
        case OperationKind.SCALE:
            return scaled(desk, request, tenant)
        case OperationKind.RESUME | OperationKind.RESTORE:
            return good and good.model_copy(update={"mode": Mode.RUNNING})
        case OperationKind.REPAIR | OperationKind.ROTATE:
            return good
        case OperationKind.SUSPEND | OperationKind.TEARDOWN:
            return good and good.model_copy(update={"mode": Mode.STOPPED})
        case _:
            return None


def scaled(desk: Desk, request: OperationRequest, tenant: TenantRow) -> Desired:
    """What a tenant shall be after a scale. Raises InvalidSpec."""
    if request.target is None:
        raise InvalidSpec("a scale needs a plan and a number of users")
    sold = known_plan(desk.catalog.plans, request.target.plan)
    billing.check_currency(desk, tenant, sold.name)
    if sold.blueprint != tenant.blueprint:
        raise InvalidSpec(
            f"plan '{sold.name}' is of the product '{sold.blueprint}', the tenant of '{tenant.blueprint}'"
        )
    return desired(sold, request.target, Mode.RUNNING)


def _hold(tenant: TenantRow, request: OperationRequest) -> Hold:
    """Raises OperationLost when another operation holds the tenant.

    Only one run per tenant is open and this is it, so the other operation's run is gone. It has to be
    recovered first, or its undo and its ending would be skipped.
    """
    if tenant.held_by is None:
        return Hold.FREE
    if tenant.held_by == request.operation_id:
        return Hold.HANDED_OVER
    raise OperationLost(
        f"operation {tenant.held_by} holds tenant '{tenant.slug}' and its run was lost; "
        f"wait until it is recovered"
    )


def _check_shortened(desk: Desk, tenant: TenantRow, request: OperationRequest) -> None:
    if tenant.phase is Phase.CLOSED:
        problem = shortening_problem(tenant.remove_after, desk.now, request.grace_seconds)
        if problem:
            raise PhaseConflict(f"tenant '{tenant.slug}': {problem}")


def _check_grace(desk: Desk, tenant: TenantRow) -> None:
    if tenant.remove_after is not None and tenant.remove_after > desk.now:
        raise PhaseConflict(f"the grace of tenant '{tenant.slug}' ends at {tenant.remove_after.isoformat()}")
