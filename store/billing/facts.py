"""Recording what decides a tenant's invoices, under the lock of its subscription."""

from collections.abc import Sequence
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
    """All of one tenant, in order of recording."""
    return facts_of(session, [tenant_id])[tenant_id]


def facts_of(
    session: Session, tenant_ids: Sequence[str], known: int | None = None
) -> dict[str, list[Recorded]]:
    """By tenant, in order of recording; `known` leaves out what was recorded after that fact."""
    query = select(BillingFactRow).where(col(BillingFactRow.tenant_id).in_(tenant_ids))
    if known is not None:
        query = query.where(col(BillingFactRow.number) <= known)
    found: dict[str, list[Recorded]] = {tenant_id: [] for tenant_id in tenant_ids}
    for row in session.exec(query.order_by(col(BillingFactRow.number))):
        found[row.tenant_id].append(Recorded(row.number or 0, row.fact))
    return found
