"""Operations: reads for the API, and the queries that a transaction of a run needs."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import Engine
from sqlmodel import Session, col, select

from domain.messages import ErrorView
from domain.phases import FINISHED, OperationStatus
from store.engine import transaction
from store.tables import OperationRow
from store.webhooks.telling import tell_finished


def get_operation(engine: Engine, operation_id: str) -> OperationRow | None:
    with transaction(engine) as session:
        return session.get(OperationRow, operation_id)


def open_operations(engine: Engine, tenant_id: str) -> list[OperationRow]:
    """What runs and what waits to take over, oldest first."""
    with transaction(engine) as session:
        return unfinished(session, tenant_id)


def latest_operations(engine: Engine, tenant_id: str, limit: int = 20) -> list[OperationRow]:
    """Newest first."""
    query = (
        select(OperationRow)
        .where(OperationRow.tenant_id == tenant_id)
        .order_by(col(OperationRow.accepted_at).desc(), col(OperationRow.id).desc())
        .limit(limit)
    )
    with transaction(engine) as session:
        return list(session.exec(query))


def unfinished(session: Session, tenant_id: str) -> list[OperationRow]:
    query = (
        select(OperationRow)
        .where(OperationRow.tenant_id == tenant_id, col(OperationRow.status).not_in(FINISHED))
        .order_by(col(OperationRow.accepted_at), col(OperationRow.id))
    )
    return list(session.exec(query))


def waiting(session: Session, tenant_id: str) -> OperationRow | None:
    """The operation that takes over when the open run has undone its work."""
    return next(
        (row for row in unfinished(session, tenant_id) if row.status is OperationStatus.WAITING), None
    )


def supersede(session: Session, replaced: OperationRow, by: str, now: datetime) -> None:
    """End an operation in favour of a newer one, before the newer one's row is written."""
    replaced.status = OperationStatus.SUPERSEDED
    replaced.superseded_by = by
    replaced.finished_at = now
    session.add(replaced)
    session.flush()
    tell_finished(session, replaced, now)


def fail(session: Session, operations: Sequence[OperationRow], error: ErrorView, now: datetime) -> None:
    for operation in operations:
        operation.status = OperationStatus.FAILED
        operation.error = error
        operation.finished_at = now
        session.add(operation)
    session.flush()
    for operation in operations:
        tell_finished(session, operation, now)
