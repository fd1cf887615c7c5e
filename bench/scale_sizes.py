"""`python -m bench.scale_sizes`: what rows, a history and a look for drift take.

Sign-ups on the development stack, a month of three meters of 1,000 tenants, and 60,000 events. Tables are
packed first. Asserts nothing.
"""

import argparse
import asyncio
import os
import sys
from random import Random

from sqlalchemy import Engine, text
from temporalio.client import Client

from bench import closing, month
from bench.actions import ActionMeter
from bench.processors import processor_seconds
from bench.schedules import fire
from bench.stage import QUIET, REGIONS, BenchStage, SignedUp, running_stack
from bench.usage import database
from bench.usage_http import enrol
from catalog.meters import load_meters
from devstack.stack import Stack
from domain.metering.meters import dials
from domain.naming import workflow_id
from runtime.settings import ROOT
from store.engine import make_engine
from worker.schedules import DRIFT

TABLES = "SELECT relname FROM pg_class WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace"
SIZE = "SELECT count(*), pg_total_relation_size('{table}') FROM {table}"
CROWD, FEW = 30, 20
AT_ONCE = {"TENANTRY_DRIFT_TENANTS_PER_MINUTE": "6000"}
"""A scan that waits for nothing."""
EVENTS = 60_000
Sizes = dict[str, tuple[int, int]]
"""Of each table, rows and bytes."""


def main() -> int:
    argparse.ArgumentParser(prog="python -m bench.scale_sizes", description=__doc__).parse_args()
    os.environ.update(AWS_ACCESS_KEY_ID="bench", AWS_SECRET_ACCESS_KEY="bench")
    with running_stack(settings={**QUIET, **AT_ONCE}) as stack, BenchStage(stack) as stage:
        sign_up(stack, stage)
        look(stack)
    with closing._database() as engine:  # noqa: SLF001 - the same ground as the other measurements
        closing._fill(engine, 1_000)  # noqa: SLF001
        closing._close(engine, 1_000, 1.0)  # noqa: SLF001
        show("a month of 1,000 tenants", packed(engine), {})
    with database() as ground:
        enrol(ground.engine, len(month.TENANTS))
        counted = dials(load_meters(ROOT / "meters.yaml").values())
        month.send(ground.engine, counted, Random(1), EVENTS)
        show(f"{EVENTS:,} events", packed(ground.engine), {})
    return 0


def sign_up(stack: Stack, stage: BenchStage) -> None:
    engine = make_engine(stack.environment["TENANTRY_DATABASE_URL"], pool_size=1)
    tenants = [stage.signup("team", region) for region in REGIONS[:2]]
    print(asyncio.run(history(stack.temporal.address, tenants[-1])), flush=True)
    before = packed(engine)
    for _ in range(2):
        stage.crowd(CROWD)
    show(f"{2 * CROWD} sign-ups", packed(engine), before)
    engine.dispose()


def look(stack: Stack) -> None:
    """Where nothing has drifted, as nearly always."""
    meter = ActionMeter(stack)
    spent = processor_seconds(stack, lambda: fire(stack, DRIFT, meter))
    shares = ", ".join(f"{name} {1000 * seconds / (2 * CROWD):.0f} ms" for name, seconds in spent.items())
    print(f"\na look at a tenant for drift, processor time: {shares}", flush=True)


async def history(address: str, tenant: SignedUp) -> str:
    client = await Client.connect(address)
    run = client.get_workflow_handle(workflow_id(tenant.slug, tenant.tenant_id))
    info = (await run.describe()).raw_description.workflow_execution_info
    return (
        f"a sign-up: {info.history_length} events, {info.history_size_bytes:,} bytes, "
        f"{info.state_transition_count} state transitions"
    )


def packed(engine: Engine) -> Sizes:
    found: Sizes = {}
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text("SET statement_timeout = 0"))
        for table in connection.execute(text(TABLES)).scalars().all():
            connection.execute(text(f"VACUUM FULL {table}"))
            rows, size = connection.execute(text(SIZE.format(table=table))).one()
            found[table] = (rows, size)
    return found


def show(what: str, after: Sizes, before: Sizes) -> None:
    """Of those tables that grew by more than a few rows."""
    print(f"\n{what}", flush=True)
    for table, (rows, size) in after.items():
        rows_before, size_before = before.get(table, (0, 0))
        more = rows - rows_before
        if more > FEW:
            print(f"  {table:24} {more:>9,} rows of {(size - size_before) / more:,.0f} bytes")


if __name__ == "__main__":
    sys.exit(main())
