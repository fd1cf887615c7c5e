"""Recording what decides a tenant's invoices, under the lock of its subscription."""

from datetime import datetime

from sqlmodel import Session, col, select

from domain.billing.facts import ChangeFact, DiscountFact, OneOffFact, Recorded, VoidFact
from store.tables import BillingFactRow, SubscriptionRow

AnyFact = ChangeFact | VoidFact | OneOffFact | DiscountFact


def locked(session: Session, tenant_id: str) -> SubscriptionRow | None:
    """The subscription, for this transaction alone; None if nothing is billed for the tenant."""
    return session.get(SubscriptionRow, tenant_id, with_for_update=True)


def record(session: Session, subscription: SubscriptionRow, fact: AnyFact, now: datetime) -> int:
    """Its number. The next closing run looks at the tenant."""
    row = BillingFactRow(tenant_id=subscription.tenant_id, fact=fact, recorded_at=now)
    session.add(row)
    subscription.next_look = now
    session.flush()
    return row.number or 0


def recorded(session: Session, tenant_id: str) -> list[Recorded]:
    query = select(BillingFactRow).where(BillingFactRow.tenant_id == tenant_id)
    rows = session.exec(query.order_by(col(BillingFactRow.number)))
    return [Recorded(row.number or 0, row.fact) for row in rows]
