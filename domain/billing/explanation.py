"""The explanation of a line as a document: everything that its amount follows from."""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from fractions import Fraction
from typing import Annotated, Any

from pydantic import Field

from domain.billing.account import Account, State
from domain.billing.discounts import holding
from domain.billing.document import DocumentLine, DocumentPart, DocumentPeriod, Instant
from domain.billing.explain import Origin, component_of
from domain.billing.lines import Line
from domain.billing.minimums import COMPONENT as MINIMUM
from domain.billing.prices import Aggregate, PriceVersion
from domain.billing.usage import Demand, used
from domain.billing.words import number_text

Json = dict[str, Any]


class ExplainedSegment(DocumentPart):
    begin: Annotated[Instant, Field(alias="from")]
    end: Annotated[Instant, Field(alias="to")]
    plan: str
    version: int
    """Of the plan's price."""
    quantity: int
    state: State


class Measured(DocumentPart):
    meter: str
    aggregate: Aggregate
    spans: tuple[DocumentPeriod, ...]
    """Over which it was counted as one."""
    value: str
    """As measured; of a weighted aggregate value times seconds."""
    units: str
    """What is priced: the value, or of a weighted aggregate its average over the period."""
    included: str
    """Units of it that cost nothing, by the part of the period."""
    cut_off: int
    """Usage that was stored after it is not in the value."""


class ExplainedTerms(DocumentPart):
    plan: str
    version: int
    terms: Json
    """What of the price version concerns the line."""


class ExplainedDiscount(DocumentPart):
    begin: Annotated[Instant, Field(alias="from")]
    end: Annotated[Instant | None, Field(alias="to")]
    percent: str


class Booking(DocumentPart):
    invoice: str
    key: str
    quantity: str
    amount_minor: int
    description: str


class Explanation(DocumentPart):
    invoice: str
    currency: str
    currency_exponent: int
    currency_sign: str
    line: DocumentLine
    formula: str
    """What is owed under the key, as it was rated for this invoice; empty if nothing was owed any more."""
    before_minor: int
    """Booked under the key by earlier invoices."""
    owed_minor: int
    """Rated for this invoice; the line is the difference."""
    period: DocumentPeriod | None
    segments: tuple[ExplainedSegment, ...]
    measured: Measured | None
    terms: tuple[ExplainedTerms, ...]
    discounts: tuple[ExplainedDiscount, ...] = ()
    """All that hold at some time of what the line charges."""
    booked: tuple[Booking, ...]
    """All that any invoice has under the key, and under that which the line corrects; oldest first."""


def segments_of(origin: Origin) -> tuple[ExplainedSegment, ...]:
    return tuple(
        ExplainedSegment(
            begin=piece.span.begin,
            end=piece.span.end,
            plan=piece.segment.price.plan,
            version=piece.segment.price.version,
            quantity=piece.segment.quantity,
            state=State.SUSPENDED if piece.segment.suspended else State.ACTIVE,
        )
        for piece in origin.pieces
    )


def measured_of(origin: Origin, quantities: Mapping[Demand, Decimal], cut_off: int) -> Measured | None:
    scope = origin.scope
    if scope is None:
        return None
    return Measured(
        meter=scope.demand.meter,
        aggregate=scope.demand.aggregate,
        spans=tuple(map(DocumentPeriod.of, scope.demand.spans)),
        value=number_text(quantities[scope.demand]),
        units=number_text(used(scope, quantities)),
        included=number_text(Fraction(scope.price.included) * scope.part),
        cut_off=cut_off,
    )


def discounts_of(account: Account, origin: Origin, line: Line) -> tuple[ExplainedDiscount, ...]:
    if component_of(line.key) == MINIMUM:
        return ()
    spans = origin.scope.demand.spans if origin.scope else (line.span,)
    return tuple(
        ExplainedDiscount(begin=one.begin, end=one.end, percent=number_text(one.percent))
        for one in holding(account.discounts, spans)
    )


def terms_of(origin: Origin, key: str) -> tuple[ExplainedTerms, ...]:
    versions: dict[tuple[str, int], PriceVersion] = {}
    for piece in origin.pieces:
        versions.setdefault((piece.segment.price.plan, piece.segment.price.version), piece.segment.price)
    return tuple(
        ExplainedTerms(plan=plan, version=version, terms=_concerning(price, component_of(key)))
        for (plan, version), price in versions.items()
    )


def _concerning(price: PriceVersion, component: str) -> Json:
    told: Json = price.model_dump(mode="json")
    common = {"period": told["period"]}
    if component in price.meters:
        return common | price.meters[component].model_dump(mode="json")
    names: Sequence[str] = {"fee": ("fee", "suspended_factor")}.get(component, (component,))
    return common | {name: told[name] for name in names if name in told}
