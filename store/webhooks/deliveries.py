"""What became of telling an endpoint, and having it told again."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Engine, text, tuple_
from sqlmodel import Session, col, select

from domain.audit.origin import SYSTEM, Author
from domain.webhooks.events import EVENT_ID_PATTERN
from store.audit import note
from store.cursors import decoded, page
from store.engine import transaction
from store.idempotency import Claim, claim_within
from store.tables import DeliveryState, WebhookDeliveryRow, WebhookEventRow, WebhookRow
from store.webhooks.endpoints import told
from store.webhooks.telling import LISTENS

_REPLAY = text(
    f"""
INSERT INTO webhook_delivery (webhook_id, event_id, at, state, attempts, next_at, problem)
SELECT webhook.id, event.id, event.at, 'pending', 0, :now, ''
  FROM webhook_event AS event JOIN webhook ON {LISTENS}
 WHERE webhook.id = :webhook AND event.at >= :since
   AND (CAST(:event AS VARCHAR) IS NULL OR event.id = :event)
ON CONFLICT (webhook_id, event_id) DO UPDATE
   SET state = 'pending', attempts = 0, next_at = :now, delivered_at = NULL"""  # noqa: S608 - a constant of ours
)


@dataclass(frozen=True)
class Told:
    delivery: WebhookDeliveryRow
    event: WebhookEventRow


@dataclass(frozen=True)
class Replay:
    """Of one event, or of all since an instant: those too that the endpoint was never told of."""

    webhook_id: str
    since: datetime
    event_id: str | None = None


def list_deliveries(
    engine: Engine, webhook_id: str, cursor: str | None, limit: int, state: DeliveryState | None = None
) -> tuple[list[Told], str | None]:
    """One page, newest event first. Raises ValueError for a cursor that is not ours."""
    query = (
        select(WebhookDeliveryRow, WebhookEventRow)
        .join(WebhookEventRow, col(WebhookEventRow.id) == col(WebhookDeliveryRow.event_id))
        .where(WebhookDeliveryRow.webhook_id == webhook_id)
    )
    if state is not None:
        query = query.where(WebhookDeliveryRow.state == state)
    place = (col(WebhookDeliveryRow.at), col(WebhookDeliveryRow.event_id))
    if cursor is not None:
        query = query.where(tuple_(*place) < decoded(cursor, EVENT_ID_PATTERN))
    query = query.order_by(*(column.desc() for column in place)).limit(limit + 1)
    with transaction(engine) as session:
        found = [Told(delivery, event) for delivery, event in session.exec(query)]
    return page(found, limit, lambda told: (told.delivery.at, told.delivery.event_id))


def get_delivery(engine: Engine, webhook_id: str, event_id: str) -> Told | None:
    with transaction(engine) as session:
        delivery = session.get(WebhookDeliveryRow, (webhook_id, event_id))
        return Told(delivery, session.get_one(WebhookEventRow, event_id)) if delivery else None


def replay(engine: Engine, wanted: Claim, asked: Replay, now: datetime, by: Author = SYSTEM) -> int:
    """How many events the endpoint is told now, as if for the first time; by a repeat of the key, none.

    Raises KeyReused.
    """
    with transaction(engine) as session:
        # Behind whoever sends: what it writes about an attempt before this must not undo the replay.
        row = session.get_one(WebhookRow, asked.webhook_id, with_for_update={"key_share": True})
        _, is_new = claim_within(session, wanted, now)
        if not is_new:
            return 0
        what = {"since": asked.since.isoformat(), "event": asked.event_id}
        note(session, told("replayed", row, now, by, what))
        return _replay(session, asked, now)


def _replay(session: Session, asked: Replay, now: datetime) -> int:
    values = {"webhook": asked.webhook_id, "since": asked.since, "event": asked.event_id, "now": now}
    return session.connection().execute(_REPLAY, values).rowcount
