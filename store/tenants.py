"""Tenants: reads for the API and for the schedule of removals, and the insertion at sign-up."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from psycopg.errors import UniqueViolation
from sqlalchemy import Engine, tuple_
from sqlalchemy.exc import IntegrityError
from sqlmodel import Session, col, select

from domain.errors import SlugTaken, Unavailable
from domain.naming import TENANT_ID_PATTERN
from domain.phases import Phase
from store.cursors import decoded, page
from store.engine import transaction
from store.tables import TenantRow

MAX_PAGE = 200


@dataclass(frozen=True)
class TenantPage:
    items: list[TenantRow]
    next_cursor: str | None
    """Opaque; none on the last page."""


@dataclass(frozen=True)
class DueTenant:
    id: str
    slug: str
    plan: str
    region: str
    remove_after: datetime


def get_tenant(engine: Engine, slug: str, customer_id: str | None = None) -> TenantRow | None:
    """The tenant that has this slug; if none has it any more, the one that had it last.

    With `customer_id` of this customer's tenants only.
    """
    query = select(TenantRow).where(TenantRow.slug == slug)
    if customer_id is not None:
        query = query.where(TenantRow.customer_id == customer_id)
    query = query.order_by(
        col(TenantRow.deleted_at).desc().nulls_first(), col(TenantRow.created_at).desc()
    ).limit(1)
    with transaction(engine) as session:
        return session.exec(query).one_or_none()


def get_tenant_by_id(engine: Engine, tenant_id: str) -> TenantRow | None:
    with transaction(engine) as session:
        return session.get(TenantRow, tenant_id)


def list_tenants(
    engine: Engine,
    cursor: str | None = None,
    limit: int = 50,
    *,
    phases: Collection[Phase] | None = None,
    plans: Collection[str] | None = None,
    regions: Collection[str] | None = None,
    customer_id: str | None = None,
) -> TenantPage:
    """One page in the order of creation. Raises ValueError for a cursor that is not one of ours."""
    size = max(1, min(limit, MAX_PAGE))
    place = (col(TenantRow.created_at), col(TenantRow.id))
    query = select(TenantRow).order_by(*place).limit(size + 1)
    filters = ((TenantRow.phase, phases), (TenantRow.plan, plans), (TenantRow.region, regions))
    for column, wanted in filters:
        if wanted is not None:
            query = query.where(col(column).in_(wanted))
    if customer_id is not None:
        query = query.where(TenantRow.customer_id == customer_id)
    if cursor is not None:
        query = query.where(tuple_(*place) > decoded(cursor, TENANT_ID_PATTERN))
    with transaction(engine) as session:
        return TenantPage(*page(session.exec(query), size, lambda row: (row.created_at, row.id)))


def due_for_removal(engine: Engine, now: datetime, limit: int) -> list[DueTenant]:
    """Closed tenants whose grace is over, oldest first."""
    query = (
        select(TenantRow)
        .where(TenantRow.phase == Phase.CLOSED, col(TenantRow.remove_after) <= now)
        .order_by(col(TenantRow.remove_after), col(TenantRow.id))
        .limit(limit)
    )
    with transaction(engine) as session:
        return [
            DueTenant(row.id, row.slug, row.plan, row.region, row.remove_after)
            for row in session.exec(query)
            if row.remove_after is not None
        ]


def insert_tenant(session: Session, tenant: TenantRow) -> None:
    """Raises SlugTaken, or Unavailable when the same sign-up is being registered at this moment."""
    session.add(tenant)
    try:
        session.flush()
    except IntegrityError as error:
        if not isinstance(error.orig, UniqueViolation):
            raise
        if error.orig.diag.constraint_name == "uq_tenant_slug_not_gone":
            raise SlugTaken(f"the slug '{tenant.slug}' is taken; choose another") from error
        raise Unavailable(f"tenant {tenant.id} is being registered by another attempt") from error
