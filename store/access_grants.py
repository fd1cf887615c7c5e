"""Support access: written by the run of each grant, under the lock of its tenant."""

from collections.abc import Collection, Mapping
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Engine, tuple_
from sqlmodel import Session, col, select

from domain.audit.changes import Change
from domain.audit.origin import Author, author, ending_of
from domain.counting import counted
from domain.errors import NotPossibleNow, PhaseConflict, StaleRun, TenantNotFound
from domain.messages.access import AccessApproval, AccessEnding, AccessRequest
from domain.support import GIVEN_IN, OPEN_ACCESS, SLOTS, AccessState
from runtime.clock import Clock
from store.audit import note
from store.cursors import decoded, page
from store.engine import transaction
from store.holds import lock_tenant
from store.tables import AccessGrantRow, TenantRow

GRANT_ID_PATTERN = r"ag[0-9a-f]{18}"
LONGEST_WAIT = timedelta(days=7)
"""For an approval (runtime/settings.py)."""
LONGEST_REMOVAL = timedelta(hours=13)
"""Longer than workflows/grant_access.py tries to take an account away."""


class AccessGrants:
    """Each call is one transaction, and the same when it is done again."""

    def __init__(self, engine: Engine, clock: Clock) -> None:
        self._engine = engine
        self._clock = clock

    def open(self, request: AccessRequest) -> tuple[AccessGrantRow, TenantRow]:
        """Raises TenantNotFound, PhaseConflict, or NotPossibleNow where too many are open."""
        with transaction(self._engine) as session:
            tenant = _free(session, request.tenant_id)
            known = session.get(AccessGrantRow, request.grant_id)
            if known is not None:
                return known, tenant
            row = AccessGrantRow(
                id=request.grant_id,
                tenant_id=tenant.id,
                requested_by=request.requested_by,
                reason=request.reason,
                seconds=request.seconds,
                mode=request.mode,
                approval=request.approval,
                slot=_free_slot(session, tenant, self._clock.now()),
                state=AccessState.REQUESTED,
                requested_at=self._clock.now(),
            )
            session.add(row)
            session.flush()
            by = author(request.requested_by, request.origin).because(request.reason)
            wish = {"seconds": row.seconds, "mode": row.mode, "approval": row.approval}
            note(session, self._change(row, "requested", by, wish))
            return row, tenant

    def approve(self, approval: AccessApproval) -> None:
        """Raises StaleRun if it is not waiting for that any more, PhaseConflict if the tenant is leaving."""
        with transaction(self._engine) as session:
            row = _locked(session, approval.grant_id)
            if row.state is AccessState.APPROVED and row.approved_by == approval.by:
                return
            if row.state is not AccessState.REQUESTED:
                raise StaleRun(f"access {row.id} is {row.state}")
            if row.requested_by == approval.by:
                raise NotPossibleNow("nobody approves access that they asked for themselves")
            row.state, row.approved_by = AccessState.APPROVED, approval.by
            row.approved_at, row.ends_at = approval.at, approval.ends_at
            by, until = author(approval.by, approval.origin), {"ends_at": approval.ends_at.isoformat()}
            note(session, self._change(row, "approved", by, until))

    def begin(self, grant_id: str) -> None:
        """The account is there."""
        with transaction(self._engine) as session:
            row = _locked(session, grant_id)
            if row.state is AccessState.APPROVED:
                row.state = AccessState.ACTIVE

    def end(self, ending: AccessEnding) -> None:
        """Ended once, it stays as it ended."""
        with transaction(self._engine) as session:
            row = session.get_one(AccessGrantRow, ending.grant_id, with_for_update=True)
            if row.state in OPEN_ACCESS:
                row.state, row.ended_by, row.detail = ending.state, ending.by, ending.detail
                row.ended_at = self._clock.now()
                by = author(ending.by, ending.origin) if ending.by else ending_of(None)
                note(session, self._change(row, row.state, by, {"detail": row.detail}))

    def _change(self, row: AccessGrantRow, done: str, by: Author, after: Mapping[str, Any]) -> Change:
        return Change(
            at=self._clock.now(),
            by=by,
            action=f"access.{done}",
            object_kind="access",
            object_id=row.id,
            tenant_id=row.tenant_id,
            after=after,
        )


def open_grants(session: Session, tenant_id: str) -> list[AccessGrantRow]:
    """For an operation that ends them; the tenant is locked."""
    query = select(AccessGrantRow).where(
        AccessGrantRow.tenant_id == tenant_id, col(AccessGrantRow.state).in_(OPEN_ACCESS)
    )
    return list(session.exec(query.order_by(col(AccessGrantRow.slot))))


def get_grant(engine: Engine, grant_id: str) -> AccessGrantRow | None:
    with transaction(engine) as session:
        return session.get(AccessGrantRow, grant_id)


def list_grants(
    engine: Engine,
    cursor: str | None,
    limit: int,
    *,
    tenant_id: str | None = None,
    customer_id: str | None = None,
    states: Collection[AccessState] = (),
) -> tuple[list[tuple[AccessGrantRow, str]], str | None]:
    """Newest first, each with its tenant's slug, and where the next page begins. Raises ValueError for a
    cursor not of ours."""
    query = select(AccessGrantRow, TenantRow.slug).join(TenantRow)
    if tenant_id is not None:
        query = query.where(AccessGrantRow.tenant_id == tenant_id)
    if customer_id is not None:
        query = query.where(TenantRow.customer_id == customer_id)
    if states:
        query = query.where(col(AccessGrantRow.state).in_(states))
    place = tuple_(col(AccessGrantRow.requested_at), col(AccessGrantRow.id))
    if cursor is not None:
        query = query.where(place < decoded(cursor, GRANT_ID_PATTERN))
    query = query.order_by(col(AccessGrantRow.requested_at).desc(), col(AccessGrantRow.id).desc())
    with transaction(engine) as session:
        found = [(row, slug) for row, slug in session.exec(query.limit(limit + 1))]
    return page(found, limit, lambda pair: (pair[0].requested_at, pair[0].id))


def _locked(session: Session, grant_id: str) -> AccessGrantRow:
    """A grant that is to go on, and its tenant still lets it. Raises StaleRun, PhaseConflict."""
    found = session.get(AccessGrantRow, grant_id)
    if found is None:
        raise StaleRun(f"there is no access {grant_id}")
    # In the order of those that end all access of a tenant: the tenant first.
    _free(session, found.tenant_id)
    session.refresh(found, with_for_update=True)
    return found


def _free(session: Session, tenant_id: str) -> TenantRow:
    """The tenant, locked, if access to it may begin. Raises TenantNotFound, PhaseConflict."""
    tenant = lock_tenant(session, tenant_id)
    if tenant is None:
        raise TenantNotFound(f"there is no tenant {tenant_id}")
    if tenant.phase not in GIVEN_IN:
        raise PhaseConflict(f"tenant '{tenant.slug}' is {tenant.phase}; access is to active tenants only")
    return tenant


def _free_slot(session: Session, tenant: TenantRow, now: datetime) -> int:
    open_now = open_grants(session, tenant.id)
    for row in open_now:
        if _is_lost(row, now):
            row.state, row.ended_at, row.detail = AccessState.FAILED, now, "its run was lost"
    session.flush()
    taken = {row.slot for row in open_now if row.state in OPEN_ACCESS}
    free = next((slot for slot in range(1, SLOTS + 1) if slot not in taken), None)
    if free is None:
        raise NotPossibleNow(
            f"tenant '{tenant.slug}' has {counted(SLOTS, 'grant')} of access open; revoke one first"
        )
    return free


def _is_lost(row: AccessGrantRow, now: datetime) -> bool:
    """Whether its run would have ended it by now. Its tokens are dead, and whoever gets its slot removes
    what is left of its account."""
    return now > (row.ends_at or row.requested_at + LONGEST_WAIT) + LONGEST_REMOVAL
