"""Price versions: what a plan costs. Immutable; a new price is a new version.

Amounts are in major units, as decimal text or integers; a float is refused.
"""

import re
from decimal import Decimal
from enum import StrEnum
from itertools import pairwise
from typing import Annotated, Literal

from pydantic import AfterValidator, BeforeValidator, Field
from pydantic_core import PydanticCustomError

from domain.billing.periods import PeriodKind
from domain.plans import Model

DECIMAL = re.compile(r"[+-]?[0-9]{1,24}(\.[0-9]{1,24})?")


def decimal(value: object) -> Decimal:
    """A decimal as it was written. Raises ValueError for floats, exponents and what is no number."""
    if isinstance(value, Decimal) and value.is_finite():
        return value
    if isinstance(value, int) and not isinstance(value, bool):
        value = str(value)
    if isinstance(value, str) and DECIMAL.fullmatch(value):
        return Decimal(value)
    raise ValueError('write a decimal number, such as "12.50", with at most 24 digits on either side')


Number = Annotated[Decimal, BeforeValidator(decimal)]
Amount = Annotated[Number, Field(ge=0)]
Positive = Annotated[Number, Field(gt=0)]
Percent = Annotated[Number, Field(ge=0, le=100)]

NOTHING = Decimal(0)
RESERVED = frozenset({"fee", "minimum"})
"""Components of a plan that are no meters; keys of lines begin with one."""


def _free(name: str) -> str:
    if name in RESERVED:
        raise ValueError("a meter must not be called so: lines of the plan itself are")
    return name


MeterName = Annotated[str, Field(pattern=r"^[A-Za-z][A-Za-z0-9_-]{0,62}$"), AfterValidator(_free)]


class Aggregate(StrEnum):
    SUM = "sum"
    COUNT = "count"
    MAX = "max"
    LAST = "last"
    UNIQUE = "unique"
    WEIGHTED = "weighted"
    """Average over time of a state that holds until it is changed."""


class Charging(StrEnum):
    ADVANCE = "advance"
    ARREARS = "arrears"


class Fee(Model):
    amount: Amount
    """Per period and unit of quantity."""
    charge: Charging


class Tier(Model):
    up_to: Positive | None
    """The last unit in this tier; None has no end."""
    flat: Amount = NOTHING
    """Due once, from the first unit in the tier."""
    unit: Amount = NOTHING


class Metered(Model):
    aggregate: Aggregate
    included: Amount = NOTHING
    """Units of a whole period that cost nothing; they come off before tiers and packages are counted."""


class UnitPrice(Metered):
    model: Literal["unit"] = "unit"
    unit: Amount


class PackagePrice(Metered):
    model: Literal["package"] = "package"
    size: Positive
    price: Amount
    """Of each package that was begun."""


def _ascending(tiers: tuple[Tier, ...]) -> tuple[Tier, ...]:
    if not tiers:
        raise ValueError("must not be empty")
    for place, tier in enumerate(tiers):
        if (tier.up_to is None) != (place == len(tiers) - 1):
            raise _wrong_bound(place, "the last tier, and only that, has up_to: null")
    for place, (low, high) in enumerate(pairwise(tier.up_to for tier in tiers[:-1])):
        if low is not None and high is not None and low >= high:
            raise _wrong_bound(place + 1, "must be above that of the tier before it")
    return tiers


def _wrong_bound(place: int, problem: str) -> PydanticCustomError:
    """`within`: where in the list, for `catalog.wrong_fields`."""
    return PydanticCustomError("tier", "{problem}", {"problem": problem, "within": f"{place}.up_to"})


class Tiered(Metered):
    tiers: Annotated[tuple[Tier, ...], AfterValidator(_ascending)]


class GraduatedPrice(Tiered):
    """Each unit costs what its own tier says."""

    model: Literal["graduated"] = "graduated"


class VolumePrice(Tiered):
    """Every unit costs what the tier of the last unit says."""

    model: Literal["volume"] = "volume"


MeterPrice = Annotated[UnitPrice | PackagePrice | GraduatedPrice | VolumePrice, Field(discriminator="model")]


class PriceTerms(Model):
    """What is charged for a plan, whatever the plan is called."""

    period: PeriodKind
    fee: Fee | None = None
    suspended_factor: Amount = Decimal(1)
    """The fee of a suspended tenant is the fee times this."""
    minimum: Amount = NOTHING
    """What usage and fee of a whole period come to at least."""
    meters: dict[MeterName, MeterPrice] = {}


class PriceVersion(PriceTerms):
    plan: str
    version: Annotated[int, Field(ge=1)] = 1
