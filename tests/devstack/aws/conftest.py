"""One front per test process, with a PostgreSQL behind it."""

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from devstack.aws import AwsFront
from devstack.postgres import Postgres
from tests.devstack.aws.support import CALLER, CLUSTER, DOMAIN, STRANGER, STRANGERS_ACCOUNT, ZONE, Aws


@pytest.fixture(scope="session")
def postgres_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    directory: Path = tmp_path_factory.mktemp("rds")
    directory.parent.chmod(0o755)
    directory.parent.parent.chmod(0o755)
    directory.chmod(0o755)
    server = Postgres(directory)
    server.start()
    yield server.url
    server.stop()


@pytest.fixture(scope="session")
def front(postgres_url: str) -> Iterator[AwsFront]:
    front = AwsFront(
        postgres_url=postgres_url,
        clusters=[{"name": CLUSTER, "region": "us-east-1"}],
        zones=[{"id": ZONE, "domain": DOMAIN}],
        subnet_groups={"eu-west-1": ["cell-b"]},
        accounts={STRANGER: STRANGERS_ACCOUNT},
    )
    with front:
        yield front


@pytest.fixture
def aws(front: AwsFront) -> Iterator[Aws]:
    """The front as it was started: what a test delays, breaks or moves is put back."""
    aws = Aws(front.url, key=CALLER)
    yield aws
    aws.delay(database=0, database_modify=0, database_delete=0, dns=0)
    aws.control("DELETE", "faults")
    aws.control("PUT", "capacity", {"insufficient": []})
    aws.control("PUT", "clock", {"now": datetime.now(UTC).isoformat()})
