"""What happened is written in the transaction in which it happens, with a delivery for each endpoint."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import TextClause, text
from sqlmodel import Session

from domain.phases import Phase
from domain.webhooks.events import (
    TYPES,
    EventData,
    OperationFinished,
    PhaseChanged,
    new_event_id,
)
from store.tables import OperationRow, TenantRow, WebhookEventRow

LISTENS = """
    webhook.removed_at IS NULL
    AND (webhook.customer_id IS NULL OR webhook.customer_id = event.customer_id)
    AND (webhook.events = '[]'::jsonb OR webhook.events @> to_jsonb(event.type::text))
"""
"""Whether an endpoint is told of an event."""

_DELIVER: TextClause = text(
    f"""
INSERT INTO webhook_delivery (webhook_id, event_id, at, state, attempts, next_at, problem)
SELECT webhook.id, event.id, event.at, 'pending', 0, :now, ''
  FROM webhook_event AS event JOIN webhook ON webhook.disabled_at IS NULL AND {LISTENS}
 WHERE event.id = ANY(:events)"""  # noqa: S608 - a constant of ours
)


def tell(session: Session, customer_id: str, data: EventData, now: datetime) -> None:
    tell_all(session, [(customer_id, data)], now)


def tell_all(session: Session, told: Sequence[tuple[str, EventData]], now: datetime) -> None:
    """Each with the id of the customer whom it is about."""
    rows = [
        WebhookEventRow(
            id=new_event_id(),
            type=TYPES[type(data)],
            at=now,
            tenant_id=data.tenant_id,
            customer_id=customer_id,
            data=data.model_dump(mode="json", by_alias=True),
        )
        for customer_id, data in told
    ]
    session.add_all(rows)
    session.flush()
    session.connection().execute(_DELIVER, {"now": now, "events": [row.id for row in rows]})


def tell_phase(
    session: Session, tenant: TenantRow, before: Phase | None, operation_id: str, now: datetime
) -> None:
    """That a tenant is in another phase than before, if it is."""
    if tenant.phase == before:
        return
    changed = PhaseChanged(
        tenant_id=tenant.id, slug=tenant.slug, before=before, after=tenant.phase, operation_id=operation_id
    )
    tell(session, tenant.customer_id, changed, now)


def tell_finished(session: Session, operation: OperationRow, now: datetime) -> None:
    tenant = session.get_one(TenantRow, operation.tenant_id)
    finished = OperationFinished(
        operation_id=operation.id,
        kind=operation.kind,
        status=operation.status,
        tenant_id=tenant.id,
        slug=tenant.slug,
        error_code=operation.error.code if operation.error else None,
    )
    tell(session, tenant.customer_id, finished, now)
