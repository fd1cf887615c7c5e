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
from store.billing.prices import price_versions
from store.engine import transaction
from store.tables import SubscriptionRow
from store.usage_read import UsageGone, UsageReader


class Forecaster:
    def __init__(self, engine: Engine, clock: Clock, titles: Mapping[str, str] = NO_TITLES) -> None:
        """`titles` of meters, for the lines."""
        self._engine = engine
        self._clock = clock
        self._titles = titles
        self._reader = UsageReader(engine, clock)

    def prospects(self, tenant_id: str) -> Prospects | None:
        """None while nothing is billed for the tenant. Raises UsageGone, Unavailable."""
        try:
            return self._prospects(tenant_id, corrects=True)
        except UsageGone:
            # In the middle of a year, the usage of the year before is no longer there to be rated again.
            return self._prospects(tenant_id, corrects=False)

    def _prospects(self, tenant_id: str, *, corrects: bool) -> Prospects | None:
        now = self._clock.now()
        with transaction(self._engine) as session:
            row = session.get(SubscriptionRow, tenant_id)
            if row is None:
                return None
            known = account(row, recorded(session, tenant_id), price_versions(session))
            seen = outlook(known, row.closed_until, now, corrects=corrects)
            if seen is None:
                return None
            there = booked(session, {tenant_id: seen.window.since})[tenant_id]
        read = self._reader.quantities({tenant_id: seen.readings()})[tenant_id]
        return Prospects.of(seen, read, there, self._titles)
