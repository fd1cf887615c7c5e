"""Invoices as documents for machines, and what was said to events that do not count."""

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from domain.billing.events import UsageEvent, Verdict, judged
from domain.billing.invoices import Invoice
from domain.billing.ledger import InvoiceLine
from domain.billing.money import Currency
from domain.billing.spans import Span
from domain.billing.words import instant_text, number_text

Json = dict[str, Any]

SAID = {
    Verdict.CONFLICT: "the same identity came before with other content, which stays",
    Verdict.TOO_OLD: "it happened more than 35 days before it was received",
    Verdict.AHEAD: "it lies more than 5 minutes after it was received",
}


def report(invoices: Sequence[Invoice], currency: Currency) -> Json:
    """The document that `tenantry billing simulate --json` prints."""
    return {"invoices": [_invoice(invoice, currency) for invoice in invoices]}


def refusals(events: Iterable[UsageEvent]) -> Iterator[str]:
    """A sentence for each event that does not count; a duplicate is no news."""
    for one in judged(events):
        if said := SAID.get(one.verdict):
            yield f"event {one.event.id} of '{one.event.source}' does not count: {said}"


def _invoice(invoice: Invoice, currency: Currency) -> Json:
    return {
        "number": None,
        "kind": invoice.kind.value,
        "period": _span(invoice.period),
        "status": invoice.status.value,
        "lines": [_line(entry) for entry in invoice.lines],
        "total_minor": invoice.total,
        "currency": currency.code,
    }


def _line(entry: InvoiceLine) -> Json:
    line = entry.line
    return {
        "key": line.key,
        "description": entry.description,
        **_span(line.span),
        "quantity": number_text(line.quantity),
        "amount_minor": line.amount,
        "corrects": entry.corrects,
    }


def _span(span: Span) -> Json:
    return {"from": instant_text(span.begin), "to": instant_text(span.end)}
