"""Things that bear our mark and belong to no tenant that may have them."""

import secrets
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Engine
from sqlmodel import Session, col, select

from domain.audit.changes import Change
from domain.audit.origin import SYSTEM, Author, author
from domain.errors import PermanentError, capped
from domain.messages import OrphanEnding, OrphanRequest
from domain.phases import GONE
from domain.queues import Provider
from runtime.clock import Clock
from store.audit import note
from store.engine import transaction
from store.tables import ORPHANS_THERE, OrphanRow, OrphanState, ResourceRow, TenantRow

LONGEST_DELETION = {"s3:bucket": timedelta(hours=13)}
LONGEST_OTHERWISE = timedelta(hours=3)
"""Longer than workflows/policies.py lets the removal of such a thing take."""


@dataclass(frozen=True)
class Marked:
    """A thing that bears our install's mark, as a scan saw it."""

    kind: str
    name: str
    tenant_id: str
    cell: str
    namespace: str = ""
    provider_id: str = ""
    slug: str = ""

    @property
    def place(self) -> tuple[str, str, str]:
        return (self.kind, self.namespace, self.name)


class NoOrphan(PermanentError):
    """There is none of this id, or it is not one any more."""


class Orphans:
    def __init__(self, engine: Engine, clock: Clock) -> None:
        self._engine = engine
        self._clock = clock

    def homeless(self, tenant_ids: Collection[str]) -> dict[str, str]:
        """Those of the ids that no tenant has, or one of which nothing may be left: why, by id."""
        query = select(TenantRow.id, TenantRow.phase).where(col(TenantRow.id).in_(set(tenant_ids)))
        with transaction(self._engine) as session:
            phases = dict(session.exec(query).all())
        return {
            tenant_id: f"its tenant is {phases[tenant_id]}" if tenant_id in phases else "no such tenant"
            for tenant_id in tenant_ids
            if phases.get(tenant_id) in GONE or tenant_id not in phases
        }

    def kubernetes_kinds(self) -> list[tuple[str, str]]:
        """API version and kind of everything that blueprints have ever made in a cluster."""
        query = select(ResourceRow.kind).where(ResourceRow.provider == "kubernetes").distinct()
        with transaction(self._engine) as session:
            parts = [kind.rpartition("/") for kind in session.exec(query)]
        return sorted((api_version, kind) for api_version, _, kind in parts)

    def record(self, provider: Provider, place: str, found: Sequence[Marked]) -> int:
        """Keeps what a whole scan of a place saw; what it did not see is gone. How many are there."""
        why = self.homeless({one.tenant_id for one in found})
        orphans = {one.place: one for one in found if one.tenant_id in why}
        now = self._clock.now()
        with transaction(self._engine) as session:
            known = {(row.kind, row.namespace, row.name): row for row in _there(session, provider, place)}
            for key, row in known.items():
                _see(row, now, there=key in orphans)
            for key, one in orphans.items():
                if key not in known:
                    session.add(_new(one, provider, place, why[one.tenant_id], now))
        return len(orphans)

    def accept(self, request: OrphanRequest) -> OrphanRow:
        """Notes who has it deleted and why. Raises NoOrphan."""
        with transaction(self._engine) as session:
            row = session.get(OrphanRow, request.orphan_id, with_for_update=True)
            if row is None or row.state not in ORPHANS_THERE:
                state = f"is {row.state}" if row else "does not exist"
                raise NoOrphan(f"orphan {request.orphan_id} {state}; there is nothing to delete")
            row.state, row.detail = OrphanState.DELETING, ""
            row.requested_by, row.reason = request.requested_by, request.reason
            # Also of a second run, after the first one was lost: it must not be taken for that one.
            row.requested_at = self._clock.now()
            by = author(request.requested_by, request.origin).because(request.reason)
            note(session, self._change(row, "deletion", by))
            return row

    def get(self, orphan_id: str) -> OrphanRow:
        """Raises NoOrphan."""
        row = get_orphan(self._engine, orphan_id)
        if row is None:
            raise NoOrphan(f"there is no orphan {orphan_id}")
        return row

    def end(self, ending: OrphanEnding) -> None:
        with transaction(self._engine) as session:
            row = session.get_one(OrphanRow, ending.orphan_id, with_for_update=True)
            if row.state is OrphanState.DELETING:
                row.state, row.detail = OrphanState(ending.state), capped(ending.detail)
                row.ended_at = self._clock.now() if ending.state == "deleted" else None
                note(session, self._change(row, row.state, SYSTEM))

    def _change(self, row: OrphanRow, done: str, by: Author) -> Change:
        what = {"kind": row.kind, "name": row.name, "place": row.place, "namespace": row.namespace}
        return Change(
            at=self._clock.now(),
            by=by,
            action=f"orphan.{done}",
            object_kind="orphan",
            object_id=row.id,
            tenant_id=row.tenant_id,
            after={name: value for name, value in what.items() if value},
        )


def get_orphan(engine: Engine, orphan_id: str) -> OrphanRow | None:
    with transaction(engine) as session:
        return session.get(OrphanRow, orphan_id)


def list_orphans(
    engine: Engine, after: str, limit: int, states: Collection[OrphanState] = ORPHANS_THERE
) -> list[OrphanRow]:
    """In the order of their ids."""
    query = (
        select(OrphanRow)
        .where(col(OrphanRow.state).in_(states), OrphanRow.id > after)
        .order_by(col(OrphanRow.id))
        .limit(limit)
    )
    with transaction(engine) as session:
        return list(session.exec(query))


def _there(session: Session, provider: Provider, place: str) -> list[OrphanRow]:
    query = (
        select(OrphanRow)
        .where(
            OrphanRow.provider == provider,
            OrphanRow.place == place,
            col(OrphanRow.state).in_(ORPHANS_THERE),
        )
        .with_for_update()
    )
    return list(session.exec(query))


def _see(row: OrphanRow, now: datetime, *, there: bool) -> None:
    """What it makes of a known one that a scan saw it, or did not."""
    if there:
        row.last_seen = now
    deleting = row.state is OrphanState.DELETING
    if deleting and not _is_lost(row, now):
        return
    if not there:
        row.state, row.ended_at = OrphanState.GONE, now
    elif deleting:
        row.state, row.detail = OrphanState.REFUSED, "its deletion was lost; ask for it again"
    else:
        row.state = OrphanState.FOUND


def _is_lost(row: OrphanRow, now: datetime) -> bool:
    """Whether its deletion would have ended by now, if its run had not been ended from outside."""
    limit = LONGEST_DELETION.get(row.kind, LONGEST_OTHERWISE)
    return row.requested_at is not None and now - row.requested_at > limit


def _new(one: Marked, provider: Provider, place: str, why: str, now: datetime) -> OrphanRow:
    return OrphanRow(
        id=f"or{secrets.token_hex(8)}",
        provider=provider,
        place=place,
        cell=one.cell,
        kind=one.kind,
        namespace=one.namespace,
        name=one.name,
        provider_id=one.provider_id,
        tenant_id=one.tenant_id,
        slug=one.slug,
        why=why,
        state=OrphanState.FOUND,
        first_seen=now,
        last_seen=now,
    )
