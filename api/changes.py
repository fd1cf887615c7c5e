"""From a request to an accepted operation: the same path for every change of a tenant's life."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Annotated

from fastapi import Depends, Response

from api.answers import accepted
from api.checks import (
    blueprint_problems,
    check_phase,
    check_shortened,
    pause_problems,
    region_problems,
    target_problems,
)
from api.claims import OperationClaim, claim_operation, earlier_claim
from api.customers import customer_of, customer_problems
from api.find import find_tenant, newest_target, open_operation
from api.identity import AskedFor
from api.problems import ApiProblem, OperationRef, invalid_fields
from api.runs import Labels
from api.schemas import Scale, Signup
from api.services import Served
from api.views import Accepted
from domain.messages import JsonObject, OperationRequest
from domain.naming import new_tenant_id
from domain.phases import TRANSITIONS, OperationKind, Phase
from domain.plans import Target
from store.operations import get_operation
from store.tables import TenantRow
from store.tenants import get_tenant, get_tenant_by_id


@dataclass(frozen=True)
class Wish:
    """What is asked of a tenant that exists; `body` is what makes two wishes differ."""

    kind: OperationKind
    slug: str
    tenant_id: str | None
    body: JsonObject
    scale: Scale | None = None
    grace_seconds: int | None = None
    accept_data_loss: bool = False
    pause_before: Sequence[str] = ()


class Changes:
    """One per request. Everything raises ApiProblem."""

    def __init__(self, services: Served, asked: AskedFor, response: Response) -> None:
        self._services = services
        self._asked = asked
        self._response = response

    async def sign_up(self, signup: Signup) -> Accepted:
        fingerprint = self._asked.fingerprint(signup.model_dump(mode="json", exclude_unset=True))

        async def begin(earlier: OperationClaim | None) -> Accepted:
            await self._check_signup(signup)
            tenant_id = signup.id or new_tenant_id()
            claim = earlier or await claim_operation(self._services, self._asked, fingerprint, tenant_id)
            await self._check_names(signup.slug, claim.tenant_id)
            async with customer_of(self._services, signup, claim.tenant_id) as customer_id:
                request = OperationRequest(
                    operation_id=claim.operation_id,
                    kind=OperationKind.SIGNUP,
                    tenant_id=claim.tenant_id,
                    slug=signup.slug,
                    requested_by=self._asked.caller,
                    customer_id=customer_id,
                    region=signup.region,
                    time_zone=signup.time_zone,
                    target=signup.target(),
                    pause_before=signup.pause_before,
                )
                labels = Labels(plan=signup.plan, region=signup.region, phase=Phase.PROVISIONING)
                return await self._start(request, labels)

        return await self._once(fingerprint, begin)

    async def change(self, wish: Wish) -> Accepted:
        fingerprint = self._asked.fingerprint(wish.body | {"tenant_id": wish.tenant_id})

        async def begin(earlier: OperationClaim | None) -> Accepted:
            tenant_id = earlier.tenant_id if earlier else wish.tenant_id
            tenant = await find_tenant(self._services, wish.slug, tenant_id)
            target = await self._target(tenant, wish.scale) if wish.scale else None
            self._check_pauses(tenant, wish)
            check_phase(wish.kind, tenant.phase)
            if wish.kind is OperationKind.TEARDOWN and tenant.phase is Phase.CLOSED:
                check_shortened(tenant.remove_after, self._services.clock.now(), wish.grace_seconds)
            claim = earlier or await claim_operation(self._services, self._asked, fingerprint, tenant.id)
            request = OperationRequest(
                operation_id=claim.operation_id,
                kind=wish.kind,
                tenant_id=tenant.id,
                slug=tenant.slug,
                requested_by=self._asked.caller,
                target=target,
                grace_seconds=wish.grace_seconds,
                accept_data_loss=wish.accept_data_loss,
                pause_before=list(wish.pause_before),
            )
            plan = target.plan if target else tenant.plan
            phase = TRANSITIONS[wish.kind].phase_during(tenant.phase)
            return await self._start(request, Labels(plan=plan, region=tenant.region, phase=phase))

        return await self._once(fingerprint, begin)

    async def _once(
        self, fingerprint: str, begin: Callable[[OperationClaim | None], Awaitable[Accepted]]
    ) -> Accepted:
        """What the key became, or what it becomes now."""
        earlier = await earlier_claim(self._services, self._asked, fingerprint)
        if done := await self._became(earlier):
            return done
        try:
            return await begin(earlier)
        except ApiProblem:
            # A repeat at the same moment may have been accepted, and this one be refused because of it.
            if done := await self._became(await earlier_claim(self._services, self._asked, fingerprint)):
                return done
            raise

    async def _became(self, claim: OperationClaim | None) -> Accepted | None:
        """What an earlier request under this key was answered; None if its start was lost or refused."""
        row = await self._services.query(get_operation, claim.operation_id) if claim else None
        return self._accepted(row.request) if row else None

    async def _start(self, request: OperationRequest, labels: Labels) -> Accepted:
        async def holder() -> OperationRef | None:
            return await open_operation(self._services, request.tenant_id)

        await self._services.runs.accept(request, labels, holder)
        return self._accepted(request)

    async def _check_signup(self, signup: Signup) -> None:
        catalog = self._services.catalog
        problems = [
            *region_problems(catalog, signup.region),
            *target_problems(catalog, signup.target()),
            *await customer_problems(self._services, signup.customer_id, signup.customer),
        ]
        if plan := catalog.plans.get(signup.plan):
            problems += pause_problems(catalog, OperationKind.SIGNUP, plan.blueprint, signup.pause_before)
        if problems:
            raise invalid_fields(problems)

    async def _check_names(self, slug: str, tenant_id: str) -> None:
        """The run decides; this spares one that would be refused."""
        holder = await self._services.query(get_tenant, slug)
        if holder and holder.deleted_at is None and holder.id != tenant_id:
            raise ApiProblem("SlugTaken", f"slug '{slug}' is taken; choose another")
        if await self._services.query(get_tenant_by_id, tenant_id):
            raise ApiProblem("TenantIdTaken")

    async def _target(self, tenant: TenantRow, scale: Scale) -> Target:
        target = scale.merged_with(await newest_target(self._services, tenant))
        catalog = self._services.catalog
        problems = target_problems(catalog, target) or blueprint_problems(catalog, target, tenant.blueprint)
        if problems:
            raise invalid_fields(problems)
        return target

    def _check_pauses(self, tenant: TenantRow, wish: Wish) -> None:
        catalog = self._services.catalog
        sold = catalog.plans.get(tenant.plan)
        grace = wish.grace_seconds if wish.grace_seconds is not None or sold is None else sold.grace_days
        removes = wish.kind is OperationKind.TEARDOWN and grace == 0
        problems = pause_problems(catalog, wish.kind, tenant.blueprint, wish.pause_before, removes=removes)
        if problems:
            raise invalid_fields(problems)

    def _accepted(self, request: OperationRequest) -> Accepted:
        return accepted(self._response, request)


ChangesOf = Annotated[Changes, Depends(Changes)]
