"""When a delivery is tried again, and when an endpoint is left alone."""

from datetime import datetime, timedelta

RETRIES = (
    timedelta(seconds=5),
    timedelta(minutes=5),
    timedelta(minutes=30),
    timedelta(hours=2),
    timedelta(hours=5),
    timedelta(hours=10),
    timedelta(hours=14),
    timedelta(hours=20),
    timedelta(hours=24),
)
"""After each attempt but the last: ten attempts in a little over three days."""
ATTEMPTS = len(RETRIES) + 1
DISABLED_AFTER = timedelta(days=3)
"""An endpoint that has taken nothing for as long is not tried any more."""
SECRET_OVERLAP = timedelta(hours=24)
"""How long after a rotation the secret before it signs, too."""
KEPT = timedelta(days=30)
"""Events, with what became of their deliveries."""

_PATIENCE = 3
"""Failures in a row: one event that an endpoint chokes on must not slow down the others."""
_SHORTEST_REST = timedelta(seconds=5)
_LONGEST_REST = timedelta(minutes=5)
_LONGEST_WISH = timedelta(hours=1)


def next_try(attempts: int, now: datetime) -> datetime | None:
    """None when the last attempt has failed."""
    return now + RETRIES[attempts - 1] if attempts < ATTEMPTS else None


def rest_until(failures: int, since: datetime, now: datetime, wish: timedelta | None) -> datetime | None:
    """Until when an endpoint is asked nothing that has failed so many times in a row, from `since` to now;
    `wish` is its Retry-After."""
    rests = [] if wish is None else [min(wish, _LONGEST_WISH)]
    if failures >= _PATIENCE:
        rests.append(min(max((now - since) / 2, _SHORTEST_REST), _LONGEST_REST))
    return now + max(rests) if rests else None
