"""Looks at tenants: who is to be looked at, and what was found.

They are not part of a tenant's state, which only its operation writes. A look is kept only if the tenant is
as it was when the look began, so that what a run did meanwhile is not taken for drift.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Engine, and_, exists, or_
from sqlmodel import Session, col, select

from domain.drift import CHANGING, OBSERVED
from domain.errors import capped
from domain.messages import Desired, Difference
from domain.queues import Provider
from runtime.clock import Clock
from store.engine import transaction
from store.holds import stale
from store.repairs import failed_repairs
from store.tables import ObservationRow, TenantRow

MOST_KEPT = 100
"""Differences of one tenant at one provider; what lost everything needs no longer list."""
NEXT_TRY = timedelta(days=1)
"""So long after a repair that failed none is started by itself: the same would most likely fail again."""


@dataclass(frozen=True)
class Subject:
    """A tenant as it was when the look began."""

    tenant: TenantRow
    desired: Desired
    held_by: str | None


class Observations:
    def __init__(self, engine: Engine, clock: Clock) -> None:
        self._engine = engine
        self._clock = clock

    def page(self, after: str, limit: int) -> list[str]:
        """Ids of tenants that are to be found as they were left, or will be in a moment, in order."""
        query = (
            select(TenantRow.id)
            .where(col(TenantRow.phase).in_(OBSERVED | CHANGING), TenantRow.id > after)
            .order_by(col(TenantRow.id))
            .limit(limit)
        )
        with transaction(self._engine) as session:
            return list(session.exec(query))

    def subjects(self, tenant_ids: Collection[str]) -> list[Subject]:
        """Those that still are, in the order of their ids."""
        query = (
            select(TenantRow)
            .where(col(TenantRow.id).in_(tenant_ids), col(TenantRow.phase).in_(OBSERVED | CHANGING))
            .order_by(col(TenantRow.id))
        )
        with transaction(self._engine) as session:
            return [subject for row in session.exec(query) if (subject := _subject(row))]

    def record(
        self,
        subject: Subject,
        provider: Provider,
        found: Sequence[Difference],
        repaired: Collection[str] = (),
    ) -> bool:
        """Keeps what a look found; False if the tenant has changed since the look began."""
        with transaction(self._engine) as session:
            if not _unchanged(session, subject):
                return False
            now = self._clock.now()
            row = _row(session, subject.tenant.id, provider)
            differences = [_with_history(one, row.differences, now, repaired) for one in found[:MOST_KEPT]]
            if row.since is None or bool(row.differences) != bool(differences):
                row.since = now
            row.differences, row.observed_at = differences, now
            row.error = row.deferred_at = None
            session.add(row)
        return True

    def failed(self, subject: Subject, provider: Provider, why: str) -> None:
        """The tenant could not be looked at; what was found before stays."""
        with transaction(self._engine) as session:
            row = _row(session, subject.tenant.id, provider)
            row.error = capped(why)
            session.add(row)

    def deferred(self, tenant_id: str, providers: Collection[Provider]) -> None:
        """An operation holds the tenant: the next scan will see."""
        with transaction(self._engine) as session:
            for provider in providers:
                row = _row(session, tenant_id, provider)
                row.deferred_at = self._clock.now()
                session.add(row)

    def repair_failed_lately(self, tenant_id: str) -> bool:
        failed = failed_repairs(self._engine, [tenant_id]).get(tenant_id)
        return failed is not None and self._clock.now() - failed.failed_at < NEXT_TRY

    def of(self, tenant_id: str) -> list[ObservationRow]:
        return observations(self._engine, [tenant_id]).get(tenant_id, [])


def observations(engine: Engine, tenant_ids: Collection[str]) -> dict[str, list[ObservationRow]]:
    """The last looks at tenants, by tenant."""
    query = (
        select(ObservationRow)
        .where(col(ObservationRow.tenant_id).in_(tenant_ids))
        .order_by(col(ObservationRow.tenant_id), col(ObservationRow.provider))
    )
    found: dict[str, list[ObservationRow]] = {}
    with transaction(engine) as session:
        for row in session.exec(query):
            found.setdefault(row.tenant_id, []).append(row)
    return found


def out_of_sync(engine: Engine, after: str, limit: int) -> list[TenantRow]:
    """Tenants of which a look found something that is not as wanted, in the order of their ids."""
    drifted = exists().where(
        and_(
            col(ObservationRow.tenant_id) == col(TenantRow.id),
            or_(col(ObservationRow.differences) != [], col(ObservationRow.error).is_not(None)),
        )
    )
    query = (
        select(TenantRow)
        .where(drifted, col(TenantRow.phase).in_(OBSERVED), TenantRow.id > after)
        .order_by(col(TenantRow.id))
        .limit(limit)
    )
    with transaction(engine) as session:
        return list(session.exec(query))


def _subject(row: TenantRow) -> Subject | None:
    if row.sizes is None or row.mode is None:
        return None
    return Subject(row, Desired(target=row.target, sizes=row.sizes, mode=row.mode), row.held_by)


def _unchanged(session: Session, subject: Subject) -> bool:
    """Locks the tenant against its operations until the look is kept. Raises StaleRun for a repair's look."""
    before = subject.tenant
    query = select(TenantRow).where(TenantRow.id == before.id).with_for_update(read=True)
    now = session.exec(query).one()
    if subject.held_by and now.held_by != subject.held_by:
        raise stale(before.id, subject.held_by)
    return now.held_by == subject.held_by and now.updated_at == before.updated_at


def _row(session: Session, tenant_id: str, provider: Provider) -> ObservationRow:
    known = session.get(ObservationRow, (tenant_id, provider), with_for_update=True)
    return known or ObservationRow(tenant_id=tenant_id, provider=provider)


def _with_history(
    found: Difference, before: Sequence[Difference], now: datetime, repaired: Collection[str]
) -> Difference:
    known = next((one for one in before if one.place == found.place), None)
    if known is None:
        return found.model_copy(update={"since": now})
    persists = known.persists or found.step in repaired
    return found.model_copy(update={"since": known.since, "persists": persists})
