"""A page of the list of tenants, with few of them and with very many."""

import os
import secrets
import statistics
import time

import httpx
from sqlalchemy import Engine, text

from bench.closing import TENANT, TENANTS
from bench.figures import Figure, Section, Target
from bench.usage import database
from bench.usage_http import open_door

FEW, MANY = 1_000, 100_000
ROUNDS = 5
ASKED = 40
KEY = secrets.token_urlsafe(32)


def measure() -> Section:
    few, many = (_millis(tenants) for tenants in (FEW, MANY))
    ratios = tuple(more / fewer for fewer, more in zip(few, many, strict=True))
    return Section(
        "Lists",
        [
            Figure("page-few", f"a page of 50 among {FEW:,} tenants", "", "ms", few),
            Figure("page-many", f"a page of 50 among {MANY:,} tenants", "", "ms", many),
            Figure("page", f"a page among {MANY:,}", f"one among {FEW:,}", "times", ratios, Target("≤", 1.2)),
        ],
        [f"GET /v1/tenants from the first page on, {ASKED} pages a round, each the one after the last."],
    )


def _millis(tenants: int) -> tuple[float, ...]:
    """Of a page, median of each round."""
    os.environ["TENANTRY_DEVELOPMENT_KEY"] = KEY
    with database() as ground:
        _fill(ground.engine, tenants)
        with open_door(ground.home, ground.url) as door, _client(door.port) as client:
            _round(client)
            return tuple(_round(client) for _ in range(ROUNDS))


def _round(client: httpx.Client) -> float:
    cursor: str | None = None
    taken: list[float] = []
    for _ in range(ASKED):
        began = time.perf_counter()
        answer = client.get("/v1/tenants", params={"limit": 50} | ({"cursor": cursor} if cursor else {}))
        taken.append((time.perf_counter() - began) * 1000)
        cursor = answer.raise_for_status().json()["next"]
    return statistics.median(taken)


def _client(port: int) -> httpx.Client:
    return httpx.Client(base_url=f"http://127.0.0.1:{port}", headers={"Authorization": f"Bearer {KEY}"})


def _fill(engine: Engine, tenants: int) -> None:
    with engine.begin() as connection:
        connection.execute(text("SET LOCAL statement_timeout = 0"))
        for statement in TENANTS.split(";"):
            connection.exec_driver_sql(statement)
        connection.execute(text(TENANT), {"tenants": tenants})
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text("VACUUM ANALYZE"))
