"""A tenant's invoice to come, from what is recorded and stored by now."""

from collections.abc import Mapping

from sqlalchemy import Engine

from domain.billing.document import NO_TITLES
from domain.billing.outlook import outlook
from domain.billing.statements import Prospects
from runtime.clock import Clock
from store.billing.accounts import account
from store.billing.books import booked
from store.billing.facts import recorded
from store.billing.kept import RatedUsage
from store.billing.prices import price_versions
from store.engine import transaction
from store.tables import SubscriptionRow


class Forecaster:
    def __init__(self, engine: Engine, clock: Clock, titles: Mapping[str, str] = NO_TITLES) -> None:
        """`titles` of meters, for the lines."""
        self._engine = engine
        self._clock = clock
        self._titles = titles
        self._usage = RatedUsage(engine, clock)

    def prospects(self, tenant_id: str) -> Prospects | None:
        """None while nothing is billed for the tenant. Raises UsageGone, Unavailable."""
        now = self._clock.now()
        with transaction(self._engine) as session:
            row = session.get(SubscriptionRow, tenant_id)
            if row is None:
                return None
            known = account(row, recorded(session, tenant_id), price_versions(session))
            seen = outlook(known, row.closed_until, now)
            if seen is None:
                return None
            there = booked(session, {tenant_id: seen.window.since})[tenant_id]
        taken = self._usage.answers({tenant_id: seen.readings()})[tenant_id]
        return Prospects.of(seen, taken.quantities, there, self._titles)
