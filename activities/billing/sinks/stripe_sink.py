"""Invoices in Stripe: made, filled and finalized there, and never charged by us."""

from calendar import timegm
from collections.abc import Callable
from datetime import datetime, timedelta
from urllib.parse import quote

import stripe
import structlog
from pydantic import SecretStr

from activities.billing.sinks.stripe_amounts import stripe_amount
from activities.billing.sinks.stripe_failures import stripe_errors
from domain.billing.document import BilledCustomer, InvoiceDocument
from domain.errors import InvalidSpec

WINDOW = timedelta(hours=23)
"""Stripe remembers idempotency keys for 24 hours at least; the rest is for clocks and slow answers."""
CLOCKS_DIFFER = timedelta(hours=1)
TIMEOUT_SECONDS = 20
PAGE = 100
TEXT_CHARS = 500
DRAFT = "draft"
OUR_INVOICE, OUR_NUMBER = "tenantry_invoice", "tenantry_number"
OUR_CUSTOMER, OUR_LINE = "tenantry_customer", "tenantry_line"
"""Keys of metadata: by these we know again what is ours."""

log = structlog.get_logger(__name__)


class StripeSink:
    def __init__(
        self,
        key: SecretStr,
        now: Callable[[], datetime],
        *,
        api_base: str | None = None,
        timeout: int = TIMEOUT_SECONDS,
    ) -> None:
        self._now = now
        # Temporal alone owns retrying; what Stripe's client retries by itself is seen by nobody.
        self._api = stripe.StripeClient(
            key.get_secret_value(),
            base_addresses={"api": api_base} if api_base else None,
            max_network_retries=0,
            http_client=stripe.RequestsClient(timeout=timeout),
        ).v1

    def hand_on(self, document: InvoiceDocument, first_tried: datetime) -> str:
        if document.number is None:
            raise InvalidSpec(f"invoice {document.id} is a draft: only final ones are handed on")
        total = stripe_amount(document.total_minor, document.money)
        amounts = [stripe_amount(line.amount_minor, document.money) for line in document.lines]
        with stripe_errors(f"invoice {document.number}"):
            customer = self._customer(document)
            known = self._known(document, customer, first_tried) if self._is_late(first_tried) else None
            invoice = self._api.invoices.retrieve(known or self._made(document, customer))
            if invoice.status == DRAFT:
                invoice = self._filled(document, amounts, invoice)
            if invoice.total != total:
                raise InvalidSpec(
                    f"Stripe: invoice {document.number} comes to {invoice.total} in {invoice.id} there, "
                    f"and to {total} here; it is left as it is"
                )
            if invoice.status == DRAFT:
                self._api.invoices.finalize_invoice(
                    invoice.id, {"auto_advance": False}, _once(document, "finalize")
                )
        return invoice.id

    def _is_late(self, first_tried: datetime) -> bool:
        return self._now() - first_tried >= WINDOW

    def _customer(self, document: InvoiceDocument) -> str:
        """Theirs for our customer. What a person changes about it there stays."""
        ours = document.customer
        query = f"metadata['{OUR_CUSTOMER}']:'{_quoted(ours.id)}'"
        # A search takes capitals for small letters.
        found = [one for one in self._api.customers.search({"query": query}).data if _is_of(one, ours.id)]
        # The key is the customer's: two invoices of a new one may be handed on at once, and a search finds
        # it a minute later only. So nothing may be sent along that can differ between them.
        customer = min(found, key=lambda one: (one.created, one.id), default=None) or (
            self._api.customers.create(
                {"metadata": {OUR_CUSTOMER: ours.id}},
                {"idempotency_key": f"tenantry-customer-{quote(ours.id)}"},
            )
        )
        if ours.name and not customer.name:
            self._describe(customer.id, ours)
        return customer.id

    def _describe(self, customer: str, ours: BilledCustomer) -> None:
        """With name and e-mail. A final invoice's address cannot be mended: if Stripe refuses it, it goes
        without."""
        if ours.email:
            try:
                self._api.customers.update(customer, {"name": ours.name, "email": ours.email})
            except stripe.InvalidRequestError as error:
                if error.param != "email":
                    raise
                # Stripe's words hold the address, which is to be in no log and no error.
                log.warning("email_not_taken", customer=ours.id, code=error.code)
            else:
                return
        self._api.customers.update(customer, {"name": ours.name})

    def _known(self, document: InvoiceDocument, customer: str, first_tried: datetime) -> str | None:
        """What was made before Stripe forgot the keys; lists are complete at once, unlike searches."""
        since = _epoch(first_tried - CLOCKS_DIFFER)
        made = self._api.invoices.list({"customer": customer, "created": {"gte": since}, "limit": PAGE})
        for invoice in made.auto_paging_iter():
            if _noted(invoice, OUR_INVOICE) == document.id:
                return invoice.id
        return None

    def _made(self, document: InvoiceDocument, customer: str) -> str:
        number = document.number or ""
        made = self._api.invoices.create(
            {
                "customer": customer,
                "currency": document.currency.lower(),
                "number": number,
                "description": f"Invoice {number}, tenant {document.tenant.slug}"[:TEXT_CHARS],
                "metadata": {OUR_INVOICE: document.id, OUR_NUMBER: number},
                "auto_advance": False,
                "pending_invoice_items_behavior": "exclude",
            },
            _once(document, "invoice"),
        )
        return made.id

    def _filled(
        self, document: InvoiceDocument, amounts: list[int], invoice: stripe.Invoice
    ) -> stripe.Invoice:
        """With each line once."""
        lines = self._api.invoices.line_items.list(invoice.id, {"limit": PAGE}).auto_paging_iter()
        present = {_noted(line, OUR_LINE) for line in lines}
        for place, (line, amount) in enumerate(zip(document.lines, amounts, strict=True)):
            if line.key not in present:
                self._api.invoice_items.create(
                    {
                        "customer": str(invoice.customer),
                        "invoice": invoice.id,
                        "currency": document.currency.lower(),
                        "amount": amount,
                        "description": line.description[:TEXT_CHARS],
                        "period": {"start": _epoch(line.begin), "end": _epoch(line.end)},
                        "metadata": {OUR_LINE: line.key},
                    },
                    _once(document, f"line-{place}"),
                )
        return self._api.invoices.retrieve(invoice.id)


def _once(document: InvoiceDocument, step: str) -> stripe.RequestOptions:
    return {"idempotency_key": f"tenantry-{quote(document.id)}-{step}"}


def _is_of(customer: stripe.Customer, ours: str) -> bool:
    return getattr(customer.metadata, OUR_CUSTOMER, None) == ours


def _noted(thing: stripe.Invoice | stripe.InvoiceLineItem, name: str) -> str | None:
    return getattr(thing.metadata, name, None)


def _quoted(text: str) -> str:
    return text.replace("\\", "\\\\").replace("'", "\\'")


def _epoch(instant: datetime) -> int:
    return timegm(instant.utctimetuple())
