"""Months of usage: their partitions are made when first needed and dropped when nobody may ask for them."""

from collections.abc import Iterable
from datetime import UTC, datetime

from sqlalchemy import Connection, Engine, text

from domain.metering.hours import kept_since, month_after
from store.engine import database_errors

LOCK = 0x6D6F6E746873  # any fixed number: two processes that need a new month make it one after the other
DROP_WAIT_MILLIS = 5_000

_MONTHS = text(
    "SELECT child.relname FROM pg_inherits JOIN pg_class child ON child.oid = inhrelid"
    " WHERE inhparent = 'usage_event'::regclass"
)
_EXPIRED = text(
    """
DELETE FROM usage_identity WHERE ctid = ANY (ARRAY(
    SELECT ctid FROM usage_identity WHERE received_at <= :before ORDER BY received_at LIMIT :most))"""
)


def name_of(month: datetime) -> str:
    return f"usage_event_{month:%Y_%m}"


def ensure_months(engine: Engine, months: Iterable[datetime]) -> None:
    """Makes the partitions of months that are given by their begins; those that exist are left alone.

    A table is made beside its parent and attached, which stops neither readers nor writers.
    """
    with database_errors(), engine.begin() as connection:
        connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": LOCK})
        known = set(connection.execute(_MONTHS).scalars())
        for month in sorted(months):
            if name_of(month) not in known:
                _make(connection, month)


def _make(connection: Connection, month: datetime) -> None:
    name = name_of(month)
    connection.execute(text(f"CREATE TABLE {name} (LIKE usage_event INCLUDING ALL)"))
    connection.execute(
        text(
            f"ALTER TABLE usage_event ATTACH PARTITION {name}"
            f" FOR VALUES FROM ('{month.isoformat()}') TO ('{month_after(month).isoformat()}')"
        )
    )


def drop_months(engine: Engine, now: datetime) -> list[str]:
    """Drops the months that are no longer kept and returns their names; what is summed up of them stays.

    Raises Unavailable while somebody reads them; nothing is half dropped.
    """
    last = name_of(kept_since(now))
    with database_errors(), engine.begin() as connection:
        connection.execute(text(f"SET LOCAL lock_timeout = {DROP_WAIT_MILLIS}"))
        connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": LOCK})
        old = sorted(name for name in connection.execute(_MONTHS).scalars() if name < last)
        for name in old:
            connection.execute(text(f"DROP TABLE {name}"))
        return old


def forget_identities(engine: Engine, before: datetime, most: int = 10_000) -> int:
    """Deletes identities that were received until `before`, the oldest first; call it until it returns 0."""
    with database_errors(), engine.begin() as connection:
        return connection.execute(_EXPIRED, {"before": before.astimezone(UTC), "most": most}).rowcount
