"""Webhooks as they come in and go out over HTTP."""

from datetime import datetime
from enum import StrEnum
from typing import Annotated, Any, Self

from pydantic import BaseModel, ConfigDict, Field

from api.schemas import Moment, Paging, Request
from domain.naming import CUSTOMER_ID_PATTERN
from domain.webhooks.addresses import URL_LIMIT
from domain.webhooks.events import EventType
from store.tables import DeliveryState, WebhookRow
from store.webhooks.deliveries import Told

# JSON knows no enumerations: to read one from a text is no guess.
Type = Annotated[EventType, Field(strict=False)]
_WEBHOOK = "whk3v9x2m4q8w1"


class NewWebhook(Request):
    model_config = ConfigDict(
        json_schema_extra={"examples": [{"url": "https://example.com", "events": ["invoice.finalized"]}]}
    )

    url: Annotated[str, Field(max_length=URL_LIMIT, description="Public, and with https.")]
    events: Annotated[
        list[Type],
        Field(max_length=20, description="Types that it is told; absent or empty: all, also those to come."),
    ] = []
    customer_id: Annotated[str, Field(pattern=CUSTOMER_ID_PATTERN)] | None = Field(
        default=None, description="Told of this customer's tenants only; absent: of all."
    )


class ReplaySince(Request):
    since: Annotated[Moment, Field(description="Of what happened from then on; events are kept for 30 days.")]


class WebhookState(StrEnum):
    ENABLED = "enabled"
    DISABLED = "disabled"
    """It answered 410, or took nothing for days: it is told nothing until somebody enables it."""
    REMOVED = "removed"


class WebhookView(BaseModel):
    id: str = Field(examples=[_WEBHOOK])
    url: str = Field(examples=["https://example.com/hooks"])
    events: list[EventType]
    customer_id: str | None
    state: WebhookState
    disabled_because: str = Field(description="Empty if it is not.")
    failing_since: datetime | None = Field(description="Since when every attempt has failed.")
    earlier_secret_until: datetime | None = Field(
        description="Until when the secret before the last rotation signs, too."
    )
    created_by: str
    created_at: datetime

    @classmethod
    def of(cls, row: WebhookRow, **more: Any) -> Self:
        return cls(
            id=row.id,
            url=row.url,
            events=row.events,
            customer_id=row.customer_id,
            state=_state(row),
            disabled_because=row.disabled_because,
            failing_since=row.failing_since,
            earlier_secret_until=row.earlier_until,
            created_by=row.created_by,
            created_at=row.created_at,
            **more,
        )


class WebhookWithSecret(WebhookView):
    secret: str = Field(
        description="Verifies what is sent, by the Standard Webhooks scheme. Shown here and never again.",
        examples=["whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"],
    )


class WebhookPage(BaseModel):
    items: list[WebhookView]
    next: str | None = Field(description="Cursor of the next page; null on the last one.")


class WebhookListing(Paging):
    customer_id: str | None = Field(default=None, pattern=CUSTOMER_ID_PATTERN)


class DeliveryListing(Paging):
    state: DeliveryState | None = Field(default=None, description="Only deliveries in this state.")


class DeliveryView(BaseModel):
    event_id: str = Field(examples=["evk3v9x2m4q8w1r5t7zab0"], description="`webhook-id` of every attempt.")
    type: EventType
    at: datetime = Field(description="When it happened.")
    data: dict[str, Any]
    state: DeliveryState
    attempts: int = Field(description="Since it happened, or was last replayed.")
    last_attempt_at: datetime | None
    last_status: int | None = Field(description="Of the last answer; null if there was none.")
    problem: str = Field(description="Why the last attempt failed; empty if it did not.")
    next_attempt_at: datetime | None
    delivered_at: datetime | None

    @classmethod
    def of(cls, told: Told) -> "DeliveryView":
        delivery, event = told.delivery, told.event
        return cls(
            event_id=event.id,
            type=event.type,
            at=event.at,
            data=event.data,
            state=delivery.state,
            attempts=delivery.attempts,
            last_attempt_at=delivery.last_at,
            last_status=delivery.status,
            problem=delivery.problem,
            next_attempt_at=delivery.next_at,
            delivered_at=delivery.delivered_at,
        )


class DeliveryPage(BaseModel):
    items: list[DeliveryView]
    next: str | None = Field(description="Cursor of the next page; null on the last one.")


class Replayed(BaseModel):
    replayed: int = Field(description="Events that are told once more; 0 for a repeat of the request.")


def _state(row: WebhookRow) -> WebhookState:
    if row.removed_at is not None:
        return WebhookState.REMOVED
    return WebhookState.ENABLED if row.disabled_at is None else WebhookState.DISABLED
