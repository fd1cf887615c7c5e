"""Metered usage: which aggregates rating needs, and what they cost."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction

from domain.billing.account import Account
from domain.billing.charges import after_allowance, charges
from domain.billing.closings import Closings
from domain.billing.discounts import discount_text, part_left
from domain.billing.lines import USAGE, Line, key_of
from domain.billing.money import Exact, to_minor
from domain.billing.prices import Aggregate, MeterPrice
from domain.billing.spans import Span, joined, micros
from domain.billing.tallies import Tally
from domain.billing.words import MICROS_A_SECOND, number_text, share_text


@dataclass(frozen=True)
class Demand:
    """One aggregate of one meter's usage over spans that count as one."""

    meter: str
    aggregate: Aggregate
    spans: tuple[Span, ...]


Quantities = Mapping[Demand, Decimal | Exact]
"""Aggregates for demands. A weighted one is the integral: value times seconds, not yet an average."""


@dataclass(frozen=True)
class Scope:
    """One meter at one price in one tally: what allowance and tiers are counted over."""

    price: MeterPrice
    demand: Demand
    period: Span

    @property
    def span(self) -> Span:
        return Span(self.demand.spans[0].begin, self.demand.spans[-1].end)

    @property
    def part(self) -> Exact:
        """Of the period in which this price held."""
        return Fraction(micros(self.demand.spans), self.period.micros)


def scopes(tally: Tally) -> list[Scope]:
    """A price that comes back within the tally goes on counting where it was."""
    spans: dict[tuple[str, MeterPrice], list[Span]] = {}
    for piece in tally.pieces:
        for meter, price in piece.segment.price.meters.items():
            spans.setdefault((meter, price), []).append(piece.span)
    return [
        Scope(price, Demand(meter, price.aggregate, joined(found)), tally.period)
        for (meter, price), found in spans.items()
    ]


def used(scope: Scope, quantities: Quantities) -> Exact:
    """In units of the price: of a weighted aggregate the average over the period."""
    measured = Fraction(quantities[scope.demand])
    if scope.price.aggregate is Aggregate.WEIGHTED:
        return measured * MICROS_A_SECOND / scope.period.micros
    return measured


def usage_lines(account: Account, scope: Scope, quantities: Quantities, closings: Closings) -> Iterator[Line]:
    units = after_allowance(used(scope, quantities), scope.price.included, scope.part)
    left = part_left(account.discounts, scope.demand.spans)
    said = _included(scope) + discount_text(account.discounts, scope.demand.spans)
    for charge in charges(scope.price, units, account.currency):
        yield Line(
            key=key_of(scope.demand.meter, scope.span.begin, charge.part),
            span=scope.span,
            due=closings.due(scope.span.end),
            description=f"{scope.demand.meter}: {charge.arithmetic}{said}",
            quantity=charge.quantity,
            amount=to_minor(charge.amount * left, account.currency),
            rank=USAGE,
        )


def _included(scope: Scope) -> str:
    if not scope.price.included:
        return ""
    part = share_text(scope.demand.spans, scope.period)
    return f" after {part + ' × ' if part else ''}{number_text(scope.price.included)} included"
