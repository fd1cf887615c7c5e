"""Tenants: sign-up, the changes of their life, and how they are now."""

from typing import Annotated

from fastapi import Query, Response
from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from api.body import JSON_BODY, NO_BODY
from api.changes import ChangesOf, Wish
from api.docs import BODY, CHANGES, READS, errors
from api.find import find_tenant
from api.guard import GuardedRouter
from api.paths import Slug
from api.preconditions import tagged
from api.problems import ApiProblem, invalid
from api.schemas import LONGEST_GRACE_SECONDS, Filter, Paging, Scale, Signup, Step, TenantId
from api.services import Served
from api.tenant_view import shown_tenant, tenant_view
from api.views import Accepted, OperationSummary, TenantPage, TenantView
from domain.messages import Certificate
from domain.naming import CUSTOMER_ID_PATTERN
from domain.phases import OperationKind, Phase
from store.certificates import get_certificate
from store.observations import observations
from store.operations import latest_operations
from store.tenants import list_tenants

router = GuardedRouter(prefix="/v1/tenants", tags=["tenants"])

_CHANGE = errors(
    "TenantNotFound", "PhaseConflict", "OperationInProgress", "PreconditionFailed", "Refused", *CHANGES
)


class Which(BaseModel):
    """Query parameters of every path that names a tenant."""

    model_config = ConfigDict(extra="forbid")

    id: TenantId | None = Field(
        default=None, description="Picks one of several tenants that had this slug one after the other."
    )


class Starting(Which):
    pause_before: list[Step] = Field(
        default=[],
        max_length=50,
        description="Steps before which the operation waits until it is told to go on.",
    )


class Leaving(Starting):
    grace: int | None = Field(
        default=None,
        ge=0,
        le=LONGEST_GRACE_SECONDS,
        description="Seconds in which it can be restored; 0 removes it at once; absent, the plan says.",
    )


Name = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9-]{0,63}$")]
"""Of a plan or region: also of one that is no longer offered, as its tenants may still be there."""


class Listing(Paging):
    phase: Filter[Phase] | None = Field(default=None, description="Only tenants in these phases.")
    plan: Filter[Name] | None = Field(default=None, description="Only tenants on these plans.")
    region: Filter[Name] | None = Field(default=None, description="Only tenants in these regions.")
    customer_id: str | None = Field(default=None, pattern=CUSTOMER_ID_PATTERN)


WhichOf = Annotated[Which, Query()]
StartingOf = Annotated[Starting, Query()]


@router.post(
    "",
    summary="Sign up",
    responses=errors(
        "SlugTaken",
        "TenantIdTaken",
        "QuotaExceeded",
        "OperationInProgress",
        "PreconditionFailed",
        *BODY,
        *CHANGES,
    ),
    dependencies=[JSON_BODY],
    status_code=202,
)
async def sign_up(changes: ChangesOf, signup: Signup) -> Accepted:
    """Makes everything that a tenant of this plan consists of, or leaves nothing."""
    return await changes.sign_up(signup)


@router.get("", summary="List tenants", responses=errors("InvalidSpec", *READS))
async def tenants(services: Served, listing: Annotated[Listing, Query()]) -> TenantPage:
    """Pages in the order of sign-up, those that are gone included; a customer sees its own."""
    own = services.caller.customer_id
    if own is not None and listing.customer_id not in {None, own}:
        return TenantPage(items=[], next=None)
    try:
        page = await services.query(
            list_tenants,
            listing.cursor,
            listing.limit,
            phases=listing.phase,
            plans=listing.plan,
            regions=listing.region,
            customer_id=own or listing.customer_id,
        )
    except ValueError as error:
        raise invalid("cursor", str(error)) from error
    looks = await services.query(observations, [row.id for row in page.items])
    items = [tenant_view(services.catalog, row, looks.get(row.id, [])) for row in page.items]
    return TenantPage(items=items, next=page.next_cursor)


@router.get("/{slug}", summary="Show a tenant", responses=errors("TenantNotFound", "InvalidSpec", *READS))
async def tenant(services: Served, slug: Slug, which: WhichOf, response: Response) -> TenantView:
    """The tenant that has this slug now; if none has, the one that had it last. A change with its ETag in
    If-Match is made only if nothing of this is another by then."""
    view = await shown_tenant(services, await find_tenant(services, slug, which.id))
    tagged(response, view)
    return view


@router.patch(
    "/{slug}",
    summary="Scale",
    responses=errors(
        "TenantNotFound",
        "PhaseConflict",
        "OperationInProgress",
        "PreconditionFailed",
        "QuotaExceeded",
        *BODY,
        *CHANGES,
    ),
    dependencies=[JSON_BODY],
    status_code=202,
)
async def scale(changes: ChangesOf, slug: Slug, which: WhichOf, target: Scale) -> Accepted:
    """Brings the tenant to a new target, or back to its last good sizes. While a scale runs, a new one takes
    its place and starts from the newest target."""
    body = target.model_dump(mode="json", exclude_unset=True)
    return await changes.change(
        Wish(OperationKind.SCALE, slug, which.id, body, scale=target, pause_before=target.pause_before)
    )


@router.post("/{slug}/suspend", summary="Suspend", responses=_CHANGE, dependencies=[NO_BODY], status_code=202)
async def suspend(changes: ChangesOf, slug: Slug, starting: StartingOf) -> Accepted:
    """Stops the workload and keeps the data. Ends a running change and takes its place."""
    return await changes.change(_wish(OperationKind.SUSPEND, slug, starting))


@router.post("/{slug}/resume", summary="Resume", responses=_CHANGE, dependencies=[NO_BODY], status_code=202)
async def resume(changes: ChangesOf, slug: Slug, starting: StartingOf) -> Accepted:
    """Starts the workload of a suspended tenant again."""
    return await changes.change(_wish(OperationKind.RESUME, slug, starting))


@router.post("/{slug}/restore", summary="Restore", responses=_CHANGE, dependencies=[NO_BODY], status_code=202)
async def restore(changes: ChangesOf, slug: Slug, starting: StartingOf) -> Accepted:
    """Brings back a tenant that was torn down and whose grace is not over."""
    return await changes.change(_wish(OperationKind.RESTORE, slug, starting))


@router.delete("/{slug}", summary="Tear down", responses=_CHANGE, dependencies=[NO_BODY], status_code=202)
async def tear_down(changes: ChangesOf, slug: Slug, leaving: Annotated[Leaving, Query()]) -> Accepted:
    """Stops the tenant and removes it when its grace is over. Ends a running change and takes its place."""
    return await changes.change(_wish(OperationKind.TEARDOWN, slug, leaving))


def _wish(kind: OperationKind, slug: str, starting: Starting) -> Wish:
    body = starting.model_dump(mode="json", exclude={"id"}, exclude_unset=True)
    return Wish(
        kind,
        slug,
        starting.id,
        body,
        grace_seconds=starting.grace if isinstance(starting, Leaving) else None,
        pause_before=starting.pause_before,
    )


@router.get(
    "/{slug}/operations",
    summary="List the tenant's latest operations",
    responses=errors("TenantNotFound", "InvalidSpec", *READS),
)
async def tenant_operations(services: Served, slug: Slug, which: WhichOf) -> list[OperationSummary]:
    """The latest twenty, newest first."""
    row = await find_tenant(services, slug, which.id)
    return [
        OperationSummary.model_validate(operation, from_attributes=True)
        for operation in await services.query(latest_operations, row.id)
    ]


@router.get(
    "/{slug}/certificate",
    summary="Show the deletion certificate",
    responses=errors("TenantNotFound", "CertificateNotFound", "InvalidSpec", *READS),
)
async def certificate(services: Served, slug: Slug, which: WhichOf) -> Certificate:
    """Every object that the tenant ever had, and how and when it was proven gone."""
    row = await find_tenant(services, slug, which.id)
    found = await services.query(get_certificate, row.id)
    if found is None:
        raise ApiProblem("CertificateNotFound", f"Tenant '{slug}' is {row.phase}; it has no certificate.")
    return found
