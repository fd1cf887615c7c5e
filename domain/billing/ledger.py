"""The ledger: what is booked under each key, and what rating says beyond that."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from fractions import Fraction

from domain.billing.lines import Line
from domain.billing.money import Currency, Exact
from domain.billing.words import minor_text


@dataclass(frozen=True)
class InvoiceLine:
    """A line as it stands on an invoice: a rated one, or the difference to what is booked under its key."""

    line: Line
    corrects: str | None = None
    """Key of the line on an earlier invoice that it corrects."""
    note: str = ""
    """Of a correction: what was owed and what is owed now."""

    def said(self, titles: Mapping[str, str]) -> str:
        """What stands on the invoice; `titles` of meters."""
        told = self.line.said(titles)
        return f"{self.note}: {told}" if self.note else told


Booked = Mapping[str, Line]
"""By key; amount and quantity are those of all bookings under it, everything else is of the last one."""


def book(booked: Booked, lines: Iterable[InvoiceLine]) -> Booked:
    """The ledger with the lines of one more invoice."""
    found = dict(booked)
    for entry in lines:
        line, before = entry.line, found.get(entry.line.key)
        if before:
            line = _changed(line, before.amount + line.amount, before.quantity + line.quantity)
        found[line.key] = line
    return found


def differences(
    rated: Sequence[Line], booked: Booked, currency: Currency, closed_until: datetime | None = None
) -> list[InvoiceLine]:
    """What is rated and not booked, less what is booked and no longer rated; nothing where both agree.

    A line of a closing until `closed_until` comes late, and names what it corrects.
    """
    gone = sorted(booked.keys() - {line.key for line in rated}, key=_by_tier)
    found = [_correction(_nothing(booked[key]), booked[key], currency) for key in gone if booked[key].amount]
    for line in rated:
        before = booked.get(line.key)
        if before is None:
            late = closed_until and line.due and line.due <= closed_until
            beside = _beside(line, booked) if late else None
            found.append(_correction(line, _nothing(line), currency, beside) if beside else InvoiceLine(line))
        elif before.amount != line.amount:
            found.append(_correction(line, before, currency))
    return sorted(found, key=lambda entry: entry.line.place)


def _correction(line: Line, before: Line, currency: Currency, corrects: str | None = None) -> InvoiceLine:
    difference = _changed(line, line.amount - before.amount, line.quantity - before.quantity)
    now, then = (minor_text(one.amount, currency) for one in (line, before))
    return InvoiceLine(difference, corrects or before.key, f"correction, {now} instead of {then}")


def _nothing(line: Line) -> Line:
    return _changed(line, 0, Fraction(0))


def _changed(line: Line, amount: int, quantity: Exact) -> Line:
    return replace(line, amount=amount, quantity=quantity)


def _beside(line: Line, booked: Booked) -> str | None:
    """A tier that was reached only late has no booking of its own; it corrects the last tier with one."""
    same = [key for key, other in booked.items() if other.scope == line.scope]
    return max(same, key=_by_tier, default=None)


def _by_tier(key: str) -> tuple[int, str]:
    """Tier 10 comes after tier 9."""
    return len(key), key
