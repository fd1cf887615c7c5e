"""What a whole period costs whoever stays as they are, before any usage: the fee, and what a minimum adds."""

from dataclasses import dataclass, replace
from datetime import datetime
from fractions import Fraction

from domain.billing.account import Account, Segment
from domain.billing.ledger import InvoiceLine
from domain.billing.prices import PriceVersion
from domain.billing.rating import demands, rate, window
from domain.billing.spans import Span


@dataclass(frozen=True)
class FullPeriod:
    price: PriceVersion
    quantity: int
    suspended: bool
    period: Span
    lines: tuple[InvoiceLine, ...]

    @property
    def total(self) -> int:
        """In minor units."""
        return sum(entry.line.amount for entry in self.lines)


def full_period(account: Account, instant: datetime) -> FullPeriod | None:
    """The period that holds an instant, as if the account had been all along as it is then.

    None where nothing is billed. Rated like any other period; what was agreed by hand for once is left out.
    """
    held = segment_at(account, instant)
    if held is None:
        return None
    always = replace(
        account,
        first_price=held.price,
        segments=(replace(held, begin=account.start, end=None),),
        one_offs=(),
    )
    period = always.calendar(held.price.period).at(instant)
    seen = window(always, period.end, period.begin)
    unused = dict.fromkeys(demands(seen), Fraction(0))
    lines = [line for line in rate(seen, unused) if period.begin <= line.span.begin < period.end]
    return FullPeriod(held.price, held.quantity, held.suspended, period, tuple(map(InvoiceLine, lines)))


def segment_at(account: Account, instant: datetime) -> Segment | None:
    """What holds at an instant; None while nothing is billed."""
    held = (
        segment
        for segment in account.segments
        if segment.begin <= instant and (segment.end is None or instant < segment.end)
    )
    return next(held, None)
