"""What operations change in what a tenant pays, in the transaction that changes the tenant itself.

docs/billing.md has the table of these rules.
"""

from datetime import datetime

from sqlmodel import Session

from activities.records.desk import Desk
from domain.billing.account import State
from domain.billing.facts import ChangeFact, VoidFact, in_order
from domain.errors import InvalidSpec
from domain.messages import FinishInput
from domain.phases import OperationKind, OperationStatus, Phase
from domain.plans import Target
from store.billing.facts import locked, record, recorded
from store.billing.prices import newest_version
from store.tables import OperationRow, SubscriptionRow, TenantRow

STATES = {
    OperationKind.SUSPEND: State.SUSPENDED,
    OperationKind.RESUME: State.ACTIVE,
    OperationKind.RESTORE: State.ACTIVE,
}


def begun(desk: Desk, tenant: TenantRow, operation: OperationRow) -> None:
    """Billing ends when a teardown is accepted, not when the last pod has gone."""
    if operation.kind is OperationKind.TEARDOWN:
        _change(desk, tenant, operation, operation.accepted_at.replace(microsecond=0))


def ended(desk: Desk, tenant: TenantRow, operation: OperationRow, ending: FinishInput) -> None:
    """Called with the tenant as the operation leaves it."""
    if operation.kind is OperationKind.TEARDOWN:
        if operation.status is not OperationStatus.SUCCEEDED:
            _take_back(desk, operation)
    elif operation.status is not OperationStatus.SUCCEEDED:
        return
    elif operation.kind is OperationKind.SIGNUP:
        _begin(desk, tenant, operation, _instant(desk, ending))
    else:
        _change(desk, tenant, operation, _instant(desk, ending))


def change_of(
    session: Session, tenant: TenantRow, kind: OperationKind, target: Target, operation_id: str, at: datetime
) -> ChangeFact | None:
    """What an operation changes, from an instant on, in what the tenant pays; None if nothing.

    Of a teardown to be asked with the tenant as it finds it: who is closed pays nothing any more.
    """
    if kind is OperationKind.SCALE:
        return _resized(session, tenant, target, operation_id, at)
    leaves = kind is OperationKind.TEARDOWN and tenant.phase is not Phase.CLOSED
    state = State.ENDED if leaves else STATES.get(kind)
    return ChangeFact(at=at, operation_id=operation_id, state=state) if state else None


def check_currency(desk: Desk, tenant: TenantRow, plan: str) -> None:
    """Raises InvalidSpec if a plan is paid in another currency than the tenant's account."""
    subscription = desk.session.get(SubscriptionRow, tenant.id)
    newest = newest_version(desk.session, plan)
    if subscription and newest and newest.definition.currency != subscription.currency:
        raise InvalidSpec(
            f"plan '{plan}' is paid in {newest.definition.currency}, "
            f"tenant '{tenant.slug}' pays in {subscription.currency}"
        )


def _instant(desk: Desk, ending: FinishInput) -> datetime:
    """Billing is by the second."""
    return (ending.at or desk.now).replace(microsecond=0)


def _begin(desk: Desk, tenant: TenantRow, operation: OperationRow, at: datetime) -> None:
    newest = newest_version(desk.session, tenant.plan)
    if newest is None:
        return
    subscription = SubscriptionRow(
        tenant_id=tenant.id,
        start=at,
        zone=tenant.time_zone or desk.billing_zone,
        currency=newest.definition.currency,
    )
    desk.session.add(subscription)
    desk.session.flush()
    fact = ChangeFact(
        at=at,
        operation_id=operation.id,
        plan=tenant.plan,
        version=newest.version,
        quantity=newest.definition.quantity(tenant.target),
        state=State.ACTIVE,
    )
    record(desk.session, subscription, fact, desk.now)


def _resized(
    session: Session, tenant: TenantRow, target: Target, operation_id: str, at: datetime
) -> ChangeFact | None:
    """A tenant that stays in its plan keeps the price version that it chose."""
    facts = [one.fact for one in recorded(session, tenant.id) if isinstance(one.fact, ChangeFact)]
    before = next((fact.plan for fact in reversed(facts) if fact.plan), None)
    newest = newest_version(session, target.plan)
    if newest is None:
        return None
    moves = before != target.plan
    return ChangeFact(
        at=at,
        operation_id=operation_id,
        plan=target.plan if moves else None,
        version=newest.version if moves else None,
        quantity=newest.definition.quantity(target),
    )


def _change(desk: Desk, tenant: TenantRow, operation: OperationRow, at: datetime) -> None:
    fact = change_of(desk.session, tenant, operation.kind, tenant.target, operation.id, at)
    subscription = locked(desk.session, tenant.id) if fact else None
    if fact and subscription:
        record(desk.session, subscription, in_order(fact, recorded(desk.session, tenant.id)), desk.now)


def _take_back(desk: Desk, operation: OperationRow) -> None:
    subscription = locked(desk.session, operation.tenant_id)
    if subscription is None:
        return
    for one in recorded(desk.session, operation.tenant_id):
        if isinstance(one.fact, ChangeFact) and one.fact.operation_id == operation.id:
            void = VoidFact(voids=one.number, operation_id=operation.id)
            record(desk.session, subscription, void, desk.now)
