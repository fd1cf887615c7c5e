"""Keys of the API: made, listed, revoked, and looked up for each request."""

from datetime import datetime, timedelta

from sqlalchemy import Engine, text, tuple_
from sqlalchemy.dialects.postgresql import insert
from sqlmodel import Session, col, select

from domain.access import Caller, Role
from domain.api_key import KEY_ID_PATTERN
from domain.audit.changes import Change
from domain.audit.origin import Author
from domain.bearer import is_of
from store.audit import note
from store.cursors import decoded, page
from store.engine import database_errors, transaction
from store.tables import ApiKeyRow

USE_IS_NOTED_EVERY = timedelta(minutes=1)
"""A write for each request would cost more than most requests."""
_NOTE_USE = text("UPDATE api_key SET last_used_at = :now WHERE id = :id")


def make_key(engine: Engine, row: ApiKeyRow, by: Author) -> bool:
    """Whether it is new; False: a key of this id was made before, and stays."""
    with transaction(engine) as session:
        made = insert(ApiKeyRow).values(row.model_dump()).on_conflict_do_nothing(index_elements=["id"])
        is_new = session.execute(made.returning(col(ApiKeyRow.id))).first() is not None
        if is_new:
            note(session, _change("made", row, row.created_at, by))
        return is_new


def key_caller(engine: Engine, key_id: str, key: str, now: datetime) -> Caller | None:
    """Whose key this is; None if it is not, or is no longer. Raises Unavailable."""
    with database_errors(), engine.connect() as connection:
        connection.execution_options(isolation_level="AUTOCOMMIT")
        session = Session(connection)
        row = session.get(ApiKeyRow, key_id)
        if row is None or not is_of(key, row.hash) or _ended(row, now):
            return None
        if row.last_used_at is None or row.last_used_at + USE_IS_NOTED_EVERY <= now:
            session.execute(_NOTE_USE, {"now": now, "id": key_id})
        return Caller(f"key:{row.id}", frozenset(Role(role) for role in row.roles), row.customer_id)


def list_keys(engine: Engine, cursor: str | None, limit: int) -> tuple[list[ApiKeyRow], str | None]:
    """Oldest first, and where the next page begins. Raises ValueError for a cursor not of ours."""
    place = (col(ApiKeyRow.created_at), col(ApiKeyRow.id))
    query = select(ApiKeyRow).order_by(*place).limit(limit + 1)
    if cursor is not None:
        query = query.where(tuple_(*place) > decoded(cursor, KEY_ID_PATTERN))
    with transaction(engine) as session:
        return page(session.exec(query), limit, lambda row: (row.created_at, row.id))


def revoke_key(engine: Engine, key_id: str, now: datetime, by: Author) -> ApiKeyRow | None:
    """The key as it is then; revoked once, the instant stays. None if there is no such key."""
    with transaction(engine) as session:
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
