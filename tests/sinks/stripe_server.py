"""localstripe with what the sink needs of Stripe and localstripe has not: `python stripe_server.py PORT`.

Added, as Stripe documents it: idempotency keys, invoices that begin empty and take items, finalizing, totals
below 0, search that lags behind, pages of invoices, addresses of e-mail that are refused. Under /_config/ a
test takes answers away.
"""

import asyncio
import re
import sys
from collections.abc import Awaitable, Callable
from typing import Any

from aiohttp import web
from localstripe import server
from localstripe.errors import UserError
from localstripe.resources import Customer, Invoice, InvoiceItem, InvoiceLineItem, Store, store

Handler = Callable[[web.Request], Awaitable[web.Response]]
UPDATE_CUSTOMER = Customer._api_update
LIST_INVOICES = Invoice._api_list_all
Kept = tuple[str, str, int, bytes]


class Wire:
    """What happens between the client and localstripe."""

    def __init__(self) -> None:
        self.kept: dict[str, Kept] = {}
        self.searchable: list[Any] = []
        self.posts = 0
        self.lost: int | None = None
        self.refusals: list[tuple[int, dict[str, str], str]] = []
        self.bodies: list[tuple[str, str]] = []

    @web.middleware
    async def carry(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        if request.path.startswith("/_config/"):
            return await handler(request)
        if self.refusals:
            status, headers, message = self.refusals.pop(0)
            error = {"error": {"type": "invalid_request_error", "message": message}}
            return web.json_response(error, status=status, headers=headers)
        if request.path == "/v1/customers/search":
            return self._search(request.query["query"])
        if request.method != "POST":
            return await handler(request)
        self.posts += 1
        answer = await self._once(request, handler)
        if self.posts == self.lost and request.transport:
            request.transport.abort()
        return answer

    async def _once(self, request: web.Request, handler: Handler) -> web.Response:
        """The same key gets the same answer, whatever it was; another request under it is refused."""
        key, body = request.headers.get("Idempotency-Key", ""), await request.text()
        asked = (request.path, body)
        if key in self.kept:
            if self.kept[key][:2] != asked:
                raise UserError(400, "Keys for idempotent requests can only be used with the same parameters")
            return web.Response(
                status=self.kept[key][2], body=self.kept[key][3], content_type="application/json"
            )
        self.bodies.append(asked)
        answer = await handler(request)
        if key:
            self.kept[key] = (*asked, answer.status, (answer.text or "").encode())
        return answer

    def _search(self, query: str) -> web.Response:
        found = re.fullmatch(r"metadata\['(\w+)'\]:'((?:[^'\\]|\\.)*)'", query)
        if not found:
            raise UserError(400, "Bad query")
        name, value = found[1], re.sub(r"\\(.)", r"\1", found[2])
        data = [one._export() for one in self.searchable if one.metadata.get(name) == value]
        return web.json_response({"object": "search_result", "data": data, "has_more": False})

    async def configure(self, request: web.Request) -> web.Response:
        """`forget` keys, `index` what exists for search, `lose` the n-th answer to a POST, `refuse` calls."""
        asked = await request.json()
        if asked.get("forget"):
            self.kept.clear()
        if asked.get("index"):
            self.searchable = [one for name, one in store.items() if name.startswith("customer:")]
        self.posts, self.lost = 0, asked.get("lose")
        self.refusals = asked.get("refuse", [])
        return web.json_response({})

    async def show(self, _: web.Request) -> web.Response:
        return web.json_response({"bodies": self.bodies, "posts": self.posts})


def create_invoice(customer: str, number: str | None = None, currency: str = "eur", **given: Any) -> Invoice:
    advance, pending = (
        given.pop("auto_advance", "false"),
        given.pop("pending_invoice_items_behavior", "exclude"),
    )
    if pending != "exclude":
        raise UserError(400, "Only invoices that begin empty are made here")
    invoice = Invoice(customer=customer, **given)
    invoice.currency, invoice.number, invoice.auto_advance = currency, number, advance == "true"
    return invoice


def create_item(invoice: str, period: dict[str, str], **given: Any) -> InvoiceItem:
    owner = Invoice._api_retrieve(invoice)
    if owner.status != "draft":
        raise UserError(400, "This invoice is no longer editable")
    item = InvoiceItem(invoice=invoice, period_start=period["start"], period_end=period["end"], **given)
    owner.lines._list.append(InvoiceLineItem(item))
    return item


def list_invoices(url: str, created: dict[str, str] | None = None, **given: Any) -> Any:
    found = LIST_INVOICES(url, **given)
    since = int((created or {}).get("gte", 0))
    found._list = [invoice for invoice in found._list if invoice.created >= since]
    return found


def finalize(id: str, auto_advance: str = "false") -> Invoice:  # noqa: A002 - localstripe's name for it
    invoice = Invoice._api_retrieve(id)
    if invoice.status != "draft":
        raise UserError(400, "This invoice is already finalized")
    invoice.auto_advance = auto_advance == "true"
    invoice._finalize()
    return invoice


def update_customer(id: str, **given: Any) -> Customer:  # noqa: A002 - localstripe's name for it
    if not given.get("email", "").isascii():
        told = {"code": "email_invalid", "param": "email"}
        raise UserError(400, f"Invalid email address: {given['email']}", told)
    return UPDATE_CUSTOMER(id, **given)


def main(port: int) -> None:
    Store.dump_to_disk = lambda _: None  # several servers would share one file
    Customer.balance = property(lambda customer: -customer.account_balance)
    Customer._api_update = staticmethod(update_customer)
    Invoice._api_create = staticmethod(create_invoice)
    Invoice._api_list_all = staticmethod(list_invoices)
    Invoice.total = property(lambda invoice: invoice.subtotal)
    InvoiceItem._api_create = staticmethod(create_item)
    wire = Wire()
    # Within error_middleware, which makes answers of UserErrors, so that answers of errors are kept, too.
    server.app.middlewares.insert(0, server.error_middleware)
    server.app.middlewares.insert(1, wire.carry)
    url = "/v1/invoices/{id}/finalize"
    server.app.router.add_post(url, server.api_extra(finalize, url))
    server.app.router.add_put("/_config/wire", wire.configure)
    server.app.router.add_get("/_config/wire", wire.show)
    web.run_app(server.app, host="127.0.0.1", port=port, print=None, loop=asyncio.new_event_loop())


if __name__ == "__main__":
    main(int(sys.argv[1]))
