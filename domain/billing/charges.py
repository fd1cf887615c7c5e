"""Pricing models: what a quantity costs, tier by tier."""

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from math import ceil

from domain.billing.money import Currency, Exact
from domain.billing.prices import GraduatedPrice, MeterPrice, PackagePrice, Tier, UnitPrice
from domain.billing.words import number_text, price_text


@dataclass(frozen=True)
class Charge:
    """A line's worth, before discounts and rounding."""

    part: str
    """Number of the tier, from 1; `charge` where the model has none."""
    quantity: Exact
    amount: Exact
    """In major units."""
    arithmetic: str


def charges(price: MeterPrice, quantity: Exact, currency: Currency) -> list[Charge]:
    """What units beyond the allowance cost; nothing for none."""
    if quantity <= 0:
        return []
    if isinstance(price, UnitPrice):
        text = f"{number_text(quantity)} × {price_text(price.unit, currency)}"
        return [Charge("charge", quantity, quantity * Fraction(price.unit), text)]
    if isinstance(price, PackagePrice):
        return [_packages(price, quantity, currency)]
    if isinstance(price, GraduatedPrice):
        return list(_graduated(price.tiers, quantity, currency))
    number, tier = next(
        (number, tier)
        for number, tier in enumerate(price.tiers, 1)
        if tier.up_to is None or quantity <= Fraction(tier.up_to)
    )
    return [_tier(number, tier, quantity, currency)]


def _packages(price: PackagePrice, quantity: Exact, currency: Currency) -> Charge:
    begun = Fraction(ceil(quantity / Fraction(price.size)))
    plural = "" if begun == 1 else "s"
    size, each = number_text(price.size), price_text(price.price, currency)
    text = f"{begun} package{plural} of {size} × {each}"
    return Charge("1", begun, begun * Fraction(price.price), text)


def _graduated(tiers: tuple[Tier, ...], quantity: Exact, currency: Currency) -> Iterator[Charge]:
    below = Fraction(0)
    for number, tier in enumerate(tiers, 1):
        top = quantity if tier.up_to is None else min(quantity, Fraction(tier.up_to))
        if top > below:
            yield _tier(number, tier, top - below, currency)
        below = top


def _tier(number: int, tier: Tier, units: Exact, currency: Currency) -> Charge:
    amount = Fraction(tier.flat) + units * Fraction(tier.unit)
    terms = []
    if tier.flat:
        terms.append(f"{price_text(tier.flat, currency)} flat")
    if tier.unit or not tier.flat:
        terms.append(f"{number_text(units)} × {price_text(tier.unit, currency)}")
    return Charge(str(number), units, amount, f"tier {number}: {' + '.join(terms)}")


def after_allowance(used: Exact, included: Decimal, part: Exact) -> Exact:
    """Units to pay: what was used beyond that part of the allowance; never below 0."""
    return max(Fraction(0), used - Fraction(included) * part)
