"""A stand-in cluster for tests; a plug-in that test modules name."""

from collections.abc import Iterator

import pytest

from devstack.kubernetes import StandIn
from tests.devstack.kubernetes_client import Client


@pytest.fixture(scope="module")
def stand_in() -> Iterator[StandIn]:
    """One stand-in with one cell for a module's tests."""
    with StandIn(["cell"]) as found:
        yield found


@pytest.fixture
def cluster(stand_in: StandIn) -> Iterator[Client]:
    """A client with a fresh namespace."""
    found = Client(stand_in.url("cell")).make_namespace()
    yield found
    found.http.close()
