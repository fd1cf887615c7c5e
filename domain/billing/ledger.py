"""The ledger: what is booked under each key, and what rating says beyond that."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from domain.billing.lines import Line
from domain.billing.money import Exact


@dataclass(frozen=True)
class InvoiceLine:
    """A line as it stands on an invoice: a rated one, or the difference to what is booked under its key."""

    line: Line
    corrects: str | None = None
    """Key of the line on an earlier invoice that it corrects."""


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
    rated: Sequence[Line], booked: Booked, closed_until: datetime | None = None
) -> list[InvoiceLine]:
    """What is rated and not booked, less what is booked and no longer rated; nothing where both agree.

    A line of a closing until `closed_until` comes late, and names what it corrects.
    """
    return sorted(_differences(rated, booked, closed_until), key=lambda entry: entry.line.place)


def _differences(
    rated: Sequence[Line], booked: Booked, closed_until: datetime | None
) -> Iterator[InvoiceLine]:
    for key in sorted(booked.keys() - {line.key for line in rated}, key=_by_tier):
        if booked[key].amount:
            yield _correction(booked[key], -booked[key].amount, -booked[key].quantity, key)
    for line in rated:
        before = booked.get(line.key)
        if before is None:
            late = closed_until and line.due and line.due <= closed_until
            beside = _beside(line, booked) if late else None
            yield _correction(line, line.amount, line.quantity, beside) if beside else InvoiceLine(line)
        elif before.amount != line.amount:
            amount, quantity = line.amount - before.amount, line.quantity - before.quantity
            yield _correction(line, amount, quantity, line.key)


def _correction(line: Line, amount: int, quantity: Exact, corrects: str) -> InvoiceLine:
    said = replace(line, description=f"correction of {line.description.removeprefix('correction of ')}")
    return InvoiceLine(_changed(said, amount, quantity), corrects)


def _changed(line: Line, amount: int, quantity: Exact) -> Line:
    return replace(line, amount=amount, quantity=quantity)


def _beside(line: Line, booked: Booked) -> str | None:
    """A tier that was reached only late has no booking of its own; it corrects the last tier with one."""
    same = [key for key, other in booked.items() if other.scope == line.scope]
    return max(same, key=_by_tier, default=None)


def _by_tier(key: str) -> tuple[int, str]:
    """Tier 10 comes after tier 9."""
    return len(key), key
