"""Tenants of a small blueprint in a real database and a real cluster API, and an engineer's view of both."""

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from kubernetes import config as kubeconfig
from sqlalchemy import Engine

from devstack.postgres import Postgres
from domain.plans import Cell
from runtime.clock import SystemClock
from store.catalog_sync import sync
from store.customers import create_customer
from store.engine import make_engine
from store.migrate import upgrade
from tests.activities.kubernetes.front import Front
from tests.activities.kubernetes.tenancy import CELL, CUSTOMER, PLAN, Tenancy
from tests.activities.kubernetes.view import Control, View

REAL = os.environ.get("TENANTRY_TEST_KUBECONFIG")


@pytest.fixture(scope="session")
def view(cluster_file: Path) -> View:
    return View(kubeconfig.new_client_from_config(str(cluster_file), context=CELL))


@pytest.fixture(scope="session")
def known_cells(cells: list[dict[str, Any]]) -> list[Cell]:
    return [Cell.model_validate(cell) for cell in cells]


@pytest.fixture(scope="session")
def engine(postgres: Postgres, known_cells: list[Cell]) -> Iterator[Engine]:
    url = postgres.create_database("kubernetes_activities")
    upgrade(url)
    engine = make_engine(url, 10)
    sync(engine, [PLAN], known_cells)
    create_customer(engine, CUSTOMER, "Acme", SystemClock().now())
    yield engine
    engine.dispose()


@pytest.fixture
def tenancy(engine: Engine, known_cells: list[Cell], cluster_file: Path) -> Tenancy:
    """A tenant that has just signed up: everything is intended, nothing is made."""
    return Tenancy(engine, known_cells, cluster_file)


@pytest.fixture(scope="session")
def control(view: View) -> Control:
    if REAL:
        pytest.skip("a real cluster takes no faults, settles its own delays and counts no calls")
    return Control(view.url)


@pytest.fixture
def front(view: View, control: Control, tmp_path: Path) -> Iterator[Front]:
    """A proxy before the stand-in: it needs no credentials, so only the proxy's rules ask for any."""
    with Front(view.url, tmp_path / "front").open() as front:
        yield front
