"""Billing: price versions, what decides a tenant's invoices, closing runs, and what was issued."""

from datetime import datetime

from sqlalchemy import CheckConstraint, Column, ForeignKeyConstraint, Identity, Index, Integer, text
from sqlalchemy.dialects.postgresql import BIGINT
from sqlmodel import Field

from domain.billing.document import InvoiceDocument
from domain.billing.facts import Fact
from domain.billing.invoices import Kind
from domain.billing.offers import Offer
from store.tables.base import INSTANT, Arguments, Table, enumeration, one_of
from store.tables.document import Document, OrderedDocument


class PriceVersionRow(Table, table=True):
    """An offer as it once was. A trigger refuses changes: invoices are rated again by it."""

    __tablename__ = "price_version"
    __table_args__ = (CheckConstraint("version > 0", name="version"),)

    plan: str = Field(primary_key=True, foreign_key="plan.name")
    version: int = Field(primary_key=True)
    definition: Offer = Field(sa_column=Column(OrderedDocument(Offer), nullable=False))
    """Its meters in the order in which invoices have them."""
    offered_at: datetime = Field(sa_type=INSTANT)


class SubscriptionRow(Table, table=True):
    """A tenant's side of billing. Whoever records a fact or closes a period locks this row."""

    __tablename__ = "subscription"
    __table_args__ = (
        CheckConstraint("currency ~ '^[A-Z]{3}$'", name="currency"),
        Index("ix_subscription_next_look", "next_look", "tenant_id"),
    )

    tenant_id: str = Field(primary_key=True, foreign_key="tenant.id")
    start: datetime = Field(sa_type=INSTANT)
    zone: str
    currency: str
    closed_until: datetime | None = Field(default=None, sa_type=INSTANT)
    """The last closing that is final."""
    next_look: datetime | None = Field(default=None, sa_type=INSTANT)
    """When a closing run may find something to do; none: not before something is recorded."""
    looked_in: int | None = Field(default=None, sa_type=BIGINT)
    """The closing run that was here last."""
    problem: str = ""
    """Why the last run left it as it was; empty if it did not."""


class BillingFactRow(Table, table=True):
    """One fact; a trigger refuses changes."""

    __tablename__ = "billing_fact"
    __table_args__ = (Index("ix_billing_fact_tenant", "tenant_id", "number"),)

    number: int | None = Field(
        default=None, sa_column=Column(BIGINT, Identity(always=True), primary_key=True)
    )
    tenant_id: str = Field(foreign_key="subscription.tenant_id")
    fact: Fact = Field(sa_column=Column(Document(Fact), nullable=False))
    recorded_at: datetime = Field(sa_type=INSTANT)


class ClosingRow(Table, table=True):
    """A closing run. Its moment and cut-off are fixed at its beginning: killed, it goes on with the same."""

    __tablename__ = "closing"
    __table_args__ = (
        Index("uq_closing_open", text("(true)"), unique=True, postgresql_where=text("ended_at IS NULL")),
    )

    number: int | None = Field(
        default=None, sa_column=Column(BIGINT, Identity(always=True), primary_key=True)
    )
    moment: datetime = Field(sa_type=INSTANT)
    """Closes what has ended by then."""
    cut_off: int = Field(sa_type=BIGINT)
    """Knows the usage that was stored up to here."""
    began_at: datetime = Field(sa_type=INSTANT)
    ended_at: datetime | None = Field(default=None, sa_type=INSTANT)


def _invoice_constraints() -> Arguments:
    return (
        one_of("kind", Kind),
        CheckConstraint("(number IS NULL) = (issued IS NULL)", name="issued_with_number"),
        ForeignKeyConstraint(["closing"], ["closing.number"]),
        Index("uq_invoice_number", "number", unique=True),
        Index("ix_invoice_tenant", "tenant_id", "sequence"),
        Index(
            "ix_invoice_unnumbered",
            *("due_at", "period_end", "tenant_id", "id"),
            postgresql_where=text("number IS NULL"),
        ),
    )


class InvoiceRow(Table, table=True):
    """A final invoice. Once it is numbered, a trigger refuses changes."""

    __tablename__ = "invoice"
    __table_args__ = _invoice_constraints()

    id: str = Field(primary_key=True)
    """Follows from tenant, closing and kind: made twice, it would be the same."""
    sequence: int | None = Field(
        default=None, sa_column=Column(BIGINT, Identity(always=True), nullable=False, unique=True)
    )
    tenant_id: str = Field(foreign_key="subscription.tenant_id")
    kind: Kind = Field(sa_type=enumeration(Kind))
    at: datetime = Field(sa_type=INSTANT)
    """The closing, or the run that found what came after the last one."""
    period_begin: datetime = Field(sa_type=INSTANT)
    period_end: datetime = Field(sa_type=INSTANT)
    due_at: datetime = Field(sa_type=INSTANT)
    """When it fell due for finalization; decides its number and its date."""
    closing: int = Field(sa_column=Column(BIGINT, nullable=False))
    """The run that made it final."""
    known_fact: int = Field(sa_type=BIGINT)
    """The tenant's last fact that it knew."""
    closed_before: datetime | None = Field(default=None, sa_type=INSTANT)
    """The last closing that was final when its run began with the tenant."""
    number: str | None = None
    issued: InvoiceDocument | None = Field(default=None, sa_column=Column(Document(InvoiceDocument)))
    """As it was handed out: later it is the same, whatever tenant and issuer are called by then."""


class LedgerEntryRow(Table, table=True):
    """A line of a final invoice. All entries under a key add up to what is billed under it."""

    __tablename__ = "ledger_entry"
    __table_args__ = (
        ForeignKeyConstraint(["invoice_id"], ["invoice.id"]),
        Index("ix_ledger_entry_key", "tenant_id", "key"),
        Index("ix_ledger_entry_due", "tenant_id", "due"),
        Index("ix_ledger_entry_invoice", "invoice_id"),
    )

    number: int | None = Field(
        default=None, sa_column=Column(BIGINT, Identity(always=True), primary_key=True)
    )
    invoice_id: str
    tenant_id: str
    key: str
    begin: datetime = Field(sa_type=INSTANT)
    until: datetime = Field(sa_type=INSTANT)
    due: datetime | None = Field(default=None, sa_type=INSTANT)
    description: str
    note: str = ""
    quantity: str
    """An exact ratio, as 14/31."""
    amount: int = Field(sa_type=BIGINT)
    """In minor units."""
    rank: int
    corrects: str | None = None


class DraftRow(Table, table=True):
    """An invoice that is not final, as the last closing run saw it."""

    __tablename__ = "draft"

    tenant_id: str = Field(primary_key=True, foreign_key="subscription.tenant_id")
    at: datetime = Field(primary_key=True, sa_type=INSTANT)
    document: InvoiceDocument = Field(sa_column=Column(Document(InvoiceDocument), nullable=False))


class InvoiceCounterRow(Table, table=True):
    """The last number that was given in a year; its lock orders who gives the next."""

    __tablename__ = "invoice_counter"

    year: int = Field(sa_column=Column(Integer, primary_key=True, autoincrement=False))
    last: int = Field(sa_type=BIGINT)


class DeliveryRow(Table, table=True):
    """What is to be handed on: written with its invoice, and kept with the reference there."""

    __tablename__ = "delivery"
    __table_args__ = (
        Index("ix_delivery_open", "invoice_id", postgresql_where=text("delivered_at IS NULL")),
        ForeignKeyConstraint(["invoice_id"], ["invoice.id"]),
    )

    invoice_id: str = Field(primary_key=True)
    first_tried_at: datetime | None = Field(default=None, sa_type=INSTANT)
    delivered_at: datetime | None = Field(default=None, sa_type=INSTANT)
    reference: str = ""
    problem: str = ""
