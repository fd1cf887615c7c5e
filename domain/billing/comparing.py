"""What a change would make of a tenant's price: for a whole period, and on the next invoice.

Both sides are rated by the code of the closing; here their lines are only set side by side.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Self

from domain.billing.account import Account
from domain.billing.document import NO_TITLES, DocumentLine, DocumentPart, DocumentPeriod, Instant
from domain.billing.full_period import FullPeriod, full_period
from domain.billing.ledger import Booked
from domain.billing.outlook import Outlook
from domain.billing.periods import PeriodKind
from domain.billing.statements import Statement, if_nothing_more
from domain.billing.usage import Quantities


class PeriodPrice(DocumentPart):
    """Of a whole period at these terms, before any usage."""

    plan: str
    version: int
    """Of the plan's price."""
    every: PeriodKind
    quantity: int
    """How many the fee is paid for."""
    suspended: bool
    period: DocumentPeriod
    """The one that holds the instant of the change."""
    lines: tuple[DocumentLine, ...]
    total_minor: int

    @classmethod
    def of(cls, found: FullPeriod) -> Self:
        return cls(
            plan=found.price.plan,
            version=found.price.version,
            every=found.price.period,
            quantity=found.quantity,
            suspended=found.suspended,
            period=DocumentPeriod.of(found.period),
            lines=tuple(map(DocumentLine.of, found.lines)),
            total_minor=found.total,
        )


class ChangedLine(DocumentPart):
    key: str
    description: str
    """As it is with the change, if that has the line."""
    now_minor: int
    """0 where it is not on the invoice."""
    then_minor: int


@dataclass(frozen=True)
class Side:
    """An account before or after the change, and what is read and booked of it."""

    account: Account
    seen: Outlook | None
    quantities: Quantities
    booked: Booked

    def statement(self, titles: Mapping[str, str]) -> Statement | None:
        if self.seen is None:
            return None
        return if_nothing_more(self.seen, self.quantities, self.booked, titles)


class PriceChange(DocumentPart):
    """None stands for: nothing is billed."""

    effective: Instant
    """As if the change had taken effect then."""
    currency: str
    currency_exponent: int
    """Decimals of the minor unit."""
    currency_sign: str
    period_now: PeriodPrice | None
    period_then: PeriodPrice | None
    next_invoice_now: Statement | None
    """If nothing changes; `assumes` says what of usage."""
    next_invoice_then: Statement | None
    """If it changes; a tenant that leaves has its last."""
    lines: tuple[ChangedLine, ...]
    """Of the next invoice, those that the change makes others: they add up to the difference."""
    proration_minor: int
    """What the present period comes to more with the change than without; below 0 it is credited."""
    difference_minor: int
    """The same of the whole next invoice, which may charge the period that follows, too."""

    @classmethod
    def of(
        cls, before: Side, after: Side, effective: datetime, titles: Mapping[str, str] = NO_TITLES
    ) -> Self:
        now, then = before.statement(titles), after.statement(titles)
        whole = [full_period(side.account, effective) for side in (before, after)]
        ends = [found.period.end for found in whole if found]
        money = before.account.currency
        return cls(
            effective=effective,
            currency=money.code,
            currency_exponent=money.exponent,
            currency_sign=money.sign,
            period_now=PeriodPrice.of(whole[0]) if whole[0] else None,
            period_then=PeriodPrice.of(whole[1]) if whole[1] else None,
            next_invoice_now=now,
            next_invoice_then=then,
            lines=tuple(_changed(_lines(now), _lines(then))),
            proration_minor=_until(then, ends) - _until(now, ends),
            difference_minor=_total(_lines(then)) - _total(_lines(now)),
        )


def _lines(statement: Statement | None) -> tuple[DocumentLine, ...]:
    return statement.lines if statement else ()


def _total(lines: Iterable[DocumentLine]) -> int:
    return sum(line.amount_minor for line in lines)


def _until(statement: Statement | None, ends: list[datetime]) -> int:
    """What is on it for the present period; what begins with the next one is not."""
    return _total(line for line in _lines(statement) if not ends or line.begin < ends[0])


def _changed(now: Iterable[DocumentLine], then: Iterable[DocumentLine]) -> Iterator[ChangedLine]:
    without, with_it = ({line.key: line for line in lines} for lines in (now, then))
    for key, line in sorted((without | with_it).items(), key=lambda one: one[1].begin):
        amounts = [side[key].amount_minor if key in side else 0 for side in (without, with_it)]
        if amounts[0] != amounts[1]:
            yield ChangedLine(
                key=key, description=line.description, now_minor=amounts[0], then_minor=amounts[1]
            )
