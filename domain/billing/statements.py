"""The invoice to come as a document: so far, and as it is expected."""

from collections.abc import Mapping
from decimal import Decimal
from fractions import Fraction
from typing import Annotated

from pydantic import Field

from domain.billing.document import NO_TITLES, DocumentLine, DocumentPart, DocumentPeriod, Instant, Quantity
from domain.billing.invoices import Invoice
from domain.billing.ledger import Booked
from domain.billing.lines import scope_of
from domain.billing.outlook import Outlook
from domain.billing.prices import Aggregate
from domain.billing.usage import Demand, Quantities, Scope, used
from domain.billing.words import number_text

NOTHING_MORE = "So far: nothing is used from now on; plan, quantities and state stay as they are."
AS_BEFORE = (
    "Expected: usage goes on at its pace since the period began; of what counts once, new ones come at their "
    "pace of late; states, highest and last values hold; plan, quantities and state stay as they are."
)


class StatedMeter(DocumentPart):
    meter: str
    aggregate: Aggregate
    begin: Annotated[Instant, Field(alias="from")]
    end: Annotated[Instant, Field(alias="to")]
    """A meter with two prices within the period is there twice, each with its span."""
    quantity: Quantity
    """In units of the price: of a state its average over the whole period."""
    included: Quantity
    """Units of it that cost nothing."""
    amount_minor: int
    """What its lines come to."""


class Statement(DocumentPart):
    as_of: Instant
    """Usage until then is in it."""
    period: DocumentPeriod
    """At its end the invoice is made."""
    assumes: str
    meters: tuple[StatedMeter, ...]
    lines: tuple[DocumentLine, ...]
    """Of the invoice, the fee of the period that follows included."""
    total_minor: int
    currency: str
    currency_exponent: int
    """Decimals of the minor unit."""
    currency_sign: str


class Prospects(DocumentPart):
    current: Statement
    """If nothing more is used."""
    forecast: Statement
    """If usage goes on as it did."""

    @classmethod
    def of(
        cls,
        seen: Outlook,
        read: Mapping[Demand, Decimal],
        booked: Booked,
        titles: Mapping[str, str] = NO_TITLES,
    ) -> "Prospects":
        """`read`: what `seen` asks for by `readings`; `titles` of meters, for the lines."""
        return cls(
            current=if_nothing_more(seen, read, booked, titles),
            forecast=_statement(seen, seen.expected(read), booked, AS_BEFORE, titles),
        )


def if_nothing_more(
    seen: Outlook, read: Quantities, booked: Booked, titles: Mapping[str, str] = NO_TITLES
) -> Statement:
    """The invoice to come without any guess: with what was used until now."""
    return _statement(seen, seen.so_far(read), booked, NOTHING_MORE, titles)


def _statement(
    seen: Outlook, quantities: Quantities, booked: Booked, assumes: str, titles: Mapping[str, str]
) -> Statement:
    invoice, currency = seen.invoice(quantities, booked), seen.window.account.currency
    return Statement(
        as_of=seen.now,
        period=DocumentPeriod.of(invoice.period),
        assumes=assumes,
        meters=tuple(_meter(scope, quantities, invoice) for scope in seen.scopes),
        lines=tuple(DocumentLine.of(line, titles) for line in invoice.lines),
        total_minor=invoice.total,
        currency=currency.code,
        currency_exponent=currency.exponent,
        currency_sign=currency.sign,
    )


def _meter(scope: Scope, quantities: Quantities, invoice: Invoice) -> StatedMeter:
    meter, span = scope.demand.meter, scope.span
    name = scope_of(meter, span.begin)
    return StatedMeter(
        meter=meter,
        aggregate=scope.demand.aggregate,
        begin=span.begin,
        end=span.end,
        quantity=number_text(used(scope, quantities)),
        included=number_text(Fraction(scope.price.included) * scope.part),
        amount_minor=sum(one.line.amount for one in invoice.lines if one.line.scope == name),
    )
