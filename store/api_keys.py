"""Keys of the API: made, listed, revoked, and looked up for each request."""

from datetime import datetime, timedelta

from sqlalchemy import Engine, text, tuple_
from sqlalchemy.dialects.postgresql import insert
from sqlmodel import Session, col, select

from domain.access import Caller, Role
from domain.api_key import KEY_ID_PATTERN, is_of
from domain.audit.changes import Change
from domain.audit.origin import Author
from store.audit import note
from store.cursors import decoded, encoded
from store.engine import database_errors, transaction
from store.tables import ApiKeyRow

USE_IS_NOTED_EVERY = timedelta(minutes=1)
"""A write for each request would cost more than most requests."""
_NOTE_USE = text("UPDATE api_key SET last_used_at = :now WHERE id = :id")


class ApiKeys:
    """Every call raises Unavailable while PostgreSQL is away."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._single = engine.execution_options(isolation_level="AUTOCOMMIT")

    def make(self, row: ApiKeyRow, by: Author) -> bool:
        """Whether it is new; False: a key of this id was made before, and stays."""
        with transaction(self._engine) as session:
            values = row.model_dump()
            made = insert(ApiKeyRow).values(values).on_conflict_do_nothing(index_elements=["id"])
            is_new = session.execute(made.returning(col(ApiKeyRow.id))).first() is not None
            if is_new:
                note(session, _change("made", row, row.created_at, by))
            return is_new

    def caller(self, key_id: str, key: str, now: datetime) -> Caller | None:
        """Whose key this is; None if it is not, or is no longer."""
        with database_errors(), Session(self._single) as session:
            row = session.get(ApiKeyRow, key_id)
            if row is None or not is_of(key, row.hash) or _ended(row, now):
                return None
            if row.last_used_at is None or row.last_used_at + USE_IS_NOTED_EVERY <= now:
                session.execute(_NOTE_USE, {"now": now, "id": key_id})
            return Caller(f"key:{row.id}", frozenset(Role(role) for role in row.roles), row.customer_id)

    def page(self, cursor: str | None, limit: int) -> tuple[list[ApiKeyRow], str | None]:
        """Oldest first, and where the next page begins. Raises ValueError for a cursor not of ours."""
        query = select(ApiKeyRow)
        if cursor is not None:
            place = decoded(cursor, KEY_ID_PATTERN)
            query = query.where(tuple_(col(ApiKeyRow.created_at), col(ApiKeyRow.id)) > place)
        query = query.order_by(col(ApiKeyRow.created_at), col(ApiKeyRow.id)).limit(limit + 1)
        with transaction(self._engine) as session:
            rows = list(session.exec(query))
        last = rows[limit - 1] if len(rows) > limit else None
        return rows[:limit], encoded(last.created_at, last.id) if last else None

    def revoke(self, key_id: str, now: datetime, by: Author) -> ApiKeyRow | None:
        """The key as it is then; revoked once, the instant stays. None if there is no such key."""
        with transaction(self._engine) as session:
            row = session.get(ApiKeyRow, key_id, with_for_update=True)
            if row is not None and row.revoked_at is None:
                row.revoked_at = now
                note(session, _change("revoked", row, now, by))
            return row


def _ended(row: ApiKeyRow, now: datetime) -> bool:
    return row.revoked_at is not None or (row.expires_at is not None and row.expires_at <= now)


def _change(done: str, row: ApiKeyRow, now: datetime, by: Author) -> Change:
    what = {
        "name": row.name,
        "roles": row.roles,
        "expires_at": row.expires_at.isoformat() if row.expires_at else None,
    }
    return Change(
        at=now,
        by=by,
        action=f"key.{done}",
        object_kind="key",
        object_id=row.id,
        customer_id=row.customer_id,
        after=what,
    )
