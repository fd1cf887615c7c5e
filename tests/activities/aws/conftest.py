"""Tenants whose sign-up has begun, and their activities run one by one against real servers."""

import os
from collections.abc import Callable, Iterator

import pytest
from sqlalchemy import Engine

from catalog import Catalog, load_catalog
from devstack.postgres import Postgres
from runtime.clock import SystemClock
from runtime.settings import Settings
from store.catalog_sync import sync
from store.customers import create_customer
from store.engine import make_engine
from store.migrate import upgrade
from tests.activities.aws.faults import Faults
from tests.activities.aws.subject import Subject, World

CUSTOMER = "customer-of-tests"


@pytest.fixture(scope="session")
def aws_url(request: pytest.FixtureRequest) -> str:
    """The AWS front, or what AWS_ENDPOINT_URL names."""
    elsewhere = os.environ.get("AWS_ENDPOINT_URL")
    return elsewhere or str(request.getfixturevalue("aws").url)


@pytest.fixture(scope="session")
def aws_settings(postgres: Postgres, aws_url: str) -> Settings:
    return Settings.model_validate(
        {
            "install": "test",
            "database_url": postgres.create_database("aws"),
            "TENANTRY_AWS_ENDPOINT_URL": aws_url,
            "expected_database_seconds": 0,
            "expected_load_balancer_seconds": 0,
        }
    )


@pytest.fixture(scope="session")
def aws_catalog(aws_settings: Settings) -> Catalog:
    return load_catalog(aws_settings.plans_file, aws_settings.cells_file, aws_settings.blueprints_dir)


@pytest.fixture(scope="session")
def aws_engine(aws_settings: Settings, aws_catalog: Catalog) -> Iterator[Engine]:
    url = aws_settings.database_url.get_secret_value()
    upgrade(url)
    engine = make_engine(url, 5)
    sync(engine, aws_catalog.plans.values(), aws_catalog.cells.values())
    create_customer(engine, CUSTOMER, "Tests", SystemClock().now())
    yield engine
    engine.dispose()


@pytest.fixture(scope="session")
def world(aws_settings: Settings, aws_catalog: Catalog, aws_engine: Engine) -> World:
    return World(aws_settings, aws_catalog, aws_engine)


@pytest.fixture
def begun(world: World) -> Callable[..., Subject]:
    """Makes tenants whose sign-up has begun: their rows and intents are recorded, nothing is made."""
    return world.begin


@pytest.fixture
def subject(world: World) -> Subject:
    """One such tenant of plan team in us-east-1."""
    return world.begin()


@pytest.fixture
def faults(aws_url: str) -> Iterator[Faults]:
    """Injects faults at the wire, and takes them back after the test."""
    if os.environ.get("AWS_ENDPOINT_URL"):
        pytest.skip("faults are injected by the AWS front, which AWS_ENDPOINT_URL replaces")
    injected = Faults(aws_url)
    yield injected
    injected.clear()
