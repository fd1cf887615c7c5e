"""Invoices in lists, and what comes of rating one again."""

from datetime import date

from pydantic import BaseModel, Field

from domain.billing.document import DocumentPeriod, InvoiceDocument
from domain.billing.invoices import Kind, Status


class InvoiceSummary(BaseModel):
    id: str = Field(description="Ours, for good; that of a draft lasts until it is final.")
    number: str | None = Field(examples=["2026-000042"], description="Null in a draft.")
    kind: Kind
    status: Status
    period: DocumentPeriod
    issue_date: date | None
    total_minor: int = Field(description="In minor units of the currency.")
    currency: str
    currency_exponent: int = Field(description="Decimals of the minor unit.")
    currency_sign: str

    @classmethod
    def of(cls, document: InvoiceDocument) -> "InvoiceSummary":
        return cls(**{name: getattr(document, name) for name in cls.model_fields})


class InvoicePage(BaseModel):
    items: list[InvoiceSummary]
    next: str | None = Field(description="Cursor of the next page; null on the last one.")
