"""Webhooks: registered, changed and replayed by whoever may see them."""

from datetime import datetime
from typing import Annotated

from fastapi import Depends

from api.identity import AskedFor
from api.problems import ApiProblem, invalid
from api.services import Served, Services
from api.webhook_schemas import NewWebhook, WebhookWithSecret
from domain.messages import JsonObject
from domain.naming import new_tenant_id
from domain.webhooks.addresses import url_problem
from runtime.signing_keys import UnknownSigningKey
from store.customers import get_customer
from store.idempotency import Claim, KeyReused
from store.tables import WebhookRow
from store.webhooks import endpoints
from store.webhooks.deliveries import Replay, Told, get_delivery, replay


async def find_webhook(services: Services, webhook_id: str, *, removed: bool = False) -> WebhookRow:
    """One that the caller may see; `removed`: also one that was. Raises ApiProblem."""
    row = await services.query(endpoints.get_webhook, webhook_id)
    own = services.caller.customer_id
    if row is None or (own is not None and row.customer_id != own):
        raise ApiProblem("WebhookNotFound")
    if row.removed_at is not None and not removed:
        raise ApiProblem("WebhookNotFound")
    return row


async def find_delivery(services: Services, webhook_id: str, event_id: str) -> Told:
    """Raises ApiProblem."""
    told = await services.query(get_delivery, webhook_id, event_id)
    if told is None:
        raise ApiProblem("DeliveryNotFound")
    return told


class WebhookDesk:
    """Changes; one per request. Everything raises ApiProblem."""

    def __init__(self, services: Served, asked: AskedFor) -> None:
        self._services = services
        self._asked = asked
        self._now = services.clock.now()

    async def add(self, given: NewWebhook) -> WebhookWithSecret:
        keys = self._services.webhooks.signing()
        if problem := url_problem(given.url, loopback=self._services.webhooks.loopback):
            raise invalid("url", problem)
        customer_id = await self._customer(given.customer_id)
        new = endpoints.NewWebhook(given.url, sorted(set(given.events)), customer_id, keys.newest)
        claim = self._claim(f"wh{new_tenant_id()}", given.model_dump(mode="json"))
        try:
            row = await self._services.query(endpoints.add_webhook, claim, new, self._now, self._asked.author)
        except KeyReused as error:
            raise ApiProblem("IdempotencyKeyReused") from error
        except endpoints.TooManyWebhooks as error:
            raise ApiProblem("Refused", str(error)) from error
        return self._with_secret(row)

    async def rotate(self, webhook_id: str) -> WebhookWithSecret:
        keys = self._services.webhooks.signing()
        await find_webhook(self._services, webhook_id)
        row = await self._change(webhook_id, endpoints.rotated(keys.newest, self._now))
        return self._with_secret(row)

    async def enable(self, webhook_id: str) -> WebhookRow:
        await find_webhook(self._services, webhook_id)
        return await self._change(webhook_id, endpoints.enabled())

    async def remove(self, webhook_id: str) -> WebhookRow:
        """Removed again, it is what it is."""
        await find_webhook(self._services, webhook_id, removed=True)
        return await self._change(webhook_id, endpoints.removed(self._now))

    async def replay(self, webhook_id: str, since: datetime, event_id: str | None = None) -> int:
        await find_webhook(self._services, webhook_id)
        claim = self._claim(webhook_id, {"since": since.isoformat()})
        try:
            return await self._services.query(
                replay, claim, Replay(webhook_id, since, event_id), self._now, self._asked.author
            )
        except KeyReused as error:
            raise ApiProblem("IdempotencyKeyReused") from error

    async def replay_one(self, webhook_id: str, event_id: str) -> Told:
        await find_webhook(self._services, webhook_id)
        told = await find_delivery(self._services, webhook_id, event_id)
        await self.replay(webhook_id, told.event.at, event_id)
        return await find_delivery(self._services, webhook_id, event_id)

    async def _customer(self, named: str | None) -> str | None:
        """Whose tenants an endpoint is told of: those of a customer who asks are its own."""
        caller = self._services.caller
        if named is None:
            return caller.customer_id
        if not caller.sees(named) or await self._services.query(get_customer, named) is None:
            raise invalid("customer_id", f"there is no customer '{named}'")
        return named

    async def _change(self, webhook_id: str, change: endpoints.Change) -> WebhookRow:
        claim = self._claim(webhook_id, {})
        try:
            return await self._services.query(
                endpoints.change_webhook, claim, change, self._now, self._asked.author
            )
        except KeyReused as error:
            raise ApiProblem("IdempotencyKeyReused") from error

    def _claim(self, webhook_id: str, body: JsonObject) -> Claim:
        asked = self._asked
        return Claim(
            caller=asked.caller, key=asked.key, body_hash=asked.fingerprint(body), webhook_id=webhook_id
        )

    def _with_secret(self, row: WebhookRow) -> WebhookWithSecret:
        try:
            secret = self._services.webhooks.signing().secret(row.key_id, row.id, row.generation)
        except UnknownSigningKey as error:
            raise ApiProblem("Refused", f"Rotate its secret: there is {error}.") from error
        return WebhookWithSecret.of(row, secret=secret)


WebhooksOf = Annotated[WebhookDesk, Depends(WebhookDesk)]
