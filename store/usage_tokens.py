"""Hashes of usage tokens: written by the tenant's open run alone, read for each batch of events."""

from dataclasses import dataclass

from sqlalchemy import Engine, TextClause, text
from sqlmodel import Session

from domain.messages import StepCall
from runtime.clock import Clock
from store.engine import database_errors
from store.holds import stale
from store.tables import UsageTokenRow

# Each is one statement, as in store/inventory_sql.py: the fence and the change cannot come apart.
_RECORD = text(
    """
WITH held AS (
    SELECT id FROM tenant WHERE id = :tenant_id AND held_by = :operation_id FOR SHARE
), written AS (
    INSERT INTO usage_token (tenant_id, hash, secret, version, operation_id, recorded_at)
    SELECT id, :hash, :secret, :version, :operation_id, :now FROM held
    ON CONFLICT (tenant_id) DO UPDATE
       SET hash = excluded.hash, secret = excluded.secret, version = excluded.version,
           operation_id = excluded.operation_id, recorded_at = excluded.recorded_at
)
SELECT count(*) FROM held"""
)
_FORGET = text(
    """
WITH held AS (
    SELECT id FROM tenant WHERE id = :tenant_id AND held_by = :operation_id FOR SHARE
), deleted AS (
    DELETE FROM usage_token USING held WHERE usage_token.tenant_id = held.id AND secret = :secret
)
SELECT count(*) FROM held
UNION ALL
SELECT 1 WHERE NOT EXISTS (SELECT FROM usage_token WHERE tenant_id = :tenant_id AND secret = :secret)
ORDER BY 1 DESC LIMIT 1"""
)
_HASH = text("SELECT hash FROM usage_token WHERE tenant_id = :tenant_id")


@dataclass(frozen=True)
class KnownToken:
    """What may be known of a token that a secret holds."""

    secret: str
    version: str
    hash: bytes


class UsageTokens:
    """Every write is refused with StaleRun unless the operation still holds the tenant."""

    def __init__(self, engine: Engine, clock: Clock) -> None:
        self._single = engine.execution_options(isolation_level="AUTOCOMMIT")
        self._clock = clock

    def record(self, call: StepCall, known: KnownToken) -> None:
        """From now on this token is the tenant's, and none of before; again is no change. Raises StaleRun."""
        self._write(_RECORD, call, vars(known) | {"now": self._clock.now()})

    def forget(self, call: StepCall, secret: str) -> None:
        """Takes no usage by the token that this secret holds, if one is known.

        Raises StaleRun; not for an orphan, whose tenant no operation holds.
        """
        self._write(_FORGET, call, {"secret": secret})

    def version(self, tenant_id: str) -> str | None:
        """Of the secret's value whose hash is known; None if none is."""
        with database_errors(), Session(self._single) as session:
            row = session.get(UsageTokenRow, tenant_id)
            return row.version if row else None

    def _write(self, statement: TextClause, call: StepCall, values: dict[str, object]) -> None:
        values |= {"tenant_id": call.tenant.id, "operation_id": call.operation_id}
        with database_errors(), self._single.connect() as connection:
            held = connection.execute(statement, values).scalar_one()
        if not held:
            raise stale(call.tenant.id, call.operation_id)


def hash_of(engine: Engine, tenant_id: str) -> bytes | None:
    """Of the token by which a tenant's usage is taken now. Raises Unavailable."""
    with database_errors(), engine.connect() as connection:
        return (
            connection.execution_options(isolation_level="AUTOCOMMIT")
            .execute(_HASH, {"tenant_id": tenant_id})
            .scalar_one_or_none()
        )
