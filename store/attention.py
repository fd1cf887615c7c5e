"""What waits for a person, over all tenants."""

import base64
import binascii
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Engine, text

from domain.messages import Stop
from domain.phases import OperationKind
from store.engine import transaction

# Only a tenant that an operation holds has a run that could wait; those are few (ix_tenant_held).
_WAITING = text(
    """
SELECT tenant.id, tenant.slug, operation.id AS operation_id, operation.kind, condition->>'type' AS condition,
       stop
  FROM tenant
  JOIN operation ON operation.tenant_id = tenant.id AND operation.status = 'running'
 CROSS JOIN LATERAL jsonb_array_elements(tenant.conditions) AS condition
 CROSS JOIN LATERAL jsonb_array_elements(condition->'stops') AS stop
 WHERE tenant.held_by IS NOT NULL AND (condition->>'status')::boolean
   AND (CAST(:since AS timestamptz) IS NULL
        OR ((stop->>'since')::timestamptz, tenant.id, stop->>'step') > (:since, :tenant_id, :step))
 ORDER BY (stop->>'since')::timestamptz, tenant.id, stop->>'step'
 LIMIT :most"""
)


@dataclass(frozen=True)
class Waiting:
    """One place at which a run stands still."""

    tenant_id: str
    slug: str
    operation_id: str
    kind: OperationKind
    condition: str
    """NeedsAttention or Paused."""
    stop: Stop


@dataclass(frozen=True)
class AttentionPage:
    items: list[Waiting]
    next_cursor: str | None
    """Opaque; none on the last page."""


def list_attention(engine: Engine, cursor: str | None, limit: int) -> AttentionPage:
    """One page, what waits longest first. Raises ValueError for a cursor that is not one of ours."""
    since, tenant_id, step = _decoded(cursor) if cursor is not None else (None, "", "")
    values = {"since": since, "tenant_id": tenant_id, "step": step, "most": limit + 1}
    with transaction(engine) as session:
        rows = session.connection().execute(_WAITING, values).all()
    items = [
        Waiting(
            tenant_id=row.id,
            slug=row.slug,
            operation_id=row.operation_id,
            kind=OperationKind(row.kind),
            condition=row.condition,
            stop=Stop.model_validate(row.stop),
        )
        for row in rows[:limit]
    ]
    return AttentionPage(items, _encoded(items[-1]) if len(rows) > limit else None)


def _encoded(last: Waiting) -> str:
    place = f"{last.stop.since.isoformat()} {last.tenant_id} {last.stop.step}"
    return base64.urlsafe_b64encode(place.encode()).decode()


def _decoded(cursor: str) -> tuple[datetime, str, str]:
    try:
        instant, tenant_id, step = (
            base64.b64decode(cursor, altchars=b"-_", validate=True).decode().split(" ", 2)
        )
        since = datetime.fromisoformat(instant)
    except (binascii.Error, ValueError) as error:
        raise ValueError("the cursor is not one that this API gave") from error
    if since.tzinfo is None or "\x00" in tenant_id + step:
        raise ValueError("the cursor is not one that this API gave")
    return since, tenant_id, step
