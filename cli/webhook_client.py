"""Requests about webhooks."""

from collections.abc import Iterator
from typing import cast

from cli.client import Client, Json, segment


class WebhookClient(Client):
    def add(self, body: Json, *, key: str) -> Json:
        return self._change("POST", "/v1/webhooks", key, body)

    def change(self, webhook_id: str, what: str, *, key: str) -> Json:
        """`what` is secret or enable."""
        return self._change("POST", f"{_path(webhook_id)}/{what}", key)

    def remove(self, webhook_id: str, *, key: str) -> Json:
        return self._change("DELETE", _path(webhook_id), key)

    def webhooks(self, customer_id: str | None = None) -> Iterator[Json]:
        return self._pages("/v1/webhooks", {"customer_id": [customer_id]} if customer_id else {})

    def webhook(self, webhook_id: str) -> Json:
        return cast("Json", self._read(_path(webhook_id)))

    def deliveries(self, webhook_id: str, state: str | None) -> Iterator[Json]:
        """Newest event first."""
        return self._pages(f"{_path(webhook_id)}/deliveries", {"state": [state]} if state else {})

    def replay(self, webhook_id: str, event_id: str, *, key: str) -> Json:
        return self._change("POST", f"{_path(webhook_id)}/deliveries/{segment(event_id)}/replay", key)

    def replay_since(self, webhook_id: str, since: str, *, key: str) -> Json:
        return self._change("POST", f"{_path(webhook_id)}/replay", key, {"since": since})


def _path(webhook_id: str) -> str:
    return f"/v1/webhooks/{segment(webhook_id)}"
