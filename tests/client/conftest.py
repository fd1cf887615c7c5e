"""An installation of these tests' own, and a client of it."""

from collections.abc import Iterator

import pytest

from client import Client
from devstack.postgres import Postgres
from devstack.temporal import Temporal
from runtime.settings import Settings
from tests.api.conftest import catalog, front  # noqa: F401 - fixtures
from tests.api.front import ADMIN_KEY, Front


@pytest.fixture(scope="session")
def api_settings(postgres: Postgres, temporal: Temporal) -> Settings:
    return Settings.model_validate(
        {
            "temporal_address": temporal.address,
            "database_url": postgres.create_database("client"),
            "install": "client",
            "task_queue": "client",
            "development_key": ADMIN_KEY,
        }
    )


@pytest.fixture
def address(front: Front) -> str:  # noqa: F811 - the fixture
    return str(front.http.base_url)


@pytest.fixture
def client(address: str) -> Iterator[Client]:
    """Waits for answers: use it in a thread, as the API is served by this process."""
    with Client(address, ADMIN_KEY) as client:
        yield client
