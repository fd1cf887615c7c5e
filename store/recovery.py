"""Operations that are open in the database, for whoever looks whether their runs are still there."""

from dataclasses import dataclass

from sqlalchemy import Engine
from sqlmodel import Session, col, select

from domain.messages import Action, Desired, Intervention, OperationRequest, Undoing
from domain.phases import OperationStatus, Phase
from store.engine import transaction
from store.operations import unfinished
from store.tables import OperationRow, TenantRow

_STILL_HOLD = frozenset({Action.AMEND, Action.SKIP, Action.RESUME})
"""A retry is over; why it is undone is noted by itself."""


@dataclass(frozen=True)
class HeldTenant:
    """A tenant that an operation holds: a run of it should be open."""

    id: str
    slug: str
    plan: str
    region: str
    phase: Phase
    request: OperationRequest


@dataclass(frozen=True)
class OpenOperation:
    """How far the operation that holds a tenant has come, by what its run wrote down."""

    request: OperationRequest
    phase: Phase
    begun: bool
    """False: it was handed the tenant, and its run had not begun."""
    undoing: Undoing | None
    successor: OperationRequest | None
    newest: OperationRequest | None
    """Scale only: the operation whose target replaced the first one."""
    targets: list[Desired]
    """Every target that the run worked on, the newest last."""
    decisions: list[Intervention]
    """What people decided that still holds, the newest last."""


def held_ids(engine: Engine, after: str, limit: int) -> list[str]:
    """One page of the tenants that an operation holds, in order, beginning after the id `after`."""
    query = (
        select(TenantRow.id)
        .where(col(TenantRow.held_by).is_not(None), col(TenantRow.id) > after)
        .order_by(col(TenantRow.id))
        .limit(limit)
    )
    with transaction(engine) as session:
        return list(session.exec(query))


def held_tenant(engine: Engine, tenant_id: str) -> HeldTenant | None:
    """None when nothing holds it."""
    query = (
        select(TenantRow, OperationRow)
        .join(OperationRow, col(OperationRow.id) == col(TenantRow.held_by))
        .where(col(TenantRow.id) == tenant_id)
    )
    with transaction(engine) as session:
        found = session.exec(query).one_or_none()
    return _held(*found) if found else None


def lost_operation(engine: Engine, tenant_id: str) -> OpenOperation | None:
    """The operation that holds the tenant; None when nothing does."""
    with transaction(engine) as session:
        tenant = session.get(TenantRow, tenant_id)
        if tenant is None or tenant.held_by is None:
            return None
        holder = session.get_one(OperationRow, tenant.held_by)
        others = [row for row in unfinished(session, tenant_id) if row.id != holder.id]
        chain = _replaced_targets(session, holder)
        return OpenOperation(
            request=holder.request,
            phase=tenant.phase,
            begun=holder.status is not OperationStatus.WAITING,
            undoing=holder.undoing,
            successor=_first(others, OperationStatus.WAITING),
            newest=_first(others, OperationStatus.RUNNING),
            targets=[row.plan.after for row in chain if row.plan and row.plan.after],
            decisions=[one for one in holder.interventions if one.action in _STILL_HOLD],
        )


def _replaced_targets(session: Session, holder: OperationRow) -> list[OperationRow]:
    """The holder and what superseded it, step by step: newer targets ran under its hold."""
    chain = [holder]
    while newer := chain[-1].superseded_by:
        chain.append(session.get_one(OperationRow, newer))
    return chain


def _first(rows: list[OperationRow], status: OperationStatus) -> OperationRequest | None:
    return next((row.request for row in rows if row.status is status), None)


def _held(tenant: TenantRow, operation: OperationRow) -> HeldTenant:
    return HeldTenant(
        id=tenant.id,
        slug=tenant.slug,
        plan=tenant.plan,
        region=tenant.region,
        phase=tenant.phase,
        request=operation.request,
    )
