"""Support access to tenants: asked for, approved, used, revoked."""

from hashlib import sha256
from typing import Annotated

from fastapi import Query, status

from api.audit_notes import note_asked
from api.body import JSON_BODY, NO_BODY
from api.docs import BODY, CHANGES, READS, errors
from api.find import find_tenant
from api.guard import GuardedRouter
from api.identity import AskedFor
from api.paths import GrantId, Slug
from api.problems import ApiProblem, invalid
from api.routes.tenants import Which, WhichOf
from api.services import Served, Services
from api.support_schemas import (
    AccessListing,
    AccessPage,
    AccessView,
    Credentials,
    NewAccess,
    WantedCredentials,
)
from domain.messages.access import AccessRequest, CredentialsRequest
from domain.support import OPEN_ACCESS, AccessMode, AccessState, approval_problem, may_revoke
from store.access_grants import get_grant, list_grants
from store.tables import AccessGrantRow
from store.tenants import get_tenant_by_id

router = GuardedRouter(prefix="/v1", tags=["support access"])

Listing = Annotated[AccessListing, Query()]
CHANGE = ("AccessNotFound", "AccessNotPossible", *CHANGES)


class TenantListing(Which, AccessListing):
    pass


@router.post(
    "/tenants/{slug}/access",
    status_code=status.HTTP_201_CREATED,
    summary="Ask for access",
    responses=errors(
        "TenantNotFound", "PhaseConflict", "NotPossibleNow", "AccessNotPossible", *BODY, *CHANGES
    ),
    dependencies=[JSON_BODY],
)
async def request_access(
    services: Served, request: AskedFor, slug: Slug, which: WhichOf, wanted: NewAccess
) -> AccessView:
    """Nothing can be done with it until somebody else has approved it."""
    tenant = await find_tenant(services, slug, which.id)
    wish = services.grants.wish(request, tenant.id, wanted.reason, wanted.seconds, AccessMode(wanted.mode))
    if known := await services.query(get_grant, wish.grant_id):
        _check_same(known, wish)
        return AccessView.of(known, tenant.slug)
    await services.grants.request(wish, tenant.slug)
    return await _shown(services, wish.grant_id)


@router.get(
    "/tenants/{slug}/access",
    summary="List a tenant's access",
    responses=errors("TenantNotFound", "InvalidSpec", *READS),
)
async def tenant_access(
    services: Served, slug: Slug, listing: Annotated[TenantListing, Query()]
) -> AccessPage:
    """Newest first, with what has ended: who wanted it, why, and who agreed."""
    tenant = await find_tenant(services, slug, listing.id)
    return await _page(services, listing, tenant.id)


@router.get("/access", summary="List access", responses=errors("InvalidSpec", *READS))
async def all_access(services: Served, listing: Listing) -> AccessPage:
    """To all tenants that you see, newest first."""
    return await _page(services, listing, None)


@router.get("/access/{grant_id}", summary="Show access", responses=errors("AccessNotFound", *READS))
async def access(services: Served, grant_id: GrantId) -> AccessView:
    return await _shown(services, grant_id)


@router.post(
    "/access/{grant_id}/approve",
    summary="Approve access",
    responses=errors("Forbidden", *CHANGE),
    dependencies=[NO_BODY],
)
async def approve_access(services: Served, request: AskedFor, grant_id: GrantId) -> AccessView:
    """From now on it lasts as long as was asked for. Nobody approves what they asked for themselves."""
    row, _ = await _found(services, grant_id)
    if problem := approval_problem(row.approval, row.requested_by, services.caller):
        raise ApiProblem("Forbidden", f"{problem[:1].upper()}{problem[1:]}.")
    if row.approved_by != request.caller:
        _check_open(row, {AccessState.REQUESTED})
        await services.grants.decide(row.id, "approve", request, _update_id(request, "approve"))
    return await _shown(services, row.id)


@router.post(
    "/access/{grant_id}/revoke",
    summary="Revoke access",
    responses=errors("Forbidden", *CHANGE),
    dependencies=[NO_BODY],
)
async def revoke_access(services: Served, request: AskedFor, grant_id: GrantId) -> AccessView:
    """Its account is taken away, and with it every token. Revoking what has ended changes nothing."""
    row, slug = await _found(services, grant_id)
    if not may_revoke(row.requested_by, services.caller):
        raise ApiProblem("Forbidden", "Access is revoked by who asked for it, its customer or an operator.")
    if row.state not in OPEN_ACCESS:
        return AccessView.of(row, slug)
    await services.grants.decide(row.id, "revoke", request, _update_id(request, "revoke"))
    return await _shown(services, row.id)


@router.post(
    "/access/{grant_id}/credentials",
    summary="Get credentials",
    responses=errors("Forbidden", *BODY, *CHANGE),
    dependencies=[JSON_BODY],
)
async def access_credentials(
    services: Served, request: AskedFor, grant_id: GrantId, wanted: WantedCredentials
) -> Credentials:
    """For whoever asked for it, and nobody else. A token lives for about an hour, a session in AWS for 15
    minutes, and neither longer than the access: in its last 15 minutes there is no new session."""
    row, _ = await _found(services, grant_id)
    if row.requested_by != request.caller:
        raise ApiProblem("Forbidden", "Credentials are for whoever asked for this access.")
    _check_open(row, {AccessState.APPROVED, AccessState.ACTIVE})
    given = CredentialsRequest(by=request.caller, public_key=wanted.public_key)
    # A repeat with another public key is another request: an answer sealed for the first would be of no use.
    what = "session" if wanted.provider == "aws" else "credentials"
    update_id = f"{_update_id(request, what)}-{wanted.public_key}"
    told_of = f"{row.id}/{sha256(update_id.encode()).hexdigest()[:12]}"
    await note_asked(
        services,
        request,
        "credentials",
        told_of,
        {"provider": wanted.provider},
        tenant_id=row.tenant_id,
    )
    sealed = await services.grants.credentials(row.id, wanted.provider, given, update_id)
    by_provider = {"kubernetes": None, "aws": None, wanted.provider: sealed}
    return Credentials.model_validate(by_provider)


def _update_id(request: AskedFor, what: str) -> str:
    return f"{what}-{request.fingerprint({'key': request.key, 'caller': request.caller})}"


def _check_same(row: AccessGrantRow, wish: AccessRequest) -> None:
    if any(getattr(row, name) != getattr(wish, name) for name in ("tenant_id", "reason", "seconds", "mode")):
        raise ApiProblem("IdempotencyKeyReused")


def _check_open(row: AccessGrantRow, states: set[AccessState]) -> None:
    if row.state not in states:
        raise ApiProblem("AccessNotPossible", f"Access {row.id} is {row.state}.")


async def _found(services: Services, grant_id: str) -> tuple[AccessGrantRow, str]:
    """The grant and its tenant's slug. Of another customer's it is as if there were none."""
    row = await services.query(get_grant, grant_id)
    tenant = await services.query(get_tenant_by_id, row.tenant_id) if row else None
    if row is None or tenant is None or not services.caller.sees(tenant.customer_id):
        raise ApiProblem("AccessNotFound")
    return row, tenant.slug


async def _shown(services: Services, grant_id: str) -> AccessView:
    return AccessView.of(*await _found(services, grant_id))


async def _page(services: Services, listing: AccessListing, tenant_id: str | None) -> AccessPage:
    try:
        found, following = await services.query(
            list_grants,
            listing.cursor,
            listing.limit,
            tenant_id=tenant_id,
            customer_id=services.caller.customer_id,
            states=listing.state or (),
        )
    except ValueError as error:
        raise invalid("cursor", str(error)) from error
    return AccessPage(items=[AccessView.of(row, slug) for row, slug in found], next=following)
