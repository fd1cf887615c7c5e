"""A migrated database of these tests' own, in the PostgreSQL of the session."""

from collections.abc import Iterator
from uuid import uuid4

import pytest
from sqlalchemy import Engine

from catalog import Catalog, load_catalog
from devstack.postgres import Postgres
from runtime.settings import ROOT
from store.catalog_sync import sync
from store.engine import make_engine
from store.migrate import upgrade
from tests.store.world import World


@pytest.fixture(scope="session")
def catalog() -> Catalog:
    return load_catalog(ROOT / "plans.yaml", ROOT / "cells.yaml", ROOT / "blueprints")


@pytest.fixture(scope="session")
def engine(postgres: Postgres, catalog: Catalog) -> Iterator[Engine]:
    url = postgres.create_database(f"store{uuid4().hex[:12]}")
    upgrade(url)
    engine = make_engine(url, pool_size=8)
    sync(engine, catalog.plans.values(), catalog.cells.values())
    yield engine
    engine.dispose()


@pytest.fixture
def world(engine: Engine, catalog: Catalog) -> World:
    return World(engine, catalog)


@pytest.fixture
def log_url(postgres: Postgres) -> str:
    made = postgres.create_database(f"audit{uuid4().hex[:12]}")
    upgrade(made)
    return made


@pytest.fixture
def log(log_url: str) -> Iterator[Engine]:
    """A log of its own."""
    engine = make_engine(log_url, pool_size=4)
    yield engine
    engine.dispose()
