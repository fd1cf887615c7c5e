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
from api.preconditions import IfMatch, check_match
from api.problems import ApiProblem, FieldProblem, OperationRef, invalid_fields
from api.runs import Labels
from api.schemas import Scale, Signup
from api.services import Served, Services
from api.tenant_view import shown_tenant
from api.views import Accepted
from catalog import Catalog
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

    def __init__(
        self, services: Served, asked: AskedFor, response: Response, if_match: IfMatch = None
    ) -> None:
        self._services = services
        self._asked = asked
        self._if_match = if_match
        self._response = response

    async def sign_up(self, signup: Signup) -> Accepted:
        fingerprint = self._asked.fingerprint(signup.model_dump(mode="json", exclude_unset=True))

        async def begin(earlier: OperationClaim | None) -> Accepted:
            if self._if_match is not None:
                raise ApiProblem("PreconditionFailed", "A sign-up makes what is new: leave If-Match out.")
            await self._check_signup(signup)
            tenant_id = signup.id or new_tenant_id()
            claim = earlier or await claim_operation(self._services, self._asked, fingerprint, tenant_id)
            await self._check_names(signup.slug, claim.tenant_id)
            by = self._asked.author
            async with customer_of(self._services, signup, claim.tenant_id, by) as customer_id:
                request = OperationRequest(
                    operation_id=claim.operation_id,
                    kind=OperationKind.SIGNUP,
                    tenant_id=claim.tenant_id,
                    slug=signup.slug,
                    requested_by=self._asked.caller,
                    origin=self._asked.origin,
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
            if self._if_match is not None:
                check_match(self._if_match, await shown_tenant(self._services, tenant))
            target = await checked(self._services, tenant, wish)
            claim = earlier or await claim_operation(self._services, self._asked, fingerprint, tenant.id)
            request = OperationRequest(
                operation_id=claim.operation_id,
                kind=wish.kind,
                tenant_id=tenant.id,
                slug=tenant.slug,
                requested_by=self._asked.caller,
                origin=self._asked.origin,
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

        # Who wants a tenant as it was read wants no operation that has begun since to give way.
        alone = self._if_match is not None
        await self._services.runs.accept(request, labels, holder, alone=alone)
        return self._accepted(request)

    async def _check_signup(self, signup: Signup) -> None:
        catalog = self._services.catalog
        problems = [
            *region_problems(catalog, signup.region),
            *target_problems(catalog, signup.target()),
            *await customer_problems(self._services, signup.customer_id, signup.customer),
        ]
        if signup.id and self._services.caller.customer_id:
            # Of an id that is taken the answer would tell that another's tenant has it.
            problems.append(FieldProblem(field="id", message="is not yours to choose; leave it out"))
        if plan := catalog.plans.get(signup.plan):
            problems += pause_problems(catalog, OperationKind.SIGNUP, plan.blueprint, signup.pause_before)
        if problems:
            raise invalid_fields(problems)

    async def _check_names(self, slug: str, tenant_id: str) -> None:
        """The run decides; this spares one that would be refused."""
        holder = await self._services.query(get_tenant, slug)
        if holder and holder.deleted_at is None and holder.id != tenant_id:
            raise ApiProblem("SlugTaken", f"The slug '{slug}' is not available; choose another.")
        if await self._services.query(get_tenant_by_id, tenant_id):
            raise ApiProblem("TenantIdTaken")

    def _accepted(self, request: OperationRequest) -> Accepted:
        return accepted(self._response, request)


async def checked(services: Services, tenant: TenantRow, wish: Wish) -> Target | None:
    """The target of a scale. Raises ApiProblem for all that is refused before anything is started."""
    target = await _target(services, tenant, wish.scale) if wish.scale else None
    _check_pauses(services.catalog, tenant, wish)
    check_phase(wish.kind, tenant.phase)
    if wish.kind is OperationKind.TEARDOWN and tenant.phase is Phase.CLOSED:
        check_shortened(tenant.remove_after, services.clock.now(), wish.grace_seconds)
    return target


async def _target(services: Services, tenant: TenantRow, scale: Scale) -> Target:
    target = scale.merged_with(await newest_target(services, tenant))
    catalog = services.catalog
    problems = target_problems(catalog, target) or blueprint_problems(catalog, target, tenant.blueprint)
    if problems:
        raise invalid_fields(problems)
    return target


def _check_pauses(catalog: Catalog, tenant: TenantRow, wish: Wish) -> None:
    sold = catalog.plans.get(tenant.plan)
    grace = wish.grace_seconds if wish.grace_seconds is not None or sold is None else sold.grace_days
    removes = wish.kind is OperationKind.TEARDOWN and grace == 0
    problems = pause_problems(catalog, wish.kind, tenant.blueprint, wish.pause_before, removes=removes)
    if problems:
        raise invalid_fields(problems)


ChangesOf = Annotated[Changes, Depends(Changes)]
