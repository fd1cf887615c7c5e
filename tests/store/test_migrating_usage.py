"""Usage that was stored before streams and days is there after them."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from uuid import uuid4

import pytest
from sqlalchemy import Engine, text

from devstack.postgres import Postgres
from domain.billing.prices import Aggregate
from domain.billing.spans import Span
from store.engine import make_engine
from store.migrate import downgrade, upgrade
from tests.store.metered import NOW, Metered, demands, event, expected
from tests.store.recount import recounted, summed_up

TENANT = "t00000000001"
HOUR = timedelta(hours=1)
BEGIN = datetime(2026, 2, 28, 22, 15, tzinfo=UTC)
"""What is stored lies in two months."""
EVENTS = [event(n, BEGIN + n * HOUR / 2, Decimal(n), f"user-{n % 3}", ("", '["a"]')[n % 2]) for n in range(9)]
BEFORE = """
CREATE TABLE usage_event_2026_02 PARTITION OF usage_event
   FOR VALUES FROM ('2026-02-01 00:00+00') TO ('2026-03-01 00:00+00');
CREATE TABLE usage_event_2026_03 PARTITION OF usage_event
   FOR VALUES FROM ('2026-03-01 00:00+00') TO ('2026-04-01 00:00+00');
INSERT INTO usage_event (tenant_id, meter, at, received_at, ingestion, value, source, id, grp, key)
SELECT :tenant, :meter, :at, :now, :number, :value, 's', 'e' || :number, :grp, :key
"""


@pytest.fixture
def before(postgres: Postgres) -> tuple[str, Engine]:
    """A database with the same usage as `EVENTS`, in the tables of version 0010."""
    url = postgres.create_database(f"m{uuid4().hex[:12]}")
    upgrade(url, "0010")
    engine = make_engine(url, pool_size=2)
    february, march, one_event = BEFORE.split(";")
    with engine.begin() as connection:
        connection.execute(text(february))
        connection.execute(text(march))
        for one in EVENTS:
            for reading in one.readings:
                values = {
                    "tenant": TENANT,
                    "meter": reading.meter,
                    "at": one.at,
                    "now": NOW,
                    "number": one.position + 1,
                    "value": reading.value,
                    "grp": reading.group,
                    "key": reading.key,
                }
                connection.execute(text(one_event), values)
        connection.execute(text(HOURS))
        connection.execute(text(KEYS))
    return url, engine


STATES = ", ".join(f"'{one.value}'" for one in (Aggregate.LAST, Aggregate.WEIGHTED))
HOURS = f"""
INSERT INTO usage_hour
SELECT tenant_id, meter, date_trunc('hour', at, 'UTC') AS hour, grp, count(*), sum(value), max(value),
       CASE WHEN meter IN ({STATES}) THEN min(at) END,
       CASE WHEN meter IN ({STATES}) THEN (array_agg(value ORDER BY at DESC))[1] END,
       CASE WHEN meter IN ({STATES}) THEN sum(value * extract(epoch FROM until - at)) END, max(ingestion)
  FROM (SELECT *, coalesce(lead(at) OVER (PARTITION BY meter, grp, date_trunc('hour', at, 'UTC') ORDER BY at),
                           date_trunc('hour', at, 'UTC') + interval '1 hour') AS until
          FROM usage_event) AS held
 GROUP BY tenant_id, meter, hour, grp
"""
KEYS = """
INSERT INTO usage_key (tenant_id, meter, month, grp, key, hours)
SELECT tenant_id, meter, date_trunc('month', at, 'UTC')::date, grp, key,
       bit_or(set_bit(repeat('0', 744)::bit(744),
                      (extract(epoch FROM date_trunc('hour', at, 'UTC') - date_trunc('month', at, 'UTC'))
                       / 3600)::int, 1))
  FROM usage_event WHERE key IS NOT NULL GROUP BY 1, 2, 3, 4, 5
"""


def test_usage_of_before_is_read_and_goes_on(before: tuple[str, Engine]) -> None:
    """Any aggregate of any span is what it was, under a cut-off as well, and what comes later is added."""
    url, engine = before
    upgrade(url)
    tenant = Metered(engine, NOW, TENANT)
    days = Span(BEGIN - 30 * HOUR, BEGIN + 30 * HOUR)
    for window in (Span(BEGIN, NOW), Span(BEGIN + HOUR / 3, BEGIN + 3 * HOUR), days):
        assert tenant.read(window) == expected(EVENTS, window)
        assert tenant.read(window, known=5) == expected(EVENTS[:5], window)
    assert summed_up(tenant) == recounted(EVENTS)
    later = event(100, BEGIN + 4 * HOUR, Decimal(8), "user-9")
    with engine.begin() as connection:
        connection.execute(text("SELECT setval('usage_ingestion', 1000)"))
    assert tenant.ingest([later]).inserted == [0]
    assert tenant.read(Span(BEGIN, NOW)) == expected([*EVENTS, later], Span(BEGIN, NOW))
    assert len(demands(Span(BEGIN, NOW))) == len(Aggregate)


def test_streams_are_not_taken_apart_again(before: tuple[str, Engine]) -> None:
    """A database with usage is not taken back below them, and nothing of it is lost by trying."""
    url, engine = before
    upgrade(url)
    with pytest.raises(RuntimeError, match="restore a backup"):
        downgrade(url, "0010")
    assert Metered(engine, NOW, TENANT).read(Span(BEGIN, NOW)) == expected(EVENTS, Span(BEGIN, NOW))
