"""Repairs that failed: no other is started by itself for a while, and people are told why."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Engine
from sqlalchemy.dialects.postgresql import distinct_on
from sqlmodel import col, select

from domain.messages import ErrorView
from domain.phases import FINISHED, OperationKind, OperationStatus
from store.engine import transaction
from store.tables import OperationRow


@dataclass(frozen=True)
class FailedRepair:
    operation_id: str
    failed_at: datetime
    error: ErrorView


def failed_repairs(engine: Engine, tenant_ids: Collection[str]) -> dict[str, FailedRepair]:
    """By tenant, those whose last repair failed, whoever had asked for it."""
    query = (
        select(OperationRow)
        .where(
            col(OperationRow.tenant_id).in_(tenant_ids),
            OperationRow.kind == OperationKind.REPAIR,
            col(OperationRow.status).in_(FINISHED),
        )
        .ext(distinct_on(col(OperationRow.tenant_id)))
        .order_by(col(OperationRow.tenant_id), col(OperationRow.accepted_at).desc())
    )
    with transaction(engine) as session:
        return {
            row.tenant_id: FailedRepair(row.id, row.finished_at, row.error)
            for row in session.exec(query)
            if row.status is OperationStatus.FAILED and row.finished_at and row.error
        }
