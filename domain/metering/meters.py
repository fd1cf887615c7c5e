"""Meters: what of the events that a tenant's instance sends is counted, and how. The model of meters.yaml."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Annotated, Any

from pydantic import AfterValidator, BeforeValidator, Field, model_validator

from domain.billing.prices import Aggregate, MeterName
from domain.plans import Model

MOST_GROUP_FIELDS = 4
VALUED = frozenset({Aggregate.SUM, Aggregate.MAX, Aggregate.LAST, Aggregate.WEIGHTED})
"""Aggregates over a number that each event carries; others need to know that it happened, or to whom."""
STATES = frozenset({Aggregate.LAST, Aggregate.WEIGHTED})
"""Aggregates of a state that an event sets. Each group has a state of its own; the meter is their sum."""

FIELD = re.compile(r"[A-Za-z_][A-Za-z0-9_-]{0,62}(\.[A-Za-z_][A-Za-z0-9_-]{0,62}){0,7}")


def _field(value: object) -> str:
    if isinstance(value, str) and FIELD.fullmatch(value):
        return value
    raise ValueError("write a field of an event's data, such as user or request.region")


def _accepted(value: object) -> tuple[str, ...]:
    """One value or a list of them, as text: data is compared by what it reads."""
    values = value if isinstance(value, list | tuple) else [value]
    if not values:
        raise ValueError("name one value at least")
    return tuple(_text(one) for one in values)


def _text(value: object) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | str):
        return str(value)
    raise ValueError("write text, a whole number, true or false; put anything else in quotes")


def _distinct(fields: tuple[str, ...]) -> tuple[str, ...]:
    if len(set(fields)) < len(fields):
        raise ValueError("a field is named twice")
    return fields


DataField = Annotated[str, BeforeValidator(_field)]
"""Path of a field in an event's data, its parts joined by dots."""
Accepted = Annotated[tuple[str, ...], BeforeValidator(_accepted)]


class Meter(Model):
    """One entry of meters.yaml."""

    name: MeterName
    title: Annotated[str, Field(min_length=1, max_length=200)]
    event: Annotated[str, Field(min_length=1, max_length=255)]
    """Type of the CloudEvents that it looks at."""
    aggregate: Aggregate
    """As a price that charges for it must say, too."""
    value: DataField | None = None
    """Where the number stands that is summed, compared or held."""
    key: DataField | None = None
    """Where that stands of which different ones are counted."""
    where: dict[DataField, Accepted] = {}
    """Counts only events whose data has one of these values in each of these fields."""
    group_by: Annotated[
        tuple[DataField, ...], Field(max_length=MOST_GROUP_FIELDS), AfterValidator(_distinct)
    ] = ()
    """Fields by which usage is kept apart; each combination of values costs a row an hour."""

    @model_validator(mode="after")
    def _fits_its_aggregate(self) -> "Meter":
        problems = [
            *_presence("value", self.value, self.aggregate in VALUED, self.aggregate),
            *_presence("key", self.key, self.aggregate is Aggregate.UNIQUE, self.aggregate),
        ]
        if problems:
            raise ValueError("; ".join(problems))
        return self


def _presence(name: str, given: str | None, wanted: bool, aggregate: Aggregate) -> list[str]:
    if wanted == (given is not None):
        return []
    return [f"{name}: missing; '{aggregate}' needs it" if wanted else f"{name}: '{aggregate}' takes none"]


Path = tuple[str, ...]


@dataclass(frozen=True)
class Dial:
    """A meter with its paths taken apart, as it is held against each event."""

    name: str
    holds_state: bool
    value: Path | None
    key: Path | None
    where: tuple[tuple[Path, frozenset[str]], ...]
    groups: tuple[Path, ...]


Dials = dict[str, tuple[Dial, ...]]
"""By type of event."""


def dials(meters: Iterable[Meter]) -> Dials:
    found: dict[str, tuple[Dial, ...]] = {}
    for meter in meters:
        found[meter.event] = (*found.get(meter.event, ()), _dial(meter))
    return found


def _dial(meter: Meter) -> Dial:
    return Dial(
        meter.name,
        meter.aggregate in STATES,
        value=_path(meter.value),
        key=_path(meter.key),
        where=tuple((tuple(field.split(".")), frozenset(meter.where[field])) for field in meter.where),
        groups=tuple(tuple(field.split(".")) for field in meter.group_by),
    )


def _path(field: str | None) -> Path | None:
    return None if field is None else tuple(field.split("."))


def at_path(data: dict[str, Any], path: Path) -> Any:
    """What stands at a path; None if nothing does."""
    found: Any = data
    for part in path:
        if not isinstance(found, dict):
            return None
        found = found.get(part)
    return found
