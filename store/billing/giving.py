"""Credits, charges and discounts by hand: each a fact and its idempotency key, in one transaction."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Generic, TypeVar

from sqlalchemy import Engine
from sqlalchemy.dialects.postgresql import insert
from sqlmodel import Session, col

from catalog.currencies import currency_of
from domain.audit.changes import Change
from domain.audit.origin import Author
from domain.billing.facts import DiscountFact, OneOffFact
from domain.billing.money import Currency
from store.audit import note
from store.billing.facts import locked, record, recorded
from store.engine import transaction
from store.idempotency import Claim, KeyReused
from store.tables import BillingFactRow, IdempotencyRow, TenantRow

Given = TypeVar("Given", OneOffFact, DiscountFact)
_FACT = "fact"
"""Before a number, in place of the id of an operation: to other changes, the key is another request's."""


class NotBilled(LookupError):
    """Nothing is billed for the tenant."""


@dataclass(frozen=True)
class Gift(Generic[Given]):
    """What is recorded if the key is new; `make` gets the number of one-offs that there are."""

    claim: Claim
    tenant_id: str
    kind: type[Given]
    make: Callable[[int, Currency], Given]


def give(engine: Engine, gift: Gift[Given], now: datetime, *, by: Author) -> tuple[Given, Currency]:
    """What the key gave, now or before. Raises NotBilled, KeyReused, and what `make` raises."""
    with transaction(engine) as session:
        # A repeat at the same moment waits here, and then finds the key.
        subscription = locked(session, gift.tenant_id)
        if subscription is None:
            raise NotBilled(gift.tenant_id)
        currency = currency_of(subscription.currency)
        if earlier := _earlier(session, gift.claim, gift.kind):
            return earlier, currency
        fact = gift.make(_one_offs(session, gift.tenant_id), currency)
        number = record(session, subscription, fact, now)
        _claim(session, replace(gift.claim, operation_id=f"{_FACT}{number}"), now)
        _note(session, gift.tenant_id, fact, number, now, by)
        return fact, currency


def _earlier(session: Session, claim: Claim, kind: type[Given]) -> Given | None:
    row = session.get(IdempotencyRow, (claim.caller, claim.key))
    if row is None:
        return None
    if row.body_hash != claim.body_hash or row.operation_id is None:
        raise KeyReused(f"idempotency key '{claim.key}' was used for another request")
    fact = session.get_one(BillingFactRow, int(row.operation_id.removeprefix(_FACT))).fact
    return fact if isinstance(fact, kind) else None


def _claim(session: Session, claim: Claim, now: datetime) -> None:
    statement = (
        insert(IdempotencyRow)
        .values(vars(claim) | {"created_at": now})
        .on_conflict_do_nothing(index_elements=["caller", "key"])
        .returning(col(IdempotencyRow.key))
    )
    if session.execute(statement).one_or_none() is None:
        # Taken for another tenant at this very moment.
        raise KeyReused(f"idempotency key '{claim.key}' was used for another request")


def _one_offs(session: Session, tenant_id: str) -> int:
    return sum(isinstance(one.fact, OneOffFact) for one in recorded(session, tenant_id))


def _note(
    session: Session, tenant_id: str, fact: OneOffFact | DiscountFact, number: int, now: datetime, by: Author
) -> None:
    told = fact.model_dump(mode="json", exclude={"reason", "given_by"}, exclude_none=True)
    tenant = session.get_one(TenantRow, tenant_id)
    change = Change(
        at=now,
        by=by.because(fact.reason),
        action=f"{_word(fact)}.given",
        object_kind="fact",
        object_id=str(number),
        tenant_id=tenant_id,
        customer_id=tenant.customer_id,
        after=told,
    )
    note(session, change)


def _word(fact: OneOffFact | DiscountFact) -> str:
    if isinstance(fact, DiscountFact):
        return "discount"
    return "credit" if fact.is_credit else "charge"
