"""Accounts of tenants, from the facts that are recorded."""

from collections.abc import Mapping, Sequence
from zoneinfo import ZoneInfo

from sqlmodel import Session, col, select

from catalog.currencies import currency_of
from domain.billing.account import Account
from domain.billing.facts import Recorded, Subscription, account_of
from domain.billing.prices import PriceVersion
from store.tables import BillingFactRow, SubscriptionRow

Prices = Mapping[tuple[str, int], PriceVersion]


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


def account(row: SubscriptionRow, facts: Sequence[Recorded], prices: Prices) -> Account:
    """Raises ValueError if the facts make no account."""
    subscription = Subscription(row.tenant_id, row.start, ZoneInfo(row.zone), currency_of(row.currency))
    return account_of(subscription, facts, lambda plan, version: prices[plan, version])
