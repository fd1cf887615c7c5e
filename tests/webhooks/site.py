"""An installation with endpoints, and a courier that can be set to work and stopped."""

import asyncio
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from itertools import count
from typing import Any

from temporalio.testing import ActivityEnvironment

from activities.webhooks.courier import Courier
from activities.webhooks.sending import Sender
from domain.messages import WatchInput
from domain.naming import new_operation_id, new_tenant_id
from domain.webhooks.events import EventType, OperationFinished
from runtime.signing_keys import SigningKeys
from store.engine import transaction
from store.idempotency import Claim
from store.tables import DeliveryState, WebhookRow
from store.webhooks.deliveries import Told, list_deliveries
from store.webhooks.endpoints import Change, NewWebhook, add_webhook, change_webhook, get_webhook
from store.webhooks.queue import TAKEN_FOR, Queue
from store.webhooks.telling import tell
from tests.api.front import until
from tests.store.world import World
from tests.webhooks.receiver import Receiver

LOOK_SECONDS = 0.02
_NUMBERS = count()


@dataclass
class Site:
    world: World
    keys: SigningKeys
    receiver: Receiver

    def hook(self, path: str, *events: EventType, everybodys: bool = False, url: str = "") -> str:
        """An endpoint of this world's customer, or one that is told of everybody's; its id."""
        customer = None if everybodys else self.world.customer_id
        new = NewWebhook(url or self.receiver.url(path), list(events), customer, self.keys.newest)
        return add_webhook(
            self.world.engine, self._claim(f"wh{new_tenant_id()}"), new, self.world.clock.now()
        ).id

    def change(self, hook: str, change: Change) -> None:
        change_webhook(self.world.engine, self._claim(hook), change, self.world.clock.now())

    def happen(self, **changes: Any) -> str:
        """Something happens to a tenant of this world's customer; the operation that it happens in."""
        tenant_id = new_tenant_id()
        values = {
            "operation_id": new_operation_id(),
            "kind": "scale",
            "status": "succeeded",
            "tenant_id": tenant_id,
            "slug": f"s-{tenant_id}",
            "error_code": None,
        }
        data = OperationFinished.model_validate(values | changes)
        with transaction(self.world.engine) as session:
            tell(session, self.world.customer_id, data, self.world.clock.now())
        return data.operation_id

    def row(self, hook: str) -> WebhookRow:
        row = get_webhook(self.world.engine, hook)
        assert row
        return row

    def told(self, hook: str) -> list[Told]:
        return list_deliveries(self.world.engine, hook, None, 1000)[0]

    def secret(self, hook: str) -> str:
        row = self.row(hook)
        return self.keys.secret(row.key_id, hook, row.generation)

    def queue(self) -> Queue:
        return Queue(self.world.engine, self.world.clock)

    @asynccontextmanager
    async def courier(
        self, *, loopback: bool = True, patience: float = 15, tls: ssl.SSLContext | None = None
    ) -> AsyncIterator[None]:
        """At work within; what it has begun by the end, it ends."""
        sender = Sender(self.keys, self.world.clock, loopback=loopback, patience=patience, tls=tls)
        courier = Courier(self.queue(), sender, look_seconds=LOOK_SECONDS)
        environment = ActivityEnvironment()
        watch = asyncio.create_task(environment.run(courier.watch, WatchInput(seconds=60)))
        try:
            yield
        finally:
            environment.worker_shutdown()
            await watch

    async def tried(self, hook: str, times: int = 1) -> Told:
        """The only delivery of an endpoint, once so many attempts at it have ended."""

        async def look() -> Told | None:
            (told,) = await asyncio.to_thread(self.told, hook)
            row = told.delivery
            under_way = row.last_at is not None and row.next_at == row.last_at + TAKEN_FOR
            return told if row.attempts == times and not under_way else None

        return await until(look)

    async def settled(self, hook: str) -> list[Told]:
        """All deliveries of an endpoint, once none is pending."""

        async def look() -> list[Told] | None:
            told = await asyncio.to_thread(self.told, hook)
            done = all(one.delivery.state is not DeliveryState.PENDING for one in told)
            return told if told and done else None

        return await until(look)

    def _claim(self, hook: str) -> Claim:
        return Claim(caller="tests", key=f"{hook}-{next(_NUMBERS)}", body_hash="", webhook_id=hook)
