"""Webhooks: endpoints, what happened, and what became of telling each endpoint."""

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import CheckConstraint, Column, ForeignKeyConstraint, Index, text
from sqlalchemy.dialects.postgresql import JSON
from sqlmodel import Field

from domain.naming import TENANT_ID_PATTERN
from domain.webhooks.events import EVENT_ID_PATTERN, EventType
from store.tables.base import INSTANT, Table, enumeration, matches, one_of
from store.tables.document import Document

WEBHOOK_ID_PATTERN = r"^wh[a-z0-9]{12}$"


class DeliveryState(StrEnum):
    PENDING = "pending"
    DELIVERED = "delivered"
    FAILED = "failed"
    """Given up, until somebody has it replayed."""


class WebhookRow(Table, table=True):
    """An endpoint. Its secret follows from its id, `generation` and a key that is not here."""

    __tablename__ = "webhook"
    __table_args__ = (
        matches("id", WEBHOOK_ID_PATTERN),
        CheckConstraint("length(url) BETWEEN 8 AND 1000", name="url"),
        CheckConstraint("generation > 0", name="generation"),
        CheckConstraint("failures >= 0", name="failures"),
        CheckConstraint("(failures > 0) = (failing_since IS NOT NULL)", name="failing_since"),
        CheckConstraint("(disabled_at IS NULL) = (disabled_because = '')", name="disabled_says_why"),
        Index("ix_webhook_page", "created_at", "id"),
        ForeignKeyConstraint(["customer_id"], ["customer.id"]),
    )

    id: str = Field(primary_key=True)
    url: str
    events: list[EventType] = Field(sa_column=Column(Document(list[EventType]), nullable=False))
    """Types that it is told; none: all there are and will be."""
    customer_id: str | None = None
    """Whose tenants it is told about; none: about all."""
    generation: int
    """Of its secret; a rotation adds one."""
    key_id: str
    """Of the key that the secret is made with."""
    earlier_key_id: str | None = None
    earlier_until: datetime | None = Field(default=None, sa_type=INSTANT)
    """Until when the secret of the generation before signs, too."""
    created_by: str
    created_at: datetime = Field(sa_type=INSTANT)
    failures: int = 0
    """In a row, over all its deliveries."""
    failing_since: datetime | None = Field(default=None, sa_type=INSTANT)
    resting_until: datetime | None = Field(default=None, sa_type=INSTANT)
    disabled_at: datetime | None = Field(default=None, sa_type=INSTANT)
    disabled_because: str = ""
    removed_at: datetime | None = Field(default=None, sa_type=INSTANT)


class WebhookEventRow(Table, table=True):
    """Something that happened; written with it, in its transaction. A trigger refuses changes."""

    __tablename__ = "webhook_event"
    __table_args__ = (
        matches("id", EVENT_ID_PATTERN),
        matches("tenant_id", TENANT_ID_PATTERN),
        one_of("type", EventType),
        Index("ix_webhook_event_at", "at", "id"),
    )

    id: str = Field(primary_key=True)
    type: EventType = Field(sa_type=enumeration(EventType))
    at: datetime = Field(sa_type=INSTANT)
    tenant_id: str
    customer_id: str
    data: dict[str, Any] = Field(sa_column=Column(JSON, nullable=False))
    """As receivers get it, with its fields in order."""


class WebhookDeliveryRow(Table, table=True):
    """What became of telling one endpoint of one event."""

    __tablename__ = "webhook_delivery"
    __table_args__ = (
        one_of("state", DeliveryState),
        CheckConstraint("(state = 'pending') = (next_at IS NOT NULL)", name="pending_has_next"),
        CheckConstraint("(state = 'delivered') = (delivered_at IS NOT NULL)", name="delivered_has_instant"),
        ForeignKeyConstraint(["webhook_id"], ["webhook.id"], ondelete="CASCADE"),
        ForeignKeyConstraint(["event_id"], ["webhook_event.id"], ondelete="CASCADE"),
        Index(
            "ix_webhook_delivery_due", "webhook_id", "next_at", postgresql_where=text("next_at IS NOT NULL")
        ),
        Index("ix_webhook_delivery_page", "webhook_id", "at", "event_id"),
        Index("ix_webhook_delivery_event", "event_id"),
    )

    webhook_id: str = Field(primary_key=True)
    event_id: str = Field(primary_key=True)
    at: datetime = Field(sa_type=INSTANT)
    """When it happened."""
    state: DeliveryState = Field(sa_type=enumeration(DeliveryState))
    attempts: int = 0
    """Begun since it was last asked for."""
    next_at: datetime | None = Field(default=None, sa_type=INSTANT)
    """When it is tried next; while an attempt is under way, when another may take it over."""
    last_at: datetime | None = Field(default=None, sa_type=INSTANT)
    status: int | None = None
    """Of the last answer."""
    problem: str = ""
    """Why the last attempt failed."""
    delivered_at: datetime | None = Field(default=None, sa_type=INSTANT)
