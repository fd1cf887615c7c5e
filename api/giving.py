"""What is given by hand: facts that the API itself records, as no run has to make anything for them."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Annotated

from fastapi import Depends

from api.find import find_tenant
from api.giving_schemas import Discount, DiscountView, OneOff, OneOffView
from api.identity import AskedFor
from api.problems import ApiProblem, invalid
from api.schemas import Request
from api.services import Served
from domain.billing.facts import DiscountFact, OneOffFact
from domain.billing.giving import amount_problem, span_problem
from domain.billing.money import Currency
from store.billing.giving import Gift, Given, NotBilled, give
from store.idempotency import Claim, KeyReused


class Giving:
    """One per request. Everything raises ApiProblem."""

    def __init__(self, services: Served, asked: AskedFor) -> None:
        self._services = services
        self._asked = asked

    async def one_off(
        self, slug: str, tenant_id: str | None, given: OneOff, *, is_credit: bool
    ) -> OneOffView:
        now = _second(self._services.clock.now())

        def make(before: int, currency: Currency) -> OneOffFact:
            if problem := amount_problem(given.amount, currency):
                raise invalid("amount", problem)
            return OneOffFact(
                id=f"{'credit' if is_credit else 'charge'}.{before + 1}",
                at=now,
                amount=given.amount,
                reason=given.reason,
                is_credit=is_credit,
                given_by=self._asked.caller,
            )

        fact, currency = await self._give(slug, tenant_id, given, OneOffFact, make, now)
        return OneOffView.of(fact, currency)

    async def discount(self, slug: str, tenant_id: str | None, given: Discount) -> DiscountView:
        now = _second(self._services.clock.now())
        begin, end = _second(given.begin or now), given.end and _second(given.end)

        def make(_before: int, _currency: Currency) -> DiscountFact:
            if problem := span_problem(begin, end, now):
                raise invalid(*problem)
            return DiscountFact(
                begin=begin,
                end=end,
                percent=given.percent,
                reason=given.reason,
                given_by=self._asked.caller,
            )

        fact, _ = await self._give(slug, tenant_id, given, DiscountFact, make, now)
        return DiscountView.of(fact)

    async def _give(
        self,
        slug: str,
        tenant_id: str | None,
        given: Request,
        kind: type[Given],
        make: Callable[[int, Currency], Given],
        now: datetime,
    ) -> tuple[Given, Currency]:
        tenant = await find_tenant(self._services, slug, tenant_id)
        asked = self._asked
        body = asked.fingerprint(given.model_dump(mode="json", by_alias=True) | {"tenant_id": tenant.id})
        claim = Claim(caller=asked.caller, key=asked.key, body_hash=body, tenant_id=tenant.id)
        try:
            return await self._services.query(give, Gift(claim, tenant.id, kind, make), now, by=asked.author)
        except NotBilled as error:
            raise ApiProblem("NotBilled") from error
        except KeyReused as error:
            raise ApiProblem("IdempotencyKeyReused") from error


def _second(instant: datetime) -> datetime:
    """The first full one that is not before: billing is by the second, and closings of now have passed."""
    whole = instant.replace(microsecond=0)
    return whole if whole == instant else whole + timedelta(seconds=1)


GivingOf = Annotated[Giving, Depends(Giving)]
