"""What closing runs could not do, as their last try left it: for those who ask a run why."""

from dataclasses import dataclass

from sqlalchemy import Engine
from sqlmodel import col, select

from store.engine import transaction
from store.tables import DeliveryRow, InvoiceRow, SubscriptionRow, TenantRow

MOST_TOLD = 100
"""A price that cannot be rated may fail every tenant that has it."""


@dataclass(frozen=True)
class Trouble:
    name: str
    """Slug of a tenant, number of an invoice."""
    tenant_id: str
    reason: str


def not_closed(engine: Engine) -> list[Trouble]:
    """Tenants that the last run left as they were. Raises Unavailable."""
    query = (
        select(TenantRow.slug, TenantRow.id, SubscriptionRow.problem)
        .join(TenantRow, col(TenantRow.id) == col(SubscriptionRow.tenant_id))
        .where(col(SubscriptionRow.problem) != "")
        .order_by(col(TenantRow.slug), col(TenantRow.id))
        .limit(MOST_TOLD)
    )
    with transaction(engine) as session:
        return [Trouble(*row) for row in session.exec(query)]


def not_handed_on(engine: Engine) -> list[Trouble]:
    """Invoices that the sink has not taken. Raises Unavailable."""
    query = (
        select(InvoiceRow.number, InvoiceRow.tenant_id, DeliveryRow.problem)
        .join(InvoiceRow, col(InvoiceRow.id) == col(DeliveryRow.invoice_id))
        .where(col(DeliveryRow.delivered_at).is_(None), col(DeliveryRow.problem) != "")
        .order_by(col(InvoiceRow.number))
        .limit(MOST_TOLD)
    )
    with transaction(engine) as session:
        return [Trouble(number or "", tenant_id, reason) for number, tenant_id, reason in session.exec(query)]
