"""`python -m bench.usage`: how fast usage is stored, beside the least that PostgreSQL would do for it.

All store the same events in one server: the least from text that is ready for COPY, ours from the body of a
request to sums by hour and day, each over one connection; then the same through HTTP, by several senders and
a real API, of a process for each core. Keys of ours are new in their hour, which is the most that there can
be to do. Processor time is told apart from the clock's, which says little where other work runs beside it.
Asserts nothing.
"""

import argparse
import json
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import Engine, text

from bench.cost import Cost, Meterman
from bench.stage import MEMORY
from bench.usage_events import BATCH, Batch, batches
from bench.usage_http import Door, enrol, open_door, under_tokens
from catalog.meters import load_meters
from devstack.postgres import Postgres
from domain.billing.prices import Aggregate
from domain.billing.spans import Span
from domain.billing.usage import Demand
from domain.metering.cloud_events import read_events
from domain.metering.meters import Dials, dials
from runtime.clock import SystemClock
from runtime.process import settle
from runtime.settings import ROOT
from store.engine import make_engine, psycopg_transaction
from store.migrate import upgrade
from store.usage_ingest import Ingestion
from store.usage_read import UsageReader

READY_TABLE = """
CREATE TABLE ready (tenant_id text, source text, id text, at timestamptz, meter text, value numeric, key text,
                    PRIMARY KEY (tenant_id, source, id))"""
READY_STAGING = "CREATE TEMPORARY TABLE ready_staging (LIKE ready) ON COMMIT DELETE ROWS"
READY_INSERT = "INSERT INTO ready SELECT * FROM ready_staging ON CONFLICT (tenant_id, source, id) DO NOTHING"


@dataclass(frozen=True)
class Ground:
    """A migrated database in memory."""

    home: Path
    server: Postgres
    engine: Engine
    url: str


@contextmanager
def database() -> Iterator[Ground]:
    with tempfile.TemporaryDirectory(dir=MEMORY, prefix="tenantry-bench-") as home:
        server = Postgres(Path(home))
        server.start()
        try:
            url = server.create_database("bench")
            upgrade(url)
            engine = make_engine(url, pool_size=4)
            yield Ground(Path(home), server, engine, url)
            engine.dispose()
        finally:
            server.stop()


def ours(engine: Engine, counted: Dials, bodies: list[tuple[str, bytes]]) -> None:
    ingestion = Ingestion(engine, SystemClock())
    for tenant_id, body in bodies:
        parsed = read_events(body, counted, datetime.now(UTC))
        stored = ingestion.ingest(tenant_id, parsed.events)
        if len(stored.inserted) != BATCH:
            raise RuntimeError(f"{len(stored.inserted)} of {BATCH} events were stored")


def ready_made(engine: Engine, texts: list[str]) -> None:
    """COPY into a staging table and one INSERT … ON CONFLICT."""
    for lines in texts:
        with psycopg_transaction(engine, prepare=_ready_staging) as connection, connection.cursor() as cursor:
            with cursor.copy("COPY ready_staging FROM STDIN") as copy:
                copy.write(lines)
            cursor.execute(READY_INSERT)


def _ready_staging(connection: Any) -> None:
    connection.execute(READY_STAGING)


def _ready_lines(tenant_id: str, events: list[dict[str, Any]]) -> str:
    return "".join(
        f"{tenant_id}\t{event['source']}\t{event['id']}\t{event['time']}\t{event['type']}"
        f"\t{event['data'].get('count', 1)}\t{event['data'].get('user', '')}\n"
        for event in events
    )


def reading_millis(engine: Engine, tenant_id: str) -> float:
    """A month's usage of one tenant, all that is charged, median of twenty."""
    now = datetime.now(UTC)
    span = (Span(now - timedelta(days=30), now),)
    demands = [
        Demand("monthly_active_users", Aggregate.UNIQUE, span),
        Demand("protected_resources", Aggregate.WEIGHTED, span),
    ]
    reader = UsageReader(engine, SystemClock())
    return statistics.median(_millis(lambda: reader.quantities({tenant_id: demands})) for _ in range(20))


def _millis(call: Callable[[], object]) -> float:
    began = time.perf_counter()
    call()
    return (time.perf_counter() - began) * 1000


@dataclass(frozen=True)
class Round:
    """The same events, stored in three ways."""

    ready: Cost
    stored: Cost
    sent: Cost
    """Over HTTP; processor time of the API and PostgreSQL is `server`, that of the senders `ours`."""
    month_millis: float

    @property
    def share(self) -> float:
        """Of the speed that PostgreSQL would have with nothing to do but to store."""
        return self.ready.clock / self.sent.clock


def rounds(count: int, of_batches: int, tenants: int) -> Iterator[Round]:
    counted = dials(load_meters(ROOT / "meters.yaml").values())
    with database() as ground:
        with ground.engine.begin() as connection:
            connection.execute(text(READY_TABLE))
        tokens = enrol(ground.engine, tenants)
        with open_door(ground.home, ground.url) as door:
            for number in range(count):
                yield play(ground, door, counted, batches(number, of_batches, tenants), tokens)


def play(ground: Ground, door: Door, counted: Dials, made: Sequence[Batch], tokens: dict[str, str]) -> Round:
    count = len(made) * BATCH
    texts = [_ready_lines(tenant_id, events) for tenant_id, events in made]
    bodies = [(tenant_id, json.dumps(events).encode()) for tenant_id, events in made]
    sendings = under_tokens(made, tokens)
    settle()  # as the processes that serve do
    engine, server = ground.engine, ground.server.process.pid
    man = Meterman(server)
    return Round(
        ready=man.cost(count, lambda: ready_made(engine, texts)),
        stored=man.cost(count, lambda: ours(engine, counted, bodies)),
        sent=Meterman(server, door.pid).cost(count, lambda: door.send_all(sendings)),
        month_millis=reading_millis(engine, bodies[0][0]),
    )


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m bench.usage", description=__doc__)
    parser.add_argument("--batches", type=int, default=100, help=f"of {BATCH} events, in each round")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--tenants", type=int, default=20)
    options = parser.parse_args()
    for played in rounds(options.rounds, options.batches, options.tenants):
        print(f"ready-made       {played.ready}")
        print(f"stored           {played.stored}")
        print(f"sent over HTTP   {played.sent}")
        print(f"ratio            {played.share:7.2f} by the clock")
        print(f"a tenant's month {played.month_millis:7.1f} ms", flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
