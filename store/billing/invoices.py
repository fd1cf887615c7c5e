"""Writing invoices: final ones with their lines and their delivery, and drafts."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta
from hashlib import sha256

from sqlalchemy import insert
from sqlmodel import Session, col, delete

from domain.billing.closing import Closed
from domain.billing.document import Letterhead
from domain.billing.invoices import Invoice, Kind
from domain.messages import ClosingRun
from store.billing.books import entry_rows
from store.billing.documents import drafts_of
from store.tables import DeliveryRow, DraftRow, InvoiceRow, LedgerEntryRow, SubscriptionRow


@dataclass(frozen=True)
class Made:
    """What a closing run made of one tenant."""

    subscription: SubscriptionRow
    closed: Closed
    known_fact: int


def write(
    session: Session, made: Sequence[Made], run: ClosingRun, grace: timedelta, letterhead: Letterhead
) -> None:
    """All that is final, and the drafts in place of those of the run before."""
    final = [(one, invoice) for one in made for invoice in one.closed.final]
    if final:
        session.execute(insert(InvoiceRow), [_invoice(one, invoice, run, grace) for one, invoice in final])
        session.execute(insert(LedgerEntryRow), list(_entries(final)))
        ids = [invoice_id(one.subscription.tenant_id, invoice) for one, invoice in final]
        session.execute(insert(DeliveryRow), [{"invoice_id": name} for name in ids])
    tenants = [one.subscription.tenant_id for one in made]
    session.execute(delete(DraftRow).where(col(DraftRow.tenant_id).in_(tenants)))
    session.add_all(drafts_of(session, [(one.subscription, one.closed.drafts) for one in made], letterhead))


def invoice_id(tenant_id: str, invoice: Invoice) -> str:
    """The same for the same closing, whoever makes it final and however often."""
    # After the end, there may be several at once; what is on one of them is on no other.
    slot = "closing" if invoice.kind is Kind.INVOICE else invoice.lines[0].line.key
    named = f"{tenant_id} {slot} {invoice.at.isoformat()}"
    return "in" + sha256(named.encode()).hexdigest()[:22]


def _invoice(made: Made, invoice: Invoice, run: ClosingRun, grace: timedelta) -> dict[str, object]:
    # What comes after the last closing waits for nothing: its run is its closing.
    waits = grace if invoice.kind is Kind.INVOICE else timedelta()
    return {
        "id": invoice_id(made.subscription.tenant_id, invoice),
        "tenant_id": made.subscription.tenant_id,
        "kind": invoice.kind,
        "at": invoice.at,
        "period_begin": invoice.period.begin,
        "period_end": invoice.period.end,
        "due_at": invoice.at + waits,
        "closing": run.number,
        "known_fact": made.known_fact,
        "closed_before": made.subscription.closed_until,
    }


def _entries(final: Iterable[tuple[Made, Invoice]]) -> Iterator[dict[str, object]]:
    for made, invoice in final:
        tenant_id = made.subscription.tenant_id
        yield from entry_rows(tenant_id, invoice_id(tenant_id, invoice), invoice)
