"""Pricing models: a table for each, in major units."""

from decimal import Decimal
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter, ValidationError

from catalog.currencies import currency_of
from domain.billing.charges import after_allowance, charges
from domain.billing.prices import MeterPrice, PriceVersion

EUR = currency_of("EUR")
METER: TypeAdapter[MeterPrice] = TypeAdapter(MeterPrice)

UNIT = {"model": "unit", "unit": "0.023"}
PACKAGE = {"model": "package", "size": 10, "price": 100}
VOLUME = {"model": "volume", "tiers": [{"up_to": 15, "unit": 10}, {"up_to": None, "unit": 5}]}
GRADUATED = {
    "model": "graduated",
    "tiers": [
        {"up_to": 5, "flat": 100},
        {"up_to": 10, "flat": 50},
        {"up_to": 15, "unit": 5},
        {"up_to": None, "unit": 1},
    ],
}
BOTH = {
    "model": "graduated",
    "tiers": [{"up_to": 10, "flat": 20, "unit": 2}, {"up_to": None, "flat": 7, "unit": 1}],
}
VOLUME_WITH_FLAT = {
    "model": "volume",
    "tiers": [{"up_to": 10, "flat": 20, "unit": 2}, {"up_to": None, "flat": 7, "unit": 1}],
}


def price(fields: dict[str, Any]) -> MeterPrice:
    return METER.validate_python({"aggregate": "sum", **fields})


def parts(fields: dict[str, Any], quantity: str) -> dict[str, Fraction]:
    return {charge.part: charge.amount for charge in charges(price(fields), Fraction(quantity), EUR)}


@pytest.mark.parametrize(
    ("fields", "quantity", "expected"),
    [
        (UNIT, "0", {}),
        (UNIT, "1", {"charge": "0.023"}),
        (UNIT, "1000.5", {"charge": "23.0115"}),
        (UNIT, "-3", {}),
        (PACKAGE, "0", {}),
        (PACKAGE, "0.1", {"1": "100"}),
        (PACKAGE, "10", {"1": "100"}),
        (PACKAGE, "10.001", {"1": "200"}),
        (PACKAGE, "121", {"1": "1300"}),
        (PACKAGE, "111", {"1": "1200"}),
        (VOLUME, "0", {}),
        (VOLUME, "1", {"1": "10"}),
        (VOLUME, "15", {"1": "150"}),
        (VOLUME, "15.5", {"2": "77.5"}),
        (VOLUME, "16", {"2": "80"}),
        (VOLUME_WITH_FLAT, "10", {"1": "40"}),
        (VOLUME_WITH_FLAT, "11", {"2": "18"}),
        (GRADUATED, "0", {}),
        (GRADUATED, "1", {"1": "100"}),
        (GRADUATED, "5", {"1": "100"}),
        (GRADUATED, "5.01", {"1": "100", "2": "50"}),
        (GRADUATED, "12", {"1": "100", "2": "50", "3": "10"}),
        (GRADUATED, "22", {"1": "100", "2": "50", "3": "25", "4": "7"}),
        (BOTH, "10", {"1": "40"}),
        (BOTH, "12", {"1": "40", "2": "9"}),
    ],
)
def test_models(fields: dict[str, Any], quantity: str, expected: dict[str, str]) -> None:
    """What a quantity costs, tier by tier; nothing and less than nothing cost nothing."""
    assert parts(fields, quantity) == {part: Fraction(amount) for part, amount in expected.items()}


def test_case_12_graduated() -> None:
    """22 units: 100 + 50 + 25 + 7 = 182; 12 of them are 160."""
    assert sum(parts(GRADUATED, "22").values()) == 182
    assert sum(parts(GRADUATED, "12").values()) == 160


def test_case_13_packages() -> None:
    """121 units in packages of 10 at 100 are 1300; with 10 free they are 1200."""
    assert sum(parts(PACKAGE, "121").values()) == 1300
    free = after_allowance(Fraction(121), Decimal(10), Fraction(1))
    assert sum(charge.amount for charge in charges(price(PACKAGE), free, EUR)) == 1200


@pytest.mark.parametrize(
    ("used", "included", "part", "left"),
    [
        ("25", "10", "1", "15"),
        ("25", "10", "1/2", "20"),
        ("3", "10", "1", "0"),
        ("-5", "10", "1", "0"),
        ("5", "0", "1", "5"),
    ],
)
def test_an_allowance_is_of_a_whole_period(used: str, included: str, part: str, left: str) -> None:
    """A price that held for half of the period gives half of the allowance; usage never pays back."""
    assert after_allowance(Fraction(used), Decimal(included), Fraction(part)) == Fraction(left)


@given(st.sampled_from([UNIT, PACKAGE, GRADUATED, BOTH]), st.fractions(0, 10**6), st.fractions(0, 10**6))
def test_more_units_never_cost_less(fields: dict[str, Any], one: Fraction, other: Fraction) -> None:
    """But for volume prices, where that is the point."""
    few, many = (sum(parts(fields, str(quantity)).values()) for quantity in sorted([one, other]))
    assert few <= many


@given(st.fractions(0, 10**6))
def test_graduated_units_add_up(quantity: Fraction) -> None:
    """Each unit lies in one tier."""
    found = charges(price(GRADUATED), quantity, EUR)
    assert sum(charge.quantity for charge in found) == quantity


def test_each_line_says_how_it_came_about() -> None:
    """The arithmetic behind a charge is written so that it can be done again by hand."""
    found = [charge.arithmetic for charge in charges(price(BOTH), Fraction(12), EUR)]
    assert found == ["tier 1: €20.00 flat + 10 × €2.00", "tier 2: €7.00 flat + 2 × €1.00"]
    assert charges(price(PACKAGE), Fraction(121), EUR)[0].arithmetic == "13 packages of 10 × €100.00"
    assert charges(price(UNIT), Fraction("2.5"), EUR)[0].arithmetic == "2.5 × €0.023"


@pytest.mark.parametrize(
    "fields",
    [
        {"model": "volume", "tiers": []},
        {"model": "volume", "tiers": [{"up_to": 5, "unit": 1}]},
        {"model": "volume", "tiers": [{"up_to": None}, {"up_to": None}]},
        {"model": "graduated", "tiers": [{"up_to": 5}, {"up_to": 5}, {"up_to": None}]},
        {"model": "graduated", "tiers": [{"up_to": 0}, {"up_to": None}]},
        {"model": "package", "size": 0, "price": 1},
        {"model": "unit", "unit": 0.1},
        {"model": "unit", "unit": "-1"},
        {"model": "unit", "unit": "1e3"},
        {"model": "unit", "unit": "NaN"},
        {"model": "unit", "unit": True},
        {"model": "unit", "unit": 1, "tiers": []},
        {"model": "stairs", "unit": 1},
    ],
)
def test_prices_that_mean_nothing_are_refused(fields: dict[str, Any]) -> None:
    """Gaps, floats and negative prices are found when a price is written down, not when it is charged."""
    with pytest.raises(ValidationError):
        price(fields)


def test_price_versions_cannot_be_changed() -> None:
    """An issued invoice's prices stay what they were."""
    version = PriceVersion(plan="team", period="monthly", meters={"calls": price(UNIT)})
    with pytest.raises(ValidationError):
        version.minimum = Decimal(1)  # type: ignore[misc]
    assert PriceVersion.model_validate_json(version.model_dump_json()) == version
