"""Accounts of tenants, from the facts that are recorded."""

from collections.abc import Mapping, Sequence
from zoneinfo import ZoneInfo

from catalog.currencies import currency_of
from domain.billing.account import Account
from domain.billing.facts import Recorded, Subscription, account_of
from domain.billing.prices import PriceVersion
from store.tables import SubscriptionRow

Prices = Mapping[tuple[str, int], PriceVersion]


def account(row: SubscriptionRow, facts: Sequence[Recorded], prices: Prices) -> Account:
    """Raises ValueError if the facts make no account."""
    subscription = Subscription(row.tenant_id, row.start, ZoneInfo(row.zone), currency_of(row.currency))
    return account_of(subscription, facts, lambda plan, version: prices[plan, version])
