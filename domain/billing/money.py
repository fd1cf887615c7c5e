"""Money: integer minor units and a currency. Inside a computation exact ratios, rounded once per line."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction

Exact = Fraction
"""Amounts and quantities on their way: a Decimal cannot hold one third, and 3 × 0.333… is not 1."""


@dataclass(frozen=True)
class Currency:
    code: str
    """ISO 4217, as `EUR`."""
    exponent: int
    """Decimals of the minor unit: 2 for EUR, 0 for JPY, 3 for KWD."""
    sign: str
    """What people write before an amount; the code where there is no sign."""

    @property
    def minor_per_major(self) -> int:
        return int(10**self.exponent)


def round_half_away(amount: Exact | Decimal) -> int:
    """The nearest whole number; a half goes away from zero: 5000.5 → 5001, -5000.5 → -5001."""
    exact = Fraction(amount)
    twice = 2 * abs(exact.numerator) + exact.denominator
    rounded = twice // (2 * exact.denominator)
    return rounded if exact >= 0 else -rounded


def to_minor(amount: Exact | Decimal, currency: Currency) -> int:
    """Minor units of an amount in major units, rounded half away from zero."""
    return round_half_away(Fraction(amount) * currency.minor_per_major)


def split(total: int, weights: Sequence[int]) -> list[int]:
    """Parts of a whole in the ratio of the weights, by largest remainder; of equals the first gets more.

    The parts add up to `total`, each is less than one unit off its share, and a weight of 0 gets nothing.
    Raises ValueError if there is something to split and no weight above 0.
    """
    if any(weight < 0 for weight in weights):
        raise ValueError("weights must not be negative")
    whole = sum(weights)
    if whole == 0:
        if total:
            raise ValueError("nothing to split by: every weight is 0")
        return [0 for _ in weights]
    shares = [divmod(abs(total) * weight, whole) for weight in weights]
    parts = [part for part, _ in shares]
    by_remainder = sorted(range(len(shares)), key=lambda index: -shares[index][1])
    for index in by_remainder[: abs(total) - sum(parts)]:
        parts[index] += 1
    return [part if total >= 0 else -part for part in parts]
