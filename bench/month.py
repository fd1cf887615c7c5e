"""`python -m bench.month`: how long a month of one tenant is read, with few and with many events stored.

The events of twenty tenants, all of the last thirty days, are stored as they are when they are sent: until
every hour has some of every group, and every key was seen. Whatever comes then changes values of sums and
not how many there are; so the others are copies in the table of events alone. Asserts nothing.
"""

import argparse
import json
import sys
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from random import Random

from sqlalchemy import Engine, text

from bench.usage import database, ours, reading_millis
from bench.usage_events import BATCH, events_of
from bench.usage_http import enrol
from catalog.meters import load_meters
from domain.metering.meters import Dials, dials
from runtime.settings import ROOT

TENANTS = [f"t{tenant:011d}" for tenant in range(20)]
DAYS = 30
FEW, SENT, MANY = 10_000, 600_000, 10_000_000
COPIES = """
INSERT INTO usage_event (stream, at, received_at, ingestion, value, source, id, key)
SELECT stream, at, received_at, ingestion, value, source, id || copy, key
  FROM usage_event CROSS JOIN generate_series(1, :copies) AS copy"""


def send(engine: Engine, counted: Dials, random: Random, count: int) -> None:
    """Through the ingestion, in batches that each tell of a day of one tenant."""
    begin = datetime.now(UTC) - timedelta(days=DAYS)
    for number in range(count // BATCH):
        day = begin + timedelta(days=number // len(TENANTS) % DAYS)
        events = events_of(random, day, timedelta(days=1), BATCH)
        ours(engine, counted, [(TENANTS[number % len(TENANTS)], json.dumps(events).encode())])


def copy(engine: Engine, copies: int) -> None:
    with engine.begin() as connection:
        connection.execute(text("SET LOCAL statement_timeout = 0"))
        connection.execute(text(COPIES), {"copies": copies})


def tell(engine: Engine) -> float:
    """Milliseconds, said as well."""
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text("SET statement_timeout = 0"))
        connection.execute(text("VACUUM ANALYZE"))  # as autovacuum would have done by then
        stored = connection.execute(text("SELECT count(*) FROM usage_event")).scalar_one()
    millis = reading_millis(engine, TENANTS[0])
    print(f"{stored:>11,} events stored: a month in {millis:.1f} ms (target <= 20)", file=sys.stderr)
    return millis


def main() -> int:
    argparse.ArgumentParser(prog="python -m bench.month", description=__doc__).parse_args()
    list(measured())
    return 0


def measured() -> Iterator[float]:
    """Milliseconds with few events stored, with those that were sent, and with many."""
    counted, random = dials(load_meters(ROOT / "meters.yaml").values()), Random(1)
    with database() as ground:
        enrol(ground.engine, len(TENANTS))
        send(ground.engine, counted, random, FEW)
        yield tell(ground.engine)
        send(ground.engine, counted, random, SENT - FEW)
        yield tell(ground.engine)
        copy(ground.engine, -(-MANY // SENT) - 1)
        yield tell(ground.engine)


if __name__ == "__main__":
    sys.exit(main())
