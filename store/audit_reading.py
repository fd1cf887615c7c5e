"""Reads the audit log, page by page."""

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, Engine
from sqlmodel import col, select

from domain.audit.chain import Checkpoint, Entry
from store.audit import head
from store.engine import transaction
from store.tables import AuditRow

MAX_PAGE = 1000


@dataclass(frozen=True)
class AuditFilter:
    """What is given narrows; nothing given is everything."""

    tenant_id: str | None = None
    actors: Collection[str] | None = None
    actions: Collection[str] | None = None
    since: datetime | None = None
    until: datetime | None = None


@dataclass(frozen=True)
class AuditPage:
    items: list[Entry]
    next: int | None
    """Where the next page begins; none on the last."""


ALL = AuditFilter()


def read_audit(
    engine: Engine, *, limit: int, after: int | None = None, before: int | None = None, of: AuditFilter = ALL
) -> AuditPage:
    """The rows after number `after`, oldest first; without it those before `before`, or all, newest first."""
    newest_first = after is None
    query = select(AuditRow).limit(limit + 1)
    if after is not None:
        query = query.where(AuditRow.seq > after)
    if before is not None:
        query = query.where(AuditRow.seq < before)
    for condition in _conditions(of):
        query = query.where(condition)
    order = col(AuditRow.seq).desc() if newest_first else col(AuditRow.seq)
    with transaction(engine) as session:
        rows = [Entry(**row.model_dump()) for row in session.exec(query.order_by(order))]
    return AuditPage(rows[:limit], rows[limit - 1].seq if len(rows) > limit else None)


def audit_head(engine: Engine) -> Checkpoint:
    with transaction(engine) as session:
        return head(session)


def _conditions(of: AuditFilter) -> Iterator[ColumnElement[bool]]:
    if of.tenant_id is not None:
        yield col(AuditRow.tenant_id) == of.tenant_id
    if of.actors is not None:
        yield col(AuditRow.actor).in_(of.actors)
    if of.actions is not None:
        yield col(AuditRow.action).in_(of.actions)
    if of.since is not None:
        yield col(AuditRow.at) >= of.since
    if of.until is not None:
        yield col(AuditRow.at) < of.until
