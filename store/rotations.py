"""Tenants whose database password is older than it should be."""

from collections.abc import Collection
from datetime import datetime

from sqlalchemy import Engine, func
from sqlmodel import col, select

from domain.phases import TRANSITIONS, OperationKind, OperationStatus
from store.engine import transaction
from store.tables import OperationRow, TenantRow


def due_for_rotation(
    engine: Engine, made_before: datetime, tried_before: datetime, blueprints: Collection[str], limit: int
) -> list[TenantRow]:
    """Free tenants, the oldest passwords first; those that were tried since `tried_before` are left out."""
    rotations = (
        select(
            col(OperationRow.tenant_id),
            func.max(OperationRow.accepted_at).label("tried_at"),
            func.max(OperationRow.finished_at)
            .filter(col(OperationRow.status) == OperationStatus.SUCCEEDED)
            .label("done_at"),
        )
        .where(OperationRow.kind == OperationKind.ROTATE)
        .group_by(col(OperationRow.tenant_id))
        .subquery()
    )
    made_at = func.coalesce(rotations.c.done_at, TenantRow.created_at)
    query = (
        select(TenantRow)
        .outerjoin(rotations, rotations.c.tenant_id == TenantRow.id)
        .where(
            col(TenantRow.phase).in_(TRANSITIONS[OperationKind.ROTATE].starts_from),
            col(TenantRow.held_by).is_(None),
            col(TenantRow.blueprint).in_(blueprints),
            made_at <= made_before,
            func.coalesce(rotations.c.tried_at <= tried_before, True),
        )
        .order_by(made_at, col(TenantRow.id))
        .limit(limit)
    )
    with transaction(engine) as session:
        return list(session.exec(query))
