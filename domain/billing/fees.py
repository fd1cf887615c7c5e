"""Flat fees.

In advance, a change credits the unused rest at the old rate and charges the rest at the new; in arrears, each
span is charged at its own rate.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from fractions import Fraction

from domain.billing.account import Account, Segment
from domain.billing.closings import Closings
from domain.billing.discounts import discount_text, part_left
from domain.billing.lines import CHARGE, CREDIT, FEE_CHARGES, FEE_CREDITS, Line, key_of
from domain.billing.money import Exact, to_minor
from domain.billing.prices import Charging, Fee
from domain.billing.spans import Span
from domain.billing.terms import Share
from domain.billing.words import number_text, price_text, share_text

COMPONENT = "fee"
IN_FULL = Decimal(1)


@dataclass(frozen=True)
class Rate:
    fee: Fee
    quantity: int
    factor: Decimal
    """1, or the plan's factor while suspended."""

    @property
    def per_period(self) -> Exact:
        return Fraction(self.fee.amount) * self.quantity * Fraction(self.factor)


@dataclass(frozen=True)
class Run:
    """A span within a period over which the fee's rate stands still."""

    rate: Rate
    plan: str
    span: Span
    period: Span


def runs(share: Share) -> list[Run]:
    """A change that leaves the rate as it is ends no run: the fee continues."""
    found: list[Run] = []
    for piece in share.pieces:
        rate = _rate(piece.segment)
        if found and found[-1].rate == rate:
            found[-1] = replace(found[-1], span=Span(found[-1].span.begin, piece.span.end))
        else:
            found.append(Run(rate, piece.segment.price.plan, piece.span, share.period))
    return found


def fee_lines(account: Account, share: Share, closings: Closings) -> Iterator[Line]:
    for run in runs(share):
        if run.rate.fee.charge is Charging.ARREARS:
            yield _charge(account, run, run.span, closings)
            continue
        charge = _charge(account, run, Span(run.span.begin, run.period.end), closings)
        yield charge
        if run.span.end < run.period.end:
            yield _credit(account, run, charge, closings)


def _charge(account: Account, run: Run, span: Span, closings: Closings) -> Line:
    in_advance = run.rate.fee.charge is Charging.ADVANCE
    return Line(
        key=key_of(COMPONENT, span.begin, CHARGE),
        span=span,
        due=closings.due(span.begin if in_advance else span.end),
        description=f"{run.plan} fee: {_arithmetic(account, run, span)}",
        quantity=Fraction(run.rate.quantity),
        amount=_amount(account, run, span),
        rank=FEE_CHARGES,
    )


def _credit(account: Account, run: Run, charge: Line, closings: Closings) -> Line:
    """The unused rest, never more than was charged."""
    span = Span(run.span.end, run.period.end)
    return Line(
        key=key_of(COMPONENT, span.begin, CREDIT),
        span=span,
        due=closings.due(span.begin),
        description=f"{run.plan} fee, unused: {_arithmetic(account, run, span)}",
        quantity=Fraction(run.rate.quantity),
        amount=-min(_amount(account, run, span), charge.amount),
        rank=FEE_CREDITS,
    )


def _amount(account: Account, run: Run, span: Span) -> int:
    left = part_left(account.discounts, [span])
    return to_minor(
        run.rate.per_period * left * Fraction(span.micros, run.period.micros),
        account.currency,
    )


def _arithmetic(account: Account, run: Run, span: Span) -> str:
    parts: Sequence[str | None] = (
        share_text((span,), run.period),
        str(run.rate.quantity) if run.rate.quantity != 1 else None,
        price_text(run.rate.fee.amount, account.currency),
        f"{number_text(run.rate.factor)} while suspended" if run.rate.factor != IN_FULL else None,
    )
    return " × ".join(part for part in parts if part) + discount_text(account.discounts, [span])


def _rate(segment: Segment) -> Rate:
    factor = segment.price.suspended_factor if segment.suspended else IN_FULL
    fee = segment.price.fee or Fee(amount=Decimal(0), charge=Charging.ARREARS)
    return Rate(fee, segment.quantity, factor)
