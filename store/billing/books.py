"""The ledger in rows: lines of final invoices, added up by key."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from fractions import Fraction
from typing import Any

from sqlalchemy import Row, text
from sqlmodel import Session

from domain.billing.invoices import Invoice
from domain.billing.ledger import Booked, InvoiceLine, book
from domain.billing.lines import Line
from domain.billing.spans import Span

# Of a key all entries count, also those that are older than what is rated again.
_ENTRIES = text(
    """
    SELECT entry.*
      FROM unnest(CAST(:tenants AS text[]), CAST(:sinces AS timestamptz[])) AS wanted (tenant, since)
      JOIN ledger_entry entry ON entry.tenant_id = wanted.tenant
     WHERE entry.key IN (
           SELECT key FROM ledger_entry
            WHERE tenant_id = wanted.tenant
              AND (due IS NULL OR wanted.since IS NULL OR due >= wanted.since))
       AND entry.number < :before
     ORDER BY entry.number
    """
)
ALL = 2**63 - 1


def booked(session: Session, since: Mapping[str, datetime | None], before: int = ALL) -> dict[str, Booked]:
    """By tenant, what is booked under keys with a line due since then; from entries before a number."""
    found: dict[str, list[InvoiceLine]] = {tenant: [] for tenant in since}
    values = {"tenants": list(since), "sinces": list(since.values()), "before": before}
    for row in session.connection().execute(_ENTRIES, values):
        found[row.tenant_id].append(entry_of(row))
    return {tenant: book({}, entries) for tenant, entries in found.items()}


def entry_of(row: Row[Any]) -> InvoiceLine:
    line = Line(
        key=row.key,
        span=Span(row.begin, row.until),
        due=row.due,
        description=row.description,
        quantity=Fraction(row.quantity),
        amount=row.amount,
        rank=row.rank,
    )
    return InvoiceLine(line, row.corrects, row.note)


def entry_rows(tenant_id: str, invoice_id: str, invoice: Invoice) -> Iterable[dict[str, Any]]:
    for entry in invoice.lines:
        line = entry.line
        yield {
            "invoice_id": invoice_id,
            "tenant_id": tenant_id,
            "key": line.key,
            "begin": line.span.begin,
            "until": line.span.end,
            "due": line.due,
            "description": line.description,
            "note": entry.note,
            "quantity": str(line.quantity),
            "amount": line.amount,
            "rank": line.rank,
            "corrects": entry.corrects,
        }


def entries_of(session: Session, invoice_ids: Sequence[str]) -> dict[str, list[InvoiceLine]]:
    """The lines of invoices, in their order."""
    query = text("SELECT * FROM ledger_entry WHERE invoice_id = ANY(:ids) ORDER BY number")
    found: dict[str, list[InvoiceLine]] = {invoice_id: [] for invoice_id in invoice_ids}
    for row in session.connection().execute(query, {"ids": list(invoice_ids)}):
        found[row.invoice_id].append(entry_of(row))
    return found
