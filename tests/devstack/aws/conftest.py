"""One front per test process."""

from collections.abc import Iterator
from datetime import UTC, datetime

import pytest

from devstack.aws import AwsFront
from tests.devstack.aws.support import CALLER, CLUSTER, DOMAIN, STRANGER, STRANGERS_ACCOUNT, ZONE, Aws


@pytest.fixture(scope="session")
def front() -> Iterator[AwsFront]:
    front = AwsFront(
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
