"""Customers: every tenant belongs to one."""

from collections.abc import Callable, Mapping
from contextlib import suppress
from datetime import datetime

from sqlalchemy import Engine, delete, func, tuple_
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.exc import IntegrityError
from sqlmodel import Session, col, select
from sqlmodel.sql.expression import SelectOfScalar

from domain.audit.changes import Change, hidden
from domain.audit.origin import SYSTEM, Author
from domain.naming import CUSTOMER_ID_PATTERN
from store.audit import note
from store.cursors import decoded, page
from store.engine import transaction
from store.idempotency import Claim, claim_within
from store.tables import CustomerRow, TenantRow

_PERSONAL = frozenset({"email"})


def create_customer(
    engine: Engine,
    customer_id: str,
    name: str,
    now: datetime,
    *,
    email: str | None = None,
    time_zone: str | None = None,
    by: Author = SYSTEM,
) -> CustomerRow:
    """The customer of this id, made if it is new; an existing one stays as it is."""
    with transaction(engine) as session:
        made = session.execute(
            insert(CustomerRow)
            .values(id=customer_id, name=name, email=email, time_zone=time_zone, created_at=now)
            .on_conflict_do_nothing(index_elements=["id"])
            .returning(col(CustomerRow.id))
        )
        if made.one_or_none():
            _note_made(session, customer_id, {"name": name, "email": email, "time_zone": time_zone}, now, by)
        return session.get_one(CustomerRow, customer_id)


def change_customer(
    engine: Engine,
    customer_id: str,
    wanted: Claim,
    changes: Mapping[str, str | None],
    now: datetime,
    check: Callable[[CustomerRow], None] = lambda _: None,
    *,
    by: Author = SYSTEM,
) -> CustomerRow | None:
    """The customer as it is now, `changes` made if the key is new and `check` lets the locked row through.

    Raises KeyReused, and what `check` raises.
    """
    with transaction(engine) as session:
        row = session.get(CustomerRow, customer_id, with_for_update={"key_share": True})
        if row is None:
            return None
        # A repeat, which may come after later changes, must not undo them.
        _, is_new = claim_within(session, wanted, now)
        if is_new:
            check(row)
            before = {column: getattr(row, column) for column in changes}
            note(session, _change("changed", customer_id, now, by, before=before, after=changes))
            for column, value in changes.items():
                setattr(row, column, value)
        return row


def customer_named(engine: Engine, name: str, new_id: str, now: datetime, *, by: Author = SYSTEM) -> str:
    """The id of the oldest customer of this name; made with `new_id` if there is none."""
    with transaction(engine) as session:
        # Two first sign-ups of one customer at the same moment must not become two customers.
        session.execute(select(func.pg_advisory_xact_lock(func.hashtextextended(name, 0))))
        found = session.exec(_named(name, 1)).first()
        if found is not None:
            return found.id
        session.add(CustomerRow(id=new_id, name=name, created_at=now))
        _note_made(session, new_id, {"name": name}, now, by)
    return new_id


def list_customers(
    engine: Engine, cursor: str | None, limit: int, name: str | None = None
) -> tuple[list[CustomerRow], str | None]:
    """One page, oldest first, and where the next begins; of one name only if one is given.

    Raises ValueError for a cursor that is not one of ours.
    """
    query = select(CustomerRow)
    if name is not None:
        query = query.where(CustomerRow.name == name)
    if cursor is not None:
        place = decoded(cursor, CUSTOMER_ID_PATTERN)
        query = query.where(tuple_(col(CustomerRow.created_at), col(CustomerRow.id)) > place)
    query = query.order_by(col(CustomerRow.created_at), col(CustomerRow.id)).limit(limit + 1)
    with transaction(engine) as session:
        return page(session.exec(query), limit, lambda row: (row.created_at, row.id))


def remove_unused_customer(engine: Engine, customer_id: str, now: datetime, *, by: Author = SYSTEM) -> None:
    """Leaves a customer that has, or ever had, a tenant."""
    has_tenant = select(TenantRow.id).where(TenantRow.customer_id == customer_id).exists()
    unused = delete(CustomerRow).where(col(CustomerRow.id) == customer_id, ~has_tenant)
    # A sign-up that uses it at this moment keeps it.
    with suppress(IntegrityError), transaction(engine) as session:
        removed = session.execute(unused.returning(col(CustomerRow.name))).one_or_none()
        if removed:
            note(session, _change("removed", customer_id, now, by, before={"name": removed.name}))


def get_customer(engine: Engine, customer_id: str) -> CustomerRow | None:
    with transaction(engine) as session:
        return find_customer(session, customer_id)


def find_customer(session: Session, customer_id: str) -> CustomerRow | None:
    return session.get(CustomerRow, customer_id)


def _named(name: str, limit: int) -> SelectOfScalar[CustomerRow]:
    rows = select(CustomerRow).where(CustomerRow.name == name)
    return rows.order_by(col(CustomerRow.created_at), col(CustomerRow.id)).limit(limit)


def _note_made(
    session: Session, customer_id: str, values: Mapping[str, str | None], now: datetime, by: Author
) -> None:
    given = {name: value for name, value in values.items() if value is not None}
    note(session, _change("made", customer_id, now, by, after=given))


def _change(
    done: str,
    customer_id: str,
    now: datetime,
    by: Author,
    *,
    before: Mapping[str, str | None] | None = None,
    after: Mapping[str, str | None] | None = None,
) -> Change:
    return Change(
        at=now,
        by=by,
        action=f"customer.{done}",
        object_kind="customer",
        object_id=customer_id,
        customer_id=customer_id,
        before=before and hidden(before, _PERSONAL),
        after=after and hidden(after, _PERSONAL),
    )
