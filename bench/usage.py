"""`python -m bench.usage`: how fast usage is stored, beside the least that PostgreSQL would do for it.

Both store the same events over one connection of one server: ours from the body of a request to sums by the
hour, the other from text that is ready for COPY. HTTP comes on top. Keys of ours are new in their hour, which
is the most that there can be to do. Processor time is told apart from the clock's, which says little where
other work runs beside it. Asserts nothing.
"""

import argparse
import json
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random
from typing import Any
from uuid import UUID

import psutil
from sqlalchemy import Engine, text

from bench.stage import MEMORY
from catalog.meters import load_meters
from devstack.postgres import Postgres
from domain.billing.prices import Aggregate
from domain.billing.spans import Span
from domain.billing.usage import Demand
from domain.metering.cloud_events import read_events
from domain.metering.meters import Dials, dials
from runtime.clock import SystemClock
from runtime.settings import ROOT
from store.engine import make_engine, psycopg_transaction
from store.migrate import upgrade
from store.usage_ingest import Ingestion
from store.usage_read import UsageReader

BATCH = 500
USERS = 2_000
KINDS = ("servers", "databases", "applications", "clusters")
USERS_EVENT, COUNTS_EVENT = "com.goteleport.user.active", "com.goteleport.resources.counted"
READY_TABLE = """
CREATE TABLE ready (tenant_id text, source text, id text, at timestamptz, meter text, value numeric, key text,
                    PRIMARY KEY (tenant_id, source, id))"""
READY_STAGING = "CREATE TEMPORARY TABLE ready_staging (LIKE ready) ON COMMIT DELETE ROWS"
READY_INSERT = "INSERT INTO ready SELECT * FROM ready_staging ON CONFLICT (tenant_id, source, id) DO NOTHING"


@dataclass(frozen=True)
class Cost:
    """Of storing one event, in microseconds."""

    clock: float
    ours: float
    """Processor time of this process."""
    server: float
    """Processor time of PostgreSQL."""

    @property
    def processor(self) -> float:
        return self.ours + self.server

    def __str__(self) -> str:
        return (
            f"{1e6 / self.clock:7.0f}/s, {self.processor:5.1f} µs of processor"
            f" ({self.ours:.1f} here, {self.server:.1f} in PostgreSQL)"
        )


class Meterman:
    """Takes the cost of calls."""

    def __init__(self, server: Postgres) -> None:
        self._server = psutil.Process(server.process.pid)

    def cost(self, events: int, call: Callable[[], object]) -> Cost:
        before = (time.perf_counter(), time.process_time(), self._spent())
        call()
        after = (time.perf_counter(), time.process_time(), self._spent())
        spent = [(end - begin) * 1e6 / events for begin, end in zip(before, after, strict=True)]
        return Cost(*spent)

    def _spent(self) -> float:
        times = [one.cpu_times() for one in (self._server, *self._server.children(recursive=True))]
        return sum(one.user + one.system for one in times)


@contextmanager
def database() -> Iterator[tuple[Postgres, Engine]]:
    with tempfile.TemporaryDirectory(dir=MEMORY, prefix="tenantry-bench-") as home:
        Path(home).chmod(0o755)  # PostgreSQL runs as another user where we are root
        server = Postgres(Path(home))
        server.start()
        try:
            url = server.create_database("bench")
            upgrade(url)
            engine = make_engine(url, pool_size=4)
            yield server, engine
            engine.dispose()
        finally:
            server.stop()


def events_of(random: Random, begin: datetime, length: timedelta, count: int) -> list[dict[str, Any]]:
    """As an instance sends them: in order of time, nine of ten that somebody was active, else counts."""
    instants = sorted(begin + length * random.random() for _ in range(count))
    return [_event(random, at) for at in instants]


def _event(random: Random, at: datetime) -> dict[str, Any]:
    active = random.random() < 0.9
    return {
        "specversion": "1.0",
        "id": str(UUID(int=random.getrandbits(128))),
        "source": "/clusters/acme/auth-0",
        "type": USERS_EVENT if active else COUNTS_EVENT,
        "time": at.isoformat(),
        "datacontenttype": "application/json",
        "data": {"user": f"user-{random.randrange(USERS)}@example.com"}
        if active
        else {"kind": random.choice(KINDS), "count": random.randrange(500)},
    }


def batches(seed: int, count: int, tenants: int) -> list[tuple[str, list[dict[str, Any]]]]:
    """Batches of tenants in turn, each tenant's over the last day."""
    random, begin, day = Random(seed), datetime.now(UTC) - timedelta(days=1), timedelta(days=1)
    turns = count // tenants
    return [
        (f"t{tenant:011d}", events_of(random, begin + day / turns * turn, day / turns, BATCH))
        for turn in range(turns)
        for tenant in range(tenants)
    ]


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


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m bench.usage", description=__doc__)
    parser.add_argument("--batches", type=int, default=100, help=f"of {BATCH} events, in each round")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--tenants", type=int, default=20)
    options = parser.parse_args()
    counted = dials(load_meters(ROOT / "meters.yaml").values())
    with database() as (server, engine):
        with engine.begin() as connection:
            connection.execute(text(READY_TABLE))
        for number in range(options.rounds):
            play(server, engine, counted, batches(number, options.batches, options.tenants))
    return 0


def play(
    server: Postgres, engine: Engine, counted: Dials, made: list[tuple[str, list[dict[str, Any]]]]
) -> None:
    man, count = Meterman(server), len(made) * BATCH
    texts = [_ready_lines(tenant_id, events) for tenant_id, events in made]
    bodies = [(tenant_id, json.dumps(events).encode()) for tenant_id, events in made]
    beside = man.cost(count, lambda: ready_made(engine, texts))
    stored = man.cost(count, lambda: ours(engine, counted, bodies))
    print(f"ready-made      {beside}")
    print(f"stored          {stored}")
    print(f"ratio           {beside.clock / stored.clock:7.2f} by the clock")
    print(f"a tenant's month {reading_millis(engine, bodies[0][0]):6.1f} ms", flush=True)


if __name__ == "__main__":
    sys.exit(main())
