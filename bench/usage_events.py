"""Events as a tenant's instance sends them."""

from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any
from uuid import UUID

Json = dict[str, Any]
Batch = tuple[str, list[Json]]
"""Of a tenant."""
BATCH = 500
USERS = 2_000
KINDS = ("servers", "databases", "applications", "clusters")
USERS_EVENT, COUNTS_EVENT = "com.goteleport.user.active", "com.goteleport.resources.counted"


def events_of(random: Random, begin: datetime, length: timedelta, count: int) -> list[Json]:
    """As an instance sends them: in order of time, nine of ten that somebody was active, else counts."""
    instants = sorted(begin + length * random.random() for _ in range(count))
    return [_event(random, at) for at in instants]


def _event(random: Random, at: datetime) -> Json:
    active = random.random() < 0.9
    return {
        "specversion": "1.0",
        "id": str(UUID(int=random.getrandbits(128))),
        "source": "/clusters/acme/auth-0",
        "type": USERS_EVENT if active else COUNTS_EVENT,
        "time": at.isoformat(),
        "datacontenttype": "application/json",
        "data": {"user": f"user-{random.randrange(USERS)}@example.com"}
        if active
        else {"kind": random.choice(KINDS), "count": random.randrange(500)},
    }


def batches(seed: int, count: int, tenants: int) -> list[Batch]:
    """Batches of tenants in turn, each tenant's over the last day."""
    random, begin, day = Random(seed), datetime.now(UTC) - timedelta(days=1), timedelta(days=1)
    turns = count // tenants
    return [
        (f"t{tenant:011d}", events_of(random, begin + day / turns * turn, day / turns, BATCH))
        for turn in range(turns)
        for tenant in range(tenants)
    ]
