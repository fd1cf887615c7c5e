"""A tenant's invoice to come, from what is recorded and stored by now."""

from sqlalchemy import Engine

from domain.billing.outlook import outlook
from domain.billing.statements import Prospects
from runtime.clock import Clock
from store.billing.accounts import account
from store.billing.books import booked
from store.billing.facts import facts_of
from store.billing.prices import price_versions
from store.engine import transaction
from store.tables import SubscriptionRow
from store.usage_read import UsageReader


class Forecaster:
    def __init__(self, engine: Engine, clock: Clock) -> None:
        self._engine = engine
        self._clock = clock
        self._reader = UsageReader(engine, clock)

    def prospects(self, tenant_id: str) -> Prospects | None:
        """None while nothing is billed for the tenant. Raises UsageGone, Unavailable."""
        with transaction(self._engine) as session:
            row = session.get(SubscriptionRow, tenant_id)
            if row is None:
                return None
            facts = facts_of(session, [tenant_id])[tenant_id]
            seen = outlook(account(row, facts, price_versions(session)), row.closed_until, self._clock.now())
            if seen is None:
                return None
            known = booked(session, {tenant_id: seen.window.since})[tenant_id]
        read = self._reader.quantities({tenant_id: seen.readings()})[tenant_id]
        return Prospects.of(seen, read, known)
