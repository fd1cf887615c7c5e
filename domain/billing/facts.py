"""Facts: all that decides what a tenant pays, in the order of recording; never changed, only voided.

An invoice stores the number of the last fact that it knew, so that it can be rated again from the same.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Literal
from zoneinfo import ZoneInfo

from pydantic import Field

from domain.billing.account import Account, Change, Discount, OneOff, Segment, State, segments_of
from domain.billing.money import Currency
from domain.billing.prices import Percent, Positive, PriceVersion
from domain.plans import Model


class ChangeFact(Model):
    """What an operation made of the tenant; None stays as it was. The first one begins billing."""

    fact: Literal["change"] = "change"
    at: datetime
    operation_id: str
    plan: str | None = None
    version: int | None = None
    quantity: int | None = None
    state: State | None = None


class VoidFact(Model):
    """An earlier fact does not hold: a teardown that was aborted never ended anything."""

    fact: Literal["void"] = "void"
    voids: int
    operation_id: str


class OneOffFact(Model):
    """A credit or a charge given by hand."""

    fact: Literal["one_off"] = "one_off"
    id: str
    at: datetime
    amount: Positive
    reason: str
    is_credit: bool
    given_by: str


class DiscountFact(Model):
    fact: Literal["discount"] = "discount"
    begin: datetime
    end: datetime | None
    percent: Percent
    reason: str
    given_by: str


Fact = Annotated[ChangeFact | VoidFact | OneOffFact | DiscountFact, Field(discriminator="fact")]


@dataclass(frozen=True)
class Recorded:
    """A fact and its number; numbers of one tenant are in the order of recording."""

    number: int
    fact: ChangeFact | VoidFact | OneOffFact | DiscountFact


@dataclass(frozen=True)
class Subscription:
    """What stays the same in an account from its beginning."""

    tenant_id: str
    start: datetime
    zone: ZoneInfo
    currency: Currency


PriceOf = Callable[[str, int], PriceVersion]
"""Plan and number to version."""


def account_of(subscription: Subscription, recorded: Iterable[Recorded], price_of: PriceOf) -> Account:
    """Raises ValueError if no fact begins billing."""
    facts = _that_hold(recorded)
    changes = [_change(fact, price_of) for fact in facts if isinstance(fact, ChangeFact)]
    if not changes or changes[0].price is None:
        raise ValueError(f"nothing says what tenant {subscription.tenant_id} has to pay")
    first = Segment(subscription.start, None, changes[0].price, changes[0].quantity or 1)
    return Account(
        start=subscription.start,
        zone=subscription.zone,
        currency=subscription.currency,
        first_price=first.price,
        segments=segments_of(first, changes[1:]),
        one_offs=tuple(
            OneOff(fact.id, fact.at, fact.amount, fact.reason, fact.is_credit)
            for fact in facts
            if isinstance(fact, OneOffFact)
        ),
        discounts=tuple(
            Discount(fact.begin, fact.end, fact.percent) for fact in facts if isinstance(fact, DiscountFact)
        ),
    )


def in_order(fact: ChangeFact, recorded: Iterable[Recorded]) -> ChangeFact:
    """Segments are in the order in which they came about, although clocks of two machines may differ."""
    last = [one.fact.at for one in recorded if isinstance(one.fact, ChangeFact)]
    return fact.model_copy(update={"at": max([fact.at, *last])})


def _that_hold(recorded: Iterable[Recorded]) -> list[ChangeFact | VoidFact | OneOffFact | DiscountFact]:
    listed = sorted(recorded, key=lambda one: one.number)
    void = {one.fact.voids for one in listed if isinstance(one.fact, VoidFact)}
    return [one.fact for one in listed if one.number not in void]


def _change(fact: ChangeFact, price_of: PriceOf) -> Change:
    price = price_of(fact.plan, fact.version) if fact.plan and fact.version else None
    return Change(fact.at, price, fact.quantity, fact.state)
