"""Requests about invoices."""

from collections.abc import Iterator
from typing import cast

from cli.client import Client, Json, segment

RECOUNT_SECONDS = 300
"""All events of a period may have to be counted."""


class BillingClient(Client):
    def invoices(self, slug: str) -> Iterator[Json]:
        """Newest first, drafts included."""
        return self._pages(f"/v1/tenants/{slug}/invoices", {})

    def invoice(self, name: str) -> Json:
        return cast("Json", self._read(_path(name)))

    def invoice_file(self, name: str, suffix: str) -> bytes:
        """`suffix` is html or pdf."""
        return self._request("GET", f"{_path(name)}.{suffix}").content

    def replay(self, name: str, *, latest: bool) -> Json:
        return self._recount(f"{_path(name)}/replay", {"latest": latest})

    def explanation(self, name: str, key: str) -> Json:
        return self._recount(f"{_path(name)}/explanation", {"key": key})

    def _recount(self, path: str, query: Json) -> Json:
        answer = self._request("GET", path, query=query, timeout=RECOUNT_SECONDS)
        return cast("Json", answer.json())

    def give(self, slug: str, what: str, body: Json, *, key: str) -> Json:
        """`what` is credits, charges or discounts."""
        return self._change("POST", f"/v1/tenants/{slug}/{what}", key, body)

    def close_periods(self, as_of: str | None, *, key: str) -> Json:
        return self._change("POST", "/v1/closings", key, {"as_of": as_of} if as_of else {})

    def closing(self, closing_id: str) -> Json:
        return cast("Json", self._read(f"/v1/closings/{closing_id}"))


def _path(name: str) -> str:
    return f"/v1/invoices/{segment(name)}"
