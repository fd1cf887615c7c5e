"""Reading a scenario for `tenantry billing simulate`: every wrong field is found at once."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from typing import Any, TypeVar

from catalog.scenario_changes import ToldChange, change_problems, told_changes
from catalog.scenario_forms import (
    ChangeForm,
    DiscountForm,
    HeadForm,
    OneOffForm,
    SubscriptionForm,
    UsageForm,
)
from catalog.strict_yaml import YamlError, parse_all
from catalog.wrong_fields import Form, checked
from domain.billing.account import Account, Change, Discount, OneOff, Segment, State, segments_of
from domain.billing.events import UsageEvent
from domain.billing.prices import Aggregate, PriceVersion
from domain.billing.simulation import Scenario
from domain.plans import Model

LISTS: dict[str, type[Model]] = {
    "changes": ChangeForm,
    "credits": OneOffForm,
    "charges": OneOffForm,
    "discounts": DiscountForm,
    "usage": UsageForm,
}
NAMED = ("plans", "subscription")
STATES = {
    "suspend": State.SUSPENDED,
    "resume": State.ACTIVE,
    "end": State.ENDED,
    "restore": State.ACTIVE,
}
OF_VALUES = {one.value for one in Aggregate} - {Aggregate.COUNT, Aggregate.UNIQUE}
ONE = Decimal(1)
Item = TypeVar("Item", bound=Model)


class ScenarioError(Exception):
    """The file is not a scenario; `problems` names every wrong field by its path."""

    def __init__(self, problems: Sequence[str]) -> None:
        super().__init__("\n".join(problems))
        self.problems = list(problems)


@dataclass
class _Parts:
    """What of a file could be read, and what is wrong with the rest."""

    plan_names: set[str] = field(default_factory=set)
    plans: dict[str, PriceVersion] = field(default_factory=dict)
    head: HeadForm | None = None
    subscription: SubscriptionForm | None = None
    lists: dict[str, list[tuple[int, Any]]] = field(default_factory=dict)
    changes: list[ToldChange] = field(default_factory=list)
    """All of them, the wrong ones as far as they can be understood."""
    meters: dict[str, set[str]] = field(default_factory=dict)
    """Aggregates by meter, of all plans in which it is named, sound or not."""
    problems: list[str] = field(default_factory=list)

    def items(self, name: str, _form: type[Item]) -> list[tuple[int, Item]]:
        """The sound items of a list, each with its place in the file."""
        return self.lists[name]


def read_scenario(file: Path) -> Scenario:
    """Raises ScenarioError with everything that is wrong with the file."""
    try:
        documents = parse_all(file.read_text(encoding="utf-8"), numbers_as_text=True)
    except OSError as error:
        raise ScenarioError([f"{file}: cannot be read: {error.strerror}"]) from error
    except UnicodeDecodeError as error:
        raise ScenarioError([f"{file}: is not text in UTF-8"]) from error
    except YamlError as error:
        raise ScenarioError([f"line {one.line}: {one.message}" for one in error.problems]) from error
    if len(documents) != 1 or not isinstance(documents[0], dict):
        raise ScenarioError(["file: must be one mapping of fields"])
    return scenario_of({str(key): value for key, value in documents[0].items()})


def scenario_of(fields: dict[str, Any]) -> Scenario:
    """A scenario from a file's fields, numbers as text. Raises ScenarioError."""
    parts = _parts(fields)
    parts.problems += _contradictions(parts)
    if parts.problems or parts.head is None or parts.subscription is None:
        raise ScenarioError(parts.problems)
    return Scenario(
        account=_account(parts, parts.head, parts.subscription),
        events=tuple(_event(form) for _, form in parts.items("usage", UsageForm)),
        as_of=parts.head.as_of,
        grace=parts.head.grace,
        runs=parts.head.runs,
    )


def _parts(fields: dict[str, Any]) -> _Parts:
    parts = _Parts()
    head = {name: value for name, value in fields.items() if name not in {*LISTS, *NAMED}}
    parts.head = checked(HeadForm, head, "", parts.problems)
    parts.subscription = _required(SubscriptionForm, fields, "subscription", parts.problems)
    _read_plans(fields.get("plans"), parts)
    for name, form in LISTS.items():
        parts.lists[name] = list(_read_list(fields.get(name), name, form, parts.problems))
    parts.changes = told_changes(fields.get("changes"))
    return parts


def _required(form: type[Form], fields: dict[str, Any], name: str, problems: list[str]) -> Form | None:
    if name not in fields:
        problems.append(f"{name}: is missing")
        return None
    return checked(form, fields[name], name, problems)


def _read_plans(plans: Any, parts: _Parts) -> None:
    if not isinstance(plans, dict) or not plans:
        parts.problems.append("plans: must be a mapping of names to plans, with one at least")
        return
    parts.plan_names = {str(name) for name in plans}
    for name, fields in plans.items():
        path = f"plans.{name}"
        if not isinstance(name, str) or not name.isprintable() or not name:
            parts.problems.append(f"{path}: a plan's name must be text")
            continue
        if not isinstance(fields, dict):
            parts.problems.append(f"{path}: must be a mapping of fields")
            continue
        ours = sorted({"plan", "version"} & fields.keys())
        parts.problems += [f"{path}.{key}: is not known here" for key in ours]
        sold = {key: value for key, value in fields.items() if key not in ours} | {"plan": str(name)}
        _name_meters(fields.get("meters"), parts.meters)
        if plan := checked(PriceVersion, sold, path, parts.problems):
            parts.plans[name] = plan


def _name_meters(meters: Any, found: dict[str, set[str]]) -> None:
    for name, price in meters.items() if isinstance(meters, dict) else ():
        aggregate = price.get("aggregate") if isinstance(price, dict) else None
        found.setdefault(str(name), set()).add(str(aggregate))


def _read_list(items: Any, name: str, form: type[Form], problems: list[str]) -> Iterator[tuple[int, Form]]:
    if items is None:
        return
    if not isinstance(items, list):
        problems.append(f"{name}: must be a list")
        return
    for index, fields in enumerate(items):
        if item := checked(form, fields, f"{name}.{index}", problems):
            yield index, item


def _contradictions(parts: _Parts) -> Iterator[str]:
    """What no field by itself can be blamed for."""
    subscription = parts.subscription
    if subscription and parts.plan_names and subscription.plan not in parts.plan_names:
        yield f"subscription.plan: there is no plan '{subscription.plan}'"
    yield from change_problems(subscription.start if subscription else None, parts.changes)
    for change in parts.changes:
        if change.plan is not None and parts.plan_names and change.plan not in parts.plan_names:
            yield f"{change.path}.plan: there is no plan '{change.plan}'"
    for index, event in parts.items("usage", UsageForm):
        yield from _usage_problems(parts.meters, f"usage.{index}", event)


def _usage_problems(meters: Mapping[str, set[str]], path: str, event: UsageForm) -> Iterator[str]:
    aggregates = meters.get(event.meter)
    if aggregates is None:
        yield f"{path}.meter: no plan has a meter '{event.meter}'"
        return
    if event.key is None and Aggregate.UNIQUE in aggregates:
        yield f"{path}.key: is missing; '{event.meter}' counts unique keys"
    if event.value is None and aggregates & OF_VALUES:
        yield f"{path}.value: is missing; '{event.meter}' goes by values"


def _account(parts: _Parts, head: HeadForm, subscription: SubscriptionForm) -> Account:
    price = parts.plans[subscription.plan]
    first = Segment(subscription.start, None, price, subscription.quantity)
    changes = [
        Change(form.at, parts.plans[form.plan] if form.plan else None, form.quantity, _state(form))
        for _, form in parts.items("changes", ChangeForm)
    ]
    return Account(
        start=subscription.start,
        zone=head.timezone,
        currency=head.currency,
        first_price=price,
        segments=segments_of(first, changes),
        one_offs=(*_one_offs(parts, "credits"), *_one_offs(parts, "charges")),
        discounts=tuple(
            Discount(form.begin, form.end, form.percent) for _, form in parts.items("discounts", DiscountForm)
        ),
    )


def _state(form: ChangeForm) -> State | None:
    return STATES[form.action] if form.action else None


def _one_offs(parts: _Parts, name: str) -> Iterator[OneOff]:
    singular = name.removesuffix("s")
    for index, form in parts.items(name, OneOffForm):
        yield OneOff(f"{singular}.{index + 1}", form.at, form.amount, form.reason, name == "credits")


def _event(form: UsageForm) -> UsageEvent:
    received, value = form.received or form.at, ONE if form.value is None else form.value
    return UsageEvent(form.id, form.source, form.meter, form.at, received, value, form.key or "")
