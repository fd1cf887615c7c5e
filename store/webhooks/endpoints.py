"""Endpoints: registered, shown, enabled again, given another secret, removed."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Engine, func, tuple_
from sqlmodel import Session, col, select

from domain.audit.changes import Change as Audited
from domain.audit.origin import SYSTEM, Author
from domain.webhooks.events import EventType
from domain.webhooks.retries import SECRET_OVERLAP
from store.audit import note
from store.cursors import decoded, page
from store.engine import transaction
from store.idempotency import Claim, KeyReused, claim_within
from store.tables import WebhookRow
from store.tables.webhook import WEBHOOK_ID_PATTERN

MOST_WEBHOOKS = 50
"""Of a customer, and of those without one: each event costs a row for each."""


@dataclass(frozen=True)
class Change:
    done: str
    """What the audit log calls it."""
    apply: Callable[[WebhookRow], None]


class TooManyWebhooks(Exception):
    """No more may be registered."""


@dataclass(frozen=True)
class NewWebhook:
    url: str
    events: list[EventType]
    customer_id: str | None
    key_id: str


def add_webhook(
    engine: Engine, wanted: Claim, new: NewWebhook, now: datetime, by: Author = SYSTEM
) -> WebhookRow:
    """The endpoint that the key makes, now or before. Raises KeyReused, TooManyWebhooks."""
    with transaction(engine) as session:
        claimed, is_new = claim_within(session, wanted, now)
        if not is_new:
            row = session.get(WebhookRow, claimed.webhook_id)
            if row is None:
                raise KeyReused(f"what idempotency key '{wanted.key}' made was removed long ago")
            return row
        if _count(session, new.customer_id) >= MOST_WEBHOOKS:
            raise TooManyWebhooks(f"{MOST_WEBHOOKS} webhooks are the most there can be; remove one first")
        row = WebhookRow(
            **vars(new), id=str(wanted.webhook_id), generation=1, created_by=wanted.caller, created_at=now
        )
        session.add(row)
        note(session, told("added", row, now, by, {"url": new.url, "events": new.events}))
        return row


def told(done: str, row: WebhookRow, now: datetime, by: Author, after: Mapping[str, Any]) -> Audited:
    """What the audit log says of it."""
    return Audited(
        at=now,
        by=by,
        action=f"webhook.{done}",
        object_kind="webhook",
        object_id=row.id,
        customer_id=row.customer_id,
        after=after,
    )


def _count(session: Session, customer_id: str | None) -> int:
    there = select(func.count()).select_from(WebhookRow).where(col(WebhookRow.removed_at).is_(None))
    return session.exec(there.where(col(WebhookRow.customer_id).is_not_distinct_from(customer_id))).one()


def get_webhook(engine: Engine, webhook_id: str) -> WebhookRow | None:
    """Also one that was removed."""
    with transaction(engine) as session:
        return session.get(WebhookRow, webhook_id)


def list_webhooks(
    engine: Engine, cursor: str | None, limit: int, customer_id: str | None = None
) -> tuple[list[WebhookRow], str | None]:
    """One page, oldest first, and where the next begins. Raises ValueError for a cursor that is not ours."""
    query = select(WebhookRow).where(col(WebhookRow.removed_at).is_(None))
    if customer_id is not None:
        query = query.where(WebhookRow.customer_id == customer_id)
    if cursor is not None:
        place = decoded(cursor, WEBHOOK_ID_PATTERN)
        query = query.where(tuple_(col(WebhookRow.created_at), col(WebhookRow.id)) > place)
    query = query.order_by(col(WebhookRow.created_at), col(WebhookRow.id)).limit(limit + 1)
    with transaction(engine) as session:
        return page(session.exec(query), limit, lambda row: (row.created_at, row.id))


def change_webhook(
    engine: Engine, wanted: Claim, change: Change, now: datetime, by: Author = SYSTEM
) -> WebhookRow:
    """The endpoint as it is now, changed if the key is new. Raises KeyReused."""
    with transaction(engine) as session:
        row = session.get_one(WebhookRow, wanted.webhook_id, with_for_update={"key_share": True})
        _, is_new = claim_within(session, wanted, now)
        if is_new:
            change.apply(row)
            note(session, told(change.done, row, now, by, {"url": row.url, "generation": row.generation}))
        return row


def rotated(key_id: str, now: datetime) -> Change:
    def apply(row: WebhookRow) -> None:
        row.earlier_key_id, row.earlier_until = row.key_id, now + SECRET_OVERLAP
        row.generation, row.key_id = row.generation + 1, key_id

    return Change("secret_rotated", apply)


def enabled() -> Change:
    """What waited while it was disabled goes on."""

    def apply(row: WebhookRow) -> None:
        row.disabled_at, row.disabled_because = None, ""
        row.failures, row.failing_since, row.resting_until = 0, None, None

    return Change("enabled", apply)


def removed(now: datetime) -> Change:
    def apply(row: WebhookRow) -> None:
        row.removed_at = row.removed_at or now

    return Change("removed", apply)
