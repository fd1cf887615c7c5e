"""`python -m bench.closing`: how many invoices a second a closing run makes, at 1,000 tenants and at 10,000.

Each tenant has three meters with usage in every hour of the month that ends. Asserts nothing.
"""

import argparse
import json
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import psutil
from sqlalchemy import Engine, text

from devstack.postgres import Postgres
from domain.billing.document import Issuer, Letterhead
from domain.billing.facts import ChangeFact
from domain.billing.offers import Offer
from runtime.clock import MovableClock
from store.billing.closing import Closer
from store.billing.kept import RatedUsage
from store.billing.numbering import Numberer, Numbering
from store.billing.prices import sync_offers
from store.billing.runs import ClosingRuns
from store.engine import make_engine
from store.migrate import upgrade

PAGE = 100
START = datetime(2024, 1, 1, tzinfo=UTC)
END = datetime(2024, 2, 1, tzinfo=UTC)
DUE = END + timedelta(hours=13)
LETTERHEAD = Letterhead(Issuer(name="Bench"))
OFFER = {
    "name": "bench",
    "currency": "EUR",
    "period": "monthly",
    "fee": {"amount": "100.00", "charge": "advance"},
    "meters": {
        "calls": {"aggregate": "sum", "model": "package", "size": 10, "price": "1.00"},
        "seats": {"aggregate": "max", "model": "unit", "unit": "2.00"},
        "storage": {"aggregate": "weighted", "model": "unit", "unit": "0.10"},
    },
}
TENANTS = """
INSERT INTO customer (id, name, created_at) VALUES ('cbench', 'Bench', now()) ON CONFLICT DO NOTHING;
INSERT INTO plan (name, definition, synced_at) VALUES ('bench', '{}', now()) ON CONFLICT DO NOTHING;
INSERT INTO cell (name, region, definition, synced_at) VALUES ('bench', 'us-east-1', '{}', now())
    ON CONFLICT DO NOTHING
"""
TENANT = """
INSERT INTO tenant (id, slug, customer_id, plan, cell, region, blueprint, phase, target, run_id, outputs,
                    conditions, created_at, updated_at, deleted_at)
SELECT 't' || lpad(n::text, 11, '0'), 'bench-' || n, 'cbench', 'bench', 'bench', 'us-east-1', 'bench',
       'failed', '{"plan": "bench", "users": 1}', 'r', '{}', '[]', now(), now(), now()
  FROM generate_series(1, :tenants) AS n
"""
SUBSCRIPTION = """
INSERT INTO subscription (tenant_id, start, zone, currency, next_look, problem)
SELECT id, :start, 'UTC', 'EUR', :start, '' FROM tenant
"""
FACT = "INSERT INTO billing_fact (tenant_id, fact, recorded_at) SELECT id, :fact, :start FROM tenant"
STREAMS = """
INSERT INTO usage_stream (tenant_id, meter, grp)
SELECT id, meter, '' FROM tenant, unnest(ARRAY['calls', 'seats', 'storage']) AS meter
"""
# Step by step of time, as usage comes in: what one tenant used in a month is spread over the table.
# The index is made afterwards and the stream is not looked up for each row; both would take hours of rows.
USAGE = """
ALTER TABLE usage_{step} DROP CONSTRAINT pk_usage_{step};
INSERT INTO usage_{step} (stream, {step}, count, sum, max, first_at, last_value, integral, ingestion)
SELECT id, at, 3 * {hours}, 7 * {hours}, 4,
       CASE meter WHEN 'storage' THEN at END, CASE meter WHEN 'storage' THEN 5 END,
       CASE meter WHEN 'storage' THEN 18000 * {hours} END, 1
  FROM generate_series('{start}', timestamptz '{until}' - interval '1 {step}', interval '1 {step}') AS at,
       usage_stream
 ORDER BY at, id;
ALTER TABLE usage_{step} ADD CONSTRAINT pk_usage_{step} PRIMARY KEY (stream, {step})
"""
FILLED = ("tenant", "subscription", "billing_fact", "usage_stream", "usage_hour", "usage_day")

SUMS = """
SELECT stream.tenant_id,
       sum(hour.sum) FILTER (WHERE stream.meter = 'calls'),
       max(hour.max) FILTER (WHERE stream.meter = 'seats'),
       sum(hour.integral) FILTER (WHERE stream.meter = 'storage')
  FROM usage_hour AS hour JOIN usage_stream AS stream ON stream.id = hour.stream
 WHERE hour.hour >= :start AND hour.hour < :until
 GROUP BY stream.tenant_id"""


@dataclass(frozen=True)
class Result:
    tenants: int
    invoices: int
    seconds: float
    memory_begin: float
    memory_end: float
    """MiB of this process, after its first page of all, of invoices without usage, and after the last."""
    sums_seconds: float
    """Of SUMS over the same rows."""

    @property
    def rate(self) -> float:
        return self.invoices / self.seconds


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m bench.closing", description=__doc__)
    parser.add_argument("--tenants", type=int, nargs="+", default=[1_000, 10_000])
    parser.add_argument("--json", action="store_true", help="one JSON document on stdout")
    options = parser.parse_args()
    results = [measure(tenants) for tenants in options.tenants]
    if options.json:
        print(json.dumps([asdict(result) | {"rate": result.rate} for result in results], indent=2))
        return 0
    for result in results:
        print(
            f"{result.tenants:6} tenants: {result.rate:6.0f} invoices/s (target >= 150), "
            f"{result.memory_begin:.0f} MiB after the first page, {result.memory_end:.0f} at the end"
        )
    if len(results) > 1:
        ratio = results[0].rate / results[-1].rate
        print(f"cost of an invoice, most to fewest tenants: {ratio:.2f} (target <= 1.2)")
    return 0


def measure(tenants: int) -> Result:
    with _database() as engine:
        _fill(engine, tenants)
        return _close(engine, tenants, _sums(engine, tenants))


def _sums(engine: Engine, tenants: int) -> float:
    """Seconds in which PostgreSQL alone adds up what the invoices charge."""
    with engine.begin() as connection:
        began = time.monotonic()
        rows = connection.execute(text(SUMS), {"start": START, "until": END}).all()
        seconds = time.monotonic() - began
    if len(rows) != tenants:
        raise SystemExit(f"the sums are of {len(rows)} tenants and not of {tenants}")
    return seconds


def _close(engine: Engine, tenants: int, sums_seconds: float) -> Result:
    clock = MovableClock()
    clock.move(DUE - clock.now())  # of a month of years ago, what was kept would be looked for, too
    runs = ClosingRuns(engine, clock)
    closer = Closer(engine, RatedUsage(engine, clock), timedelta(hours=12), LETTERHEAD)
    numberer = Numberer(engine, Numbering("{year}-{number:06}", ZoneInfo("UTC")), LETTERHEAD, clock)
    memory_begin = _drain(closer, numberer, runs, START + timedelta(hours=13))
    began, invoices = time.monotonic(), 0
    run = runs.begin(DUE)
    while (page := closer.page(run, PAGE)).looked_at:
        invoices += page.final
        if page.failed:
            raise SystemExit(f"{page.failed} tenants could not be rated")
    while numberer.page(PAGE):
        pass
    runs.end(run.number)
    seconds = time.monotonic() - began
    return Result(tenants, invoices, seconds, memory_begin, _memory(), sums_seconds)


def _drain(closer: Closer, numberer: Numberer, runs: ClosingRuns, moment: datetime) -> float:
    """The invoices of the activation, which have no usage, are not what is measured.

    Returns the memory after their first page.
    """
    run = runs.begin(moment)
    memory = 0.0
    while closer.page(run, PAGE).looked_at:
        memory = memory or _memory()
    while numberer.page(PAGE):
        pass
    runs.end(run.number)
    return memory


def _memory() -> float:
    """MiB that this process holds."""
    return float(psutil.Process().memory_info().rss) / 2**20


def _fill(engine: Engine, tenants: int) -> None:
    fact = ChangeFact(at=START, operation_id="bench", plan="bench", version=1, quantity=1)
    values = {"tenants": tenants, "start": START, "fact": fact.model_dump_json()}
    with engine.begin() as connection:
        connection.execute(text("SET LOCAL statement_timeout = 0"))
        for statement in TENANTS.split(";"):
            connection.exec_driver_sql(statement)
    sync_offers(engine, [Offer.model_validate(OFFER)], START)
    with engine.begin() as connection:
        for setting in ("statement_timeout = 0", "session_replication_role = replica", "work_mem = '1GB'"):
            connection.execute(text(f"SET LOCAL {setting}"))
        connection.execute(text("SET LOCAL maintenance_work_mem = '1GB'"))
        connection.execute(text("SELECT nextval('usage_ingestion')"))  # the one that stored USAGE
        for statement in (TENANT, SUBSCRIPTION, FACT, STREAMS):
            wanted = {name: value for name, value in values.items() if f":{name}" in statement}
            connection.execute(text(statement), wanted)
        for step, hours in (("hour", 1), ("day", 24)):
            usage = USAGE.format(step=step, hours=hours, start=START.isoformat(), until=END.isoformat())
            for statement in usage.split(";"):
                connection.exec_driver_sql(statement)
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text("SET statement_timeout = 0"))
        # Not of those that are empty yet: from then on they are planned for as if they stayed so.
        for table in FILLED:
            connection.execute(text(f"VACUUM ANALYZE {table}"))


@contextmanager
def _database() -> Iterator[Engine]:
    with tempfile.TemporaryDirectory(prefix="bench") as folder:
        postgres = Postgres(Path(folder) / "postgres")
        postgres.start()
        try:
            url = postgres.create_database("closing")
            upgrade(url)
            engine = make_engine(url, pool_size=4)
            yield engine
            engine.dispose()
        finally:
            postgres.stop()


if __name__ == "__main__":
    sys.exit(main())
