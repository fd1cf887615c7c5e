"""Credits and charges given by hand: each is due at the first closing that is not before it."""

from collections.abc import Iterator
from datetime import datetime
from fractions import Fraction

from domain.billing.account import Account, OneOff
from domain.billing.closings import Closings
from domain.billing.lines import BY_HAND, CHARGE, CREDIT, Line, key_of
from domain.billing.money import to_minor
from domain.billing.spans import Span
from domain.billing.words import price_text


def one_off_lines(account: Account, closings: Closings, until: datetime) -> Iterator[Line]:
    """Those that are due by now, and those for which no closing will come."""
    for one_off in account.one_offs:
        if one_off.at > until:
            continue
        if not _billed(account, one_off.at):
            yield _line(account, one_off, None)
            continue
        placed = max(one_off.at, account.start)
        due = closings.due(placed) if placed >= closings.begin else None
        if due:
            yield _line(account, one_off, due)


def _line(account: Account, one_off: OneOff, due: datetime | None) -> Line:
    part = CREDIT if one_off.is_credit else CHARGE
    amount = to_minor(one_off.amount, account.currency)
    return Line(
        key=key_of(one_off.id, one_off.at, part),
        span=Span(one_off.at, one_off.at),
        due=due,
        description=f"{part} for {one_off.reason}: {price_text(one_off.amount, account.currency)}",
        quantity=Fraction(1),
        amount=-amount if one_off.is_credit else amount,
        rank=BY_HAND,
    )


def _billed(account: Account, instant: datetime) -> bool:
    """Whether a closing will come: billing has not begun, goes on, or ends at this very instant."""
    return instant <= account.start or any(
        segment.begin <= instant and (segment.end is None or instant <= segment.end)
        for segment in account.segments
    )
