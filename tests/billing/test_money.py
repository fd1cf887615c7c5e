"""Money: rounding, splitting, and what is written on invoices."""

from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from catalog.currencies import UnknownCurrency, currency_of
from domain.billing.money import Currency, round_half_away, split, to_minor
from domain.billing.words import minor_text, number_text, price_text

EUR = currency_of("EUR")
ratios = st.fractions(max_denominator=10**9)


@pytest.mark.parametrize(
    ("amount", "rounded"),
    [
        ("5000.5", 5001),
        ("-5000.5", -5001),
        ("0.5", 1),
        ("-0.5", -1),
        ("0.49", 0),
        ("-0.49", 0),
        ("1.5", 2),
        ("2.5", 3),
    ],
)
def test_case_15_a_half_goes_away_from_zero(amount: str, rounded: int) -> None:
    """5000.5 → 5001 and -5000.5 → -5001; never to even."""
    assert round_half_away(Decimal(amount)) == rounded


def test_case_14_a_line_is_rounded_once() -> None:
    """One line of 3 × 10.333333 is 31.00, three lines are 30.99; 100 × 0.011 on one line is 1.10."""
    price = Decimal("10.333333")
    assert to_minor(3 * price, EUR) == 3100
    assert sum(to_minor(price, EUR) for _ in range(3)) == 3099
    assert to_minor(100 * Decimal("0.011"), EUR) == 110


def test_a_third_is_a_third() -> None:
    """A half cent that comes out of thirds is a half cent: 1/3 × 0.015 rounds up."""
    assert to_minor(Fraction(1, 3) * Fraction("0.015"), EUR) == 1


@given(ratios)
def test_rounding_is_symmetric(amount: Fraction) -> None:
    """What is credited rounds as what was charged."""
    assert round_half_away(-amount) == -round_half_away(amount)


@given(ratios)
def test_rounding_is_never_more_than_half_a_unit_off(amount: Fraction) -> None:
    """The result is a nearest whole number, and of two equally near ones the one away from zero."""
    rounded = round_half_away(amount)
    assert abs(rounded - amount) <= Fraction(1, 2)
    if abs(rounded - amount) == Fraction(1, 2):
        assert abs(rounded) > abs(amount)


@given(ratios, ratios)
def test_rounding_keeps_the_order(one: Fraction, other: Fraction) -> None:
    """A part never rounds to more than the whole: no credit of a rest exceeds its charge."""
    low, high = sorted([one, other])
    assert round_half_away(low) <= round_half_away(high)


@given(st.integers(-(10**12), 10**12), st.lists(st.integers(0, 10**6), min_size=1, max_size=20))
def test_a_split_adds_up(total: int, weights: list[int]) -> None:
    """Parts add up to the whole, and each is less than one unit off its share."""
    if not any(weights):
        weights = [*weights, 1]
    parts = split(total, weights)
    assert sum(parts) == total
    for part, weight in zip(parts, weights, strict=True):
        assert abs(part - Fraction(total * weight, sum(weights))) < 1


@pytest.mark.parametrize(
    ("total", "weights", "parts"),
    [
        (100, [1, 1, 1], [34, 33, 33]),
        (-100, [1, 1, 1], [-34, -33, -33]),
        (10, [1, 2, 0], [3, 7, 0]),
        (1, [1, 1], [1, 0]),
        (0, [0, 0], [0, 0]),
    ],
)
def test_splits_by_largest_remainder(total: int, weights: list[int], parts: list[int]) -> None:
    """What is left over goes to the largest remainders, of equals to the first."""
    assert split(total, weights) == parts


@pytest.mark.parametrize("weights", [[0, 0], [], [1, -1]])
def test_what_cannot_be_split_is_refused(weights: list[int]) -> None:
    """Money does not vanish for want of weights."""
    with pytest.raises(ValueError, match="weight"):
        split(1, weights)


@pytest.mark.parametrize(
    ("code", "exponent", "shown"),
    [
        ("EUR", 2, "€12.34"),
        ("JPY", 0, "¥1,234"),
        ("KWD", 3, "KWD 1.234"),
        ("USD", 2, "$12.34"),
        ("RSD", 2, "RSD 12.34"),
    ],
)
def test_currencies_have_the_decimals_of_iso_4217(code: str, exponent: int, shown: str) -> None:
    """Minor units are those of payments: the dinar has 100 para, however it is shown in shops."""
    currency = currency_of(code)
    assert currency.exponent == exponent
    assert minor_text(1234, currency) == shown


@pytest.mark.parametrize("code", ["XXX", "XAU", "eur", "EURO", ""])
def test_what_cannot_be_charged_in_is_no_currency(code: str) -> None:
    """Gold and test codes have no minor unit; codes are capitals."""
    with pytest.raises(UnknownCurrency):
        currency_of(code)


@pytest.mark.parametrize(
    ("number", "text"),
    [
        (Fraction(1, 3), "0.333333333333"),
        (Fraction(-2, 3), "-0.666666666667"),
        (1200, "1200"),
        (Decimal("0.50"), "0.5"),
    ],
)
def test_numbers_are_as_short_as_they_go(number: Fraction, text: str) -> None:
    """No exponents, no trailing zeros, twelve decimals at most."""
    assert number_text(number) == text


def test_prices_keep_their_decimals() -> None:
    """A price below a cent is shown as it was agreed."""
    assert price_text(Decimal("0.023"), EUR) == "€0.023"
    assert price_text(Decimal(-100000), EUR) == "-€100,000.00"
    assert price_text(Decimal(5), Currency("XTS", 0, "T")) == "T 5"
