"""Usage under test: a meter of every aggregate over the same events, and what the domain makes of them."""

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from hashlib import blake2b

from hypothesis import strategies as st
from msgspec.structs import replace
from sqlalchemy import Engine

from domain.billing.aggregates import aggregated
from domain.billing.events import UsageEvent
from domain.billing.prices import Aggregate
from domain.billing.spans import Span
from domain.billing.usage import Demand
from domain.metering.cloud_events import MeteredEvent
from domain.metering.meters import STATES
from domain.metering.readings import Reading
from domain.naming import new_tenant_id
from store.usage_ingest import Ingested, Ingestion
from store.usage_read import EVERYTHING, UsageReader
from tests.store.world import FixedClock

NOW = datetime(2026, 3, 2, 12, tzinfo=UTC)
BEGIN = NOW - timedelta(days=3)
"""In the month before: what is stored lies in two partitions."""
SECONDS = 3 * 86_400
GROUPS = ("", '["a"]', '["b"]')

values = st.decimals(-1000, 1000, places=3)
offsets = st.one_of(st.integers(0, SECONDS), st.integers(0, 72).map(lambda hour: hour * 3600))
instants = offsets.map(lambda seconds: BEGIN + timedelta(seconds=seconds))
spans = st.tuples(instants, instants).filter(lambda two: two[0] != two[1]).map(lambda two: Span(*sorted(two)))
keys = st.sampled_from(["ann", "bob", "cyd"])
streams = st.lists(st.tuples(instants, values, keys, st.sampled_from(GROUPS)), min_size=1, max_size=25).map(
    lambda rows: [event(number, *row) for number, row in enumerate(rows)]
)


def event(
    number: int,
    at: datetime,
    value: Decimal = Decimal(1),
    key: str = "ann",
    group: str = "",
    source: str = "s",
) -> MeteredEvent:
    """One reading for each aggregate; the meter bears the aggregate's name."""
    readings = tuple(
        Reading(
            aggregate.value,
            value,
            key if aggregate is Aggregate.UNIQUE else None,
            group,
            aggregate in STATES,
        )
        for aggregate in Aggregate
    )
    told = blake2b(repr((at, value, key, group)).encode(), digest_size=16).digest()
    return MeteredEvent(number, source, f"e{number}", at, told, readings)


def as_used(events: Iterable[MeteredEvent]) -> list[UsageEvent]:
    """As the domain sees them, whose aggregates are right by definition."""
    return [
        UsageEvent(
            one.id, one.source, reading.meter, one.at, NOW, reading.value, reading.key or "", reading.group
        )
        for one in events
        for reading in one.readings
    ]


def demands(*spans: Span) -> list[Demand]:
    return [Demand(aggregate.value, aggregate, spans) for aggregate in Aggregate]


class Metered:
    """A tenant whose usage is stored at one moment."""

    def __init__(self, engine: Engine, now: datetime = NOW, tenant_id: str = "") -> None:
        self.engine = engine
        self.tenant_id = tenant_id or new_tenant_id()
        self.ingestion = Ingestion(engine, FixedClock(now))
        self.reader = UsageReader(engine, FixedClock(now))
        self.by_events = UsageReader(engine, FixedClock(now), by_events=True)

    def at(self, now: datetime) -> "Metered":
        """The same tenant at another moment."""
        return Metered(self.engine, now, self.tenant_id)

    def ingest(self, events: Sequence[MeteredEvent]) -> Ingested:
        placed = [replace(one, position=position) for position, one in enumerate(events)]
        return self.ingestion.ingest(self.tenant_id, placed)

    def read(self, *spans: Span, known: int = EVERYTHING) -> dict[Demand, Decimal]:
        return self.reader.quantities({self.tenant_id: demands(*spans)}, known)[self.tenant_id]

    def recount(self, *spans: Span, known: int = EVERYTHING) -> dict[Demand, Decimal]:
        return self.by_events.quantities({self.tenant_id: demands(*spans)}, known)[self.tenant_id]


def expected(events: Iterable[MeteredEvent], *spans: Span) -> dict[Demand, Decimal]:
    return dict(aggregated(as_used(events), demands(*spans)))
