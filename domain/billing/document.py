"""Invoices as documents: what is printed of a simulated one, and what is handed out of a real one."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Annotated, Any, Self
from zoneinfo import ZoneInfo

from pydantic import AfterValidator, AwareDatetime, ConfigDict, Field, PlainSerializer, model_validator

from domain.billing.invoices import Invoice, Kind, Status
from domain.billing.ledger import InvoiceLine
from domain.billing.money import Currency
from domain.billing.spans import Span
from domain.billing.words import instant_text, number_text
from domain.plans import Model


def _zone(name: str) -> str:
    try:
        ZoneInfo(name)
    except (ValueError, LookupError, OSError) as error:
        raise ValueError(f"'{name}' is no time zone") from error
    return name


Instant = Annotated[AwareDatetime, PlainSerializer(instant_text)]
"""In JSON in UTC with Z."""
ZoneName = Annotated[str, AfterValidator(_zone)]
Quantity = Annotated[str, Field(pattern=r"^-?\d+(\.\d+)?$")]
Text = Annotated[str, Field(min_length=1)]
NO_TITLES: Mapping[str, str] = {}
"""Of meters, which are called by their names then: as in scenarios, which have no titles."""


def _is_empty(value: object) -> bool:
    return not value


class DocumentPart(Model):
    """`from` is a word of Python's, so it is `begin` in code and `from` in JSON."""

    model_config = ConfigDict(validate_by_name=True, validate_by_alias=True, serialize_by_alias=True)


class DocumentPeriod(DocumentPart):
    begin: Annotated[Instant, Field(alias="from")]
    end: Annotated[Instant, Field(alias="to")]

    @classmethod
    def of(cls, span: Span) -> Self:
        return cls(begin=span.begin, end=span.end)


class DocumentLine(DocumentPart):
    key: Text
    description: str
    begin: Annotated[Instant, Field(alias="from")]
    end: Annotated[Instant, Field(alias="to")]
    quantity: Quantity
    amount_minor: int
    corrects: str | None = None
    """Key of a line on an earlier invoice."""

    @classmethod
    def of(cls, entry: InvoiceLine, titles: Mapping[str, str] = NO_TITLES) -> Self:
        line = entry.line
        return cls(
            key=line.key,
            description=entry.said(titles),
            begin=line.span.begin,
            end=line.span.end,
            quantity=number_text(line.quantity),
            amount_minor=line.amount,
            corrects=entry.corrects,
        )


class InvoiceBody(DocumentPart):
    """What rating says: all of it that a simulated invoice has."""

    number: Text | None
    kind: Kind
    period: DocumentPeriod
    status: Status
    lines: tuple[DocumentLine, ...]
    total_minor: int
    currency: Annotated[str, Field(pattern=r"^[A-Z]{3}$")]

    @classmethod
    def of(
        cls, invoice: Invoice, currency: Currency, *, titles: Mapping[str, str] = NO_TITLES, **others: Any
    ) -> Self:
        """With what else the class asks for in `others`; without a number unless one is there."""
        return cls(
            kind=invoice.kind,
            period=DocumentPeriod.of(invoice.period),
            status=invoice.status,
            lines=tuple(DocumentLine.of(line, titles) for line in invoice.lines),
            total_minor=invoice.total,
            currency=currency.code,
            **{"number": None, **others},
        )

    @model_validator(mode="after")
    def _adds_up(self) -> Self:
        if self.total_minor != sum(line.amount_minor for line in self.lines):
            raise ValueError("total_minor is not the sum of the lines")
        return self


class Issuer(DocumentPart):
    name: Text
    address: tuple[str, ...] = ()
    """Line by line, as on an envelope."""
    tax_id: str | None = None


@dataclass(frozen=True)
class Letterhead:
    """What is on every invoice, as it is now: who issues it, and what meters are called."""

    issuer: Issuer
    titles: Mapping[str, str] = field(default_factory=dict)


class BilledCustomer(DocumentPart):
    id: Text
    name: str
    email: str | None = None


class BilledTenant(DocumentPart):
    id: Text
    slug: Text


class InvoiceDocument(InvoiceBody):
    """One invoice as it is handed out. All that a rendering needs is in it, so that it can be made again."""

    id: Text
    """Ours, for good; whoever takes the invoice over knows it again by this."""
    issue_date: date | None
    """In the issuer's zone."""
    issuer: Issuer
    customer: BilledCustomer
    tenant: BilledTenant
    time_zone: ZoneName
    """In which dates are shown."""
    currency_exponent: Annotated[int, Field(ge=0, le=4)]
    """Decimals of the minor unit, without which nobody can read an amount."""
    currency_sign: Text
    meters: Annotated[
        dict[str, str], Field(exclude_if=_is_empty, json_schema_extra={"x-left-out-when-empty": True})
    ] = {}
    """Titles of the meters that its lines charge, as they were when it was made: by them its lines are said
    again. Left out where there are none, as in all documents from before there were titles in them."""

    @classmethod
    def of(
        cls, invoice: Invoice, currency: Currency, *, titles: Mapping[str, str] = NO_TITLES, **others: Any
    ) -> Self:
        named = {entry.line.meter for entry in invoice.lines}
        shown = {
            "currency_exponent": currency.exponent,
            "currency_sign": currency.sign,
            "meters": {meter: title for meter, title in titles.items() if meter in named},
        }
        return super().of(invoice, currency, titles=titles, **shown, **others)

    @property
    def money(self) -> Currency:
        return Currency(self.currency, self.currency_exponent, self.currency_sign)

    @property
    def is_draft(self) -> bool:
        return self.status is Status.DRAFT

    @model_validator(mode="after")
    def _numbered_when_final(self) -> Self:
        if (self.number is None) != self.is_draft or (self.issue_date is None) != self.is_draft:
            raise ValueError("number and issue_date belong to a final invoice, and to no draft")
        return self

    def to_json(self) -> bytes:
        """UTF-8, indented, ending with a newline; the same bytes for the same invoice, always."""
        return (json.dumps(self.model_dump(mode="json"), ensure_ascii=False, indent=2) + "\n").encode()
