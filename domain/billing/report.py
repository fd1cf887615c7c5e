"""Invoices as documents for machines, and what was said to events that do not count."""

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from domain.billing.document import InvoiceBody
from domain.billing.events import UsageEvent, Verdict, judged
from domain.billing.invoices import Invoice
from domain.billing.money import Currency

Json = dict[str, Any]

SAID = {
    Verdict.CONFLICT: "the same identity came before with other content, which stays",
    Verdict.TOO_OLD: "it happened more than 35 days before it was received",
    Verdict.AHEAD: "it lies more than 5 minutes after it was received",
}


def report(invoices: Sequence[Invoice], currency: Currency) -> Json:
    """The document that `tenantry billing simulate --json` prints."""
    return {"invoices": [InvoiceBody.of(one, currency).model_dump(mode="json") for one in invoices]}


def refusals(events: Iterable[UsageEvent]) -> Iterator[str]:
    """A sentence for each event that does not count; a duplicate is no news."""
    for one in judged(events):
        if said := SAID.get(one.verdict):
            yield f"event {one.event.id} of '{one.event.source}' does not count: {said}"
