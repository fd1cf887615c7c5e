"""The end of a run: how it leaves the tenant, and to whom."""

from activities.records import audit, billing
from activities.records.desk import Desk
from activities.records.interventions import OF_A_RUN, record, with_objects
from activities.records.planning import Hold, startable
from domain.counting import counted
from domain.errors import InvalidSpec, PermanentError, PhaseConflict
from domain.messages import Condition, ErrorView, FinishInput, FinishResult, StateInput
from domain.phases import FINISHED, GONE, OPEN_PHASES, OperationStatus, Phase
from store.holds import held_tenant, lock_tenant
from store.operations import fail, waiting
from store.tables import ENDED, CertificateRow, OperationRow, TenantRow
from store.tables.tenant import WITH_GRACE
from store.webhooks.telling import tell_finished, tell_phase


def finish(desk: Desk, ending: FinishInput) -> FinishResult:
    """Writes the ending once. Raises StaleRun when another operation holds the tenant."""
    known = lock_tenant(desk.session, ending.tenant_id)
    operation = desk.session.get_one(OperationRow, ending.result_of)
    if operation.status in FINISHED:
        return FinishResult(handed_to=known.held_by if known else None)
    tenant = held_tenant(desk.session, ending.tenant_id, ending.operation_id)
    if ending.phase in GONE:
        _check_gone(desk, tenant, ending.phase)
    successor = waiting(desk.session, tenant.id)
    before = tenant.phase
    _end_operation(desk, operation, ending)
    _leave(desk, tenant, ending)
    billing.ended(desk, tenant, operation, ending)
    audit.ended(desk, tenant, operation)
    _hand_over(desk, tenant, successor)
    tell_phase(desk.session, tenant, before, operation.id, desk.now)
    tell_finished(desk.session, operation, desk.now)
    return FinishResult(handed_to=tenant.held_by)


def note(desk: Desk, state: StateInput) -> Condition | None:
    """Answers the condition with what is known of its objects. Raises StaleRun when another operation holds
    the tenant."""
    tenant = held_tenant(desk.session, state.tenant_id, state.operation_id)
    condition = state.condition and with_objects(desk, tenant.id, state.condition)
    if condition is not None:
        tenant.conditions = _with(tenant.conditions, condition)
    if state.undoing is not None:
        desk.session.get_one(OperationRow, state.operation_id).undoing = state.undoing
    if state.intervention is not None:
        operation = desk.session.get_one(OperationRow, state.operation_id)
        for done in record(operation, [state.intervention]):
            audit.intervened(desk, tenant, operation, done, state.origin)
    tenant.updated_at = desk.now
    return condition


def release(desk: Desk, tenant_id: str, operation_id: str, error: ErrorView) -> None:
    """An operation that was handed the tenant and could not begin gives it back."""
    tenant = lock_tenant(desk.session, tenant_id)
    operation = desk.session.get(OperationRow, operation_id)
    if tenant is None or operation is None or tenant.held_by != operation_id:
        return
    if operation.status is OperationStatus.WAITING and tenant.phase not in OPEN_PHASES:
        fail(desk.session, [operation], error, desk.now)
        tenant.held_by = None
        audit.ended(desk, tenant, operation)


def _end_operation(desk: Desk, operation: OperationRow, ending: FinishInput) -> None:
    operation.status = ending.status
    operation.finished_at = desk.now
    operation.timeline = ending.timeline
    operation.error = ending.error
    operation.kept = ending.kept
    operation.superseded_by = ending.superseded_by
    record(operation, ending.interventions)
    desk.session.flush()


def _leave(desk: Desk, tenant: TenantRow, ending: FinishInput) -> None:
    tenant.phase = ending.phase
    if ending.desired is not None:
        tenant.target, tenant.plan = ending.desired.target, ending.desired.target.plan
        tenant.sizes, tenant.mode = ending.desired.sizes, ending.desired.mode
    tenant.outputs = {**tenant.outputs, **ending.outputs}
    tenant.conditions = [c for c in tenant.conditions if c.type not in OF_A_RUN]
    grace = ending.remove_after or tenant.remove_after
    tenant.remove_after = grace if ending.phase in WITH_GRACE else None
    tenant.deleted_at = desk.now if ending.phase in GONE else None
    tenant.updated_at = desk.now


def _hand_over(desk: Desk, tenant: TenantRow, successor: OperationRow | None) -> None:
    """The tenant goes to the operation that waits for it, unless that has nothing to begin from."""
    if successor is None:
        if tenant.phase in OPEN_PHASES:
            raise InvalidSpec(
                f"no operation waits for tenant '{tenant.slug}', so it cannot stay {tenant.phase}"
            )
        tenant.held_by = None
    elif tenant.phase in startable(successor.kind, Hold.HANDED_OVER):
        tenant.held_by = successor.id
    else:
        tenant.held_by = None
        message = f"tenant '{tenant.slug}' is {tenant.phase} now: there is nothing to {successor.kind}"
        fail(desk.session, [successor], ErrorView(code=PhaseConflict.__name__, message=message), desk.now)
        audit.ended(desk, tenant, successor)


def _check_gone(desk: Desk, tenant: TenantRow, phase: Phase) -> None:
    """No phase is shown that is not true."""
    left = [row.name for row in desk.resources(tenant.id) if row.state not in ENDED]
    if left:
        raise PermanentError(
            f"tenant '{tenant.slug}' is not {phase}: {counted(len(left), 'thing')} not proven gone, "
            f"among them {left[0]}"
        )
    if phase is Phase.DELETED and desk.session.get(CertificateRow, tenant.id) is None:
        raise PermanentError(f"tenant '{tenant.slug}' has no certificate yet, so it is not deleted")


def _with(conditions: list[Condition], new: Condition) -> list[Condition]:
    """`since` tells when the status last changed, not when it was last looked at.

    What a run waited for and waits for no longer is nothing to show.
    """
    old = next((c for c in conditions if c.type == new.type), None)
    if old is not None and old.status == new.status:
        new = new.model_copy(update={"since": old.since})
    shown = [] if new.type in OF_A_RUN and not new.status else [new]
    return [*(c for c in conditions if c.type != new.type), *shown]
