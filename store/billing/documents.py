"""Invoices as documents: who issues them, who pays, and every line; fixed when they are numbered."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date

from sqlmodel import Session, col, select

from catalog.currencies import currency_of
from domain.billing.document import BilledCustomer, BilledTenant, InvoiceDocument, Letterhead
from domain.billing.invoices import Invoice, Status
from domain.billing.spans import Span
from store.billing.books import entries_of
from store.tables import CustomerRow, DraftRow, InvoiceRow, SubscriptionRow, TenantRow


@dataclass(frozen=True)
class _Payer:
    customer: BilledCustomer
    tenant: BilledTenant
    zone: str
    currency: str


def drafts_of(
    session: Session, drafts: Sequence[tuple[SubscriptionRow, Sequence[Invoice]]], letterhead: Letterhead
) -> Iterator[DraftRow]:
    payers = _payers(session, [row.tenant_id for row, invoices in drafts if invoices])
    for row, invoices in drafts:
        for invoice in invoices:
            name = f"draft-{row.tenant_id}-{invoice.at.astimezone(UTC):%Y%m%dT%H%M%S%fZ}"
            shown = _document(name, invoice, payers[row.tenant_id], letterhead)
            yield DraftRow(tenant_id=row.tenant_id, at=invoice.at, document=shown)


def issue(
    session: Session,
    rows: Sequence[InvoiceRow],
    numbers: Mapping[str, str],
    dates: Mapping[str, date],
    letterhead: Letterhead,
) -> Iterator[tuple[InvoiceRow, InvoiceDocument]]:
    payers = _payers(session, [row.tenant_id for row in rows])
    entries = entries_of(session, [row.id for row in rows])
    for row in rows:
        invoice = Invoice(
            row.kind, row.at, Span(row.period_begin, row.period_end), Status.FINAL, tuple(entries[row.id])
        )
        payer = payers[row.tenant_id]
        yield row, _document(row.id, invoice, payer, letterhead, numbers[row.id], dates[row.id])


def _document(
    invoice_id: str,
    invoice: Invoice,
    payer: _Payer,
    letterhead: Letterhead,
    number: str | None = None,
    issue_date: date | None = None,
) -> InvoiceDocument:
    return InvoiceDocument.of(
        invoice,
        currency_of(payer.currency),
        id=invoice_id,
        number=number,
        issue_date=issue_date,
        issuer=letterhead.issuer,
        titles=letterhead.titles,
        customer=payer.customer,
        tenant=payer.tenant,
        time_zone=payer.zone,
    )


def _payers(session: Session, tenant_ids: Iterable[str]) -> dict[str, _Payer]:
    query = (
        select(TenantRow, CustomerRow, SubscriptionRow)
        .join(CustomerRow, col(TenantRow.customer_id) == col(CustomerRow.id))
        .join(SubscriptionRow, col(SubscriptionRow.tenant_id) == col(TenantRow.id))
        .where(col(TenantRow.id).in_(list(tenant_ids)))
    )
    return {
        tenant.id: _Payer(
            BilledCustomer(id=customer.id, name=customer.name, email=customer.email),
            BilledTenant(id=tenant.id, slug=tenant.slug),
            subscription.zone,
            subscription.currency,
        )
        for tenant, customer, subscription in session.exec(query)
    }
