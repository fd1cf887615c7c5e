"""A tenant's invoice to come, from what is recorded and stored by now."""

from collections.abc import Mapping, Sequence

from sqlalchemy import Engine
from sqlmodel import Session

from domain.billing.comparing import PriceChange, Side
from domain.billing.document import NO_TITLES
from domain.billing.facts import ChangeFact, Recorded, in_order
from domain.billing.ledger import Booked
from domain.billing.outlook import Outlook, last_outlook, outlook
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

    def compared(self, tenant_id: str, change: ChangeFact | None) -> PriceChange | None:
        """What the tenant pays without a change and with it; nothing is recorded.

        None if the tenant has no price. Raises UsageGone, Unavailable.
        """
        now = self._clock.now()
        with transaction(self._engine) as session:
            row = session.get(SubscriptionRow, tenant_id)
            if row is None:
                return None
            facts, prices = recorded(session, tenant_id), price_versions(session)
            at = in_order(change, facts).at if change else now.replace(microsecond=0)
            before = account(row, facts, prices)
            after = account(row, _with(facts, change), prices)
            moment, closed = max(now, at), row.closed_until
            found = (
                (before, outlook(before, closed, moment)),
                (after, outlook(after, closed, moment) or last_outlook(after, closed, at)),
            )
            looks = [(known, seen, _booked(session, tenant_id, seen)) for known, seen in found]
        demands = dict.fromkeys(demand for _, seen, _ in looks if seen for demand in seen.readings())
        read = self._usage.answers({tenant_id: list(demands)})[tenant_id].quantities
        sides = [Side(known, seen, read, there) for known, seen, there in looks]
        return PriceChange.of(sides[0], sides[1], at, self._titles)


def _booked(session: Session, tenant_id: str, seen: Outlook | None) -> Booked:
    return booked(session, {tenant_id: seen.window.since})[tenant_id] if seen else {}


def _with(facts: Sequence[Recorded], change: ChangeFact | None) -> list[Recorded]:
    """As if the change were recorded now."""
    if change is None:
        return list(facts)
    last = max((one.number for one in facts), default=0)
    return [*facts, Recorded(last + 1, in_order(change, facts))]
