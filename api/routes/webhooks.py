"""Webhooks: endpoints that are told what happens, and what became of telling them."""

from typing import Annotated

from fastapi import Query, Response, status

from api.body import JSON_BODY, NO_BODY
from api.docs import BODY, CHANGES, READS, errors
from api.guard import GuardedRouter
from api.paths import EventId, WebhookId
from api.problems import invalid
from api.services import Served
from api.webhook_schemas import (
    DeliveryListing,
    DeliveryPage,
    DeliveryView,
    NewWebhook,
    Replayed,
    ReplaySince,
    WebhookListing,
    WebhookPage,
    WebhookView,
    WebhookWithSecret,
)
from api.webhooks import WebhooksOf, find_webhook
from store.webhooks.deliveries import list_deliveries
from store.webhooks.endpoints import list_webhooks

router = GuardedRouter(prefix="/v1/webhooks", tags=["webhooks"])

_CHANGES = errors("WebhookNotFound", *CHANGES)


@router.post(
    "",
    summary="Register a webhook",
    status_code=status.HTTP_201_CREATED,
    responses=errors("WebhooksOff", "Refused", *BODY, *CHANGES),
    dependencies=[JSON_BODY],
)
async def add_webhook(desk: WebhooksOf, response: Response, given: NewWebhook) -> WebhookWithSecret:
    """From now on it is told what happens, signed with the secret of this answer. A customer's is told of its
    own tenants."""
    _not_to_be_kept(response)
    return await desk.add(given)


@router.get("", summary="List webhooks", responses=errors("InvalidSpec", *READS))
async def webhooks(services: Served, listing: Annotated[WebhookListing, Query()]) -> WebhookPage:
    """Pages in the order in which they were registered; a customer sees its own."""
    own = services.caller.customer_id
    if own is not None and listing.customer_id not in {None, own}:
        return WebhookPage(items=[], next=None)
    try:
        rows, following = await services.query(
            list_webhooks, listing.cursor, listing.limit, own or listing.customer_id
        )
    except ValueError as error:
        raise invalid("cursor", str(error)) from error
    return WebhookPage(items=[WebhookView.of(row) for row in rows], next=following)


@router.get("/{webhook_id}", summary="Show a webhook", responses=errors("WebhookNotFound", *READS))
async def webhook(services: Served, webhook_id: WebhookId) -> WebhookView:
    """Whether it is enabled, and since when it fails."""
    return WebhookView.of(await find_webhook(services, webhook_id))


@router.delete("/{webhook_id}", summary="Remove a webhook", responses=_CHANGES, dependencies=[NO_BODY])
async def remove_webhook(desk: WebhooksOf, webhook_id: WebhookId) -> WebhookView:
    """It is told nothing more, not even what waits."""
    return WebhookView.of(await desk.remove(webhook_id))


@router.post(
    "/{webhook_id}/secret",
    summary="Rotate a webhook's secret",
    responses=errors("WebhookNotFound", "WebhooksOff", *CHANGES),
    dependencies=[NO_BODY],
)
async def rotate_webhook_secret(
    desk: WebhooksOf, response: Response, webhook_id: WebhookId
) -> WebhookWithSecret:
    """For 24 hours the secret before it signs, too: a receiver changes over without a gap. A secret from
    before that one ends at once."""
    _not_to_be_kept(response)
    return await desk.rotate(webhook_id)


@router.post(
    "/{webhook_id}/enable", summary="Enable a webhook again", responses=_CHANGES, dependencies=[NO_BODY]
)
async def enable_webhook(desk: WebhooksOf, webhook_id: WebhookId) -> WebhookView:
    """What waited when it was disabled goes on; what happened since then can be replayed."""
    return WebhookView.of(await desk.enable(webhook_id))


@router.get(
    "/{webhook_id}/deliveries",
    summary="List what a webhook was told",
    responses=errors("WebhookNotFound", "InvalidSpec", *READS),
)
async def webhook_deliveries(
    services: Served, webhook_id: WebhookId, listing: Annotated[DeliveryListing, Query()]
) -> DeliveryPage:
    """Newest event first, with what became of the last attempt."""
    await find_webhook(services, webhook_id)
    try:
        told, following = await services.query(
            list_deliveries, webhook_id, listing.cursor, listing.limit, listing.state
        )
    except ValueError as error:
        raise invalid("cursor", str(error)) from error
    return DeliveryPage(items=[DeliveryView.of(one) for one in told], next=following)


@router.post(
    "/{webhook_id}/deliveries/{event_id}/replay",
    summary="Tell a webhook an event again",
    responses=errors("WebhookNotFound", "DeliveryNotFound", *CHANGES),
    dependencies=[NO_BODY],
)
async def replay_delivery(desk: WebhooksOf, webhook_id: WebhookId, event_id: EventId) -> DeliveryView:
    """Under the same `webhook-id`, by which a receiver knows that it has had it."""
    return DeliveryView.of(await desk.replay_one(webhook_id, event_id))


@router.post(
    "/{webhook_id}/replay",
    summary="Tell a webhook everything again",
    responses=errors("WebhookNotFound", *BODY, *CHANGES),
    dependencies=[JSON_BODY],
)
async def replay_webhook(desk: WebhooksOf, webhook_id: WebhookId, given: ReplaySince) -> Replayed:
    """All that happened since then, whether it was told it or not: also from before it was registered."""
    return Replayed(replayed=await desk.replay(webhook_id, given.since))


def _not_to_be_kept(response: Response) -> None:
    response.headers["Cache-Control"] = "no-store"
