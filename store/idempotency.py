"""Keys that make a repeated request the same request; written before anything starts."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Engine, text
from sqlalchemy.dialects.postgresql import insert
from sqlmodel import Session, col

from store.engine import database_errors, transaction
from store.tables import IdempotencyRow

KEPT = timedelta(days=7)
"""How long a repeat is known for one; later the same key is a new one."""
_FORGET = text(
    """
DELETE FROM idempotency WHERE (caller, key) IN (
    SELECT caller, key FROM idempotency WHERE created_at < :before ORDER BY created_at LIMIT :most)"""
)


class KeyReused(Exception):
    """The same caller sent the same key with another body."""


@dataclass(frozen=True)
class Claim:
    """What a request will become: an operation of a tenant, or a customer or webhook, new or changed."""

    caller: str
    key: str
    body_hash: str
    operation_id: str | None = None
    tenant_id: str | None = None
    customer_id: str | None = None
    webhook_id: str | None = None


def claim(engine: Engine, wanted: Claim, now: datetime) -> tuple[IdempotencyRow, bool]:
    """The row of (caller, key), and whether it is new: a repeat gets the ids of the first request.

    Raises KeyReused.
    """
    with transaction(engine) as session:
        return claim_within(session, wanted, now)


def claim_within(session: Session, wanted: Claim, now: datetime) -> tuple[IdempotencyRow, bool]:
    """The same, as a part of what the key stands for. Raises KeyReused."""
    statement = (
        insert(IdempotencyRow)
        .values(vars(wanted) | {"created_at": now})
        .on_conflict_do_nothing(index_elements=["caller", "key"])
        .returning(col(IdempotencyRow.key))
    )
    created = session.execute(statement).one_or_none() is not None
    row = session.get_one(IdempotencyRow, (wanted.caller, wanted.key))
    if row.body_hash != wanted.body_hash:
        raise KeyReused(f"idempotency key '{wanted.key}' was used for another request")
    return row, created


def forget_keys(engine: Engine, before: datetime, most: int = 10_000) -> int:
    """Deletes keys of before, the oldest first; call it until it returns less than `most`."""
    with database_errors(), engine.begin() as connection:
        return connection.execute(_FORGET, {"before": before, "most": most}).rowcount
