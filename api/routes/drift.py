"""Drift: what differs from what the blueprint wants, and what belongs to no tenant."""

from typing import Annotated

from fastapi import Query, Response, status
from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from api.body import NO_BODY
from api.changes import ChangesOf, Wish
from api.docs import CHANGES, READS, errors
from api.drift import DriftPage, DriftView, OrphanPage, OrphanView, drift_view, orphan_view
from api.find import find_tenant
from api.guard import GuardedRouter
from api.identity import AskedFor
from api.orphans import accept_deletion, find_orphan
from api.paths import OrphanId, Slug
from api.routes.tenants import Starting, WhichOf
from api.schemas import Filter, printable
from api.services import Served
from api.views import Accepted
from domain.phases import OperationKind
from store.observations import observations, out_of_sync
from store.orphans import list_orphans
from store.repairs import failed_repairs
from store.tables import ORPHANS_THERE, OrphanState

router = GuardedRouter(tags=["drift"])

MAX_PAGE = 200


class Paging(BaseModel):
    model_config = ConfigDict(extra="forbid")

    cursor: str = Field(default="", pattern="^[a-z0-9]{0,64}$", description="`next` of the page before.")
    limit: int = Field(default=50, ge=1, le=MAX_PAGE)


class OrphanListing(Paging):
    state: Filter[OrphanState] | None = Field(
        default=None,
        description="Only orphans in these states; else those that are there.",
    )


class Deletion(BaseModel):
    model_config = ConfigDict(extra="forbid")

    reason: Annotated[str, AfterValidator(printable)] = Field(
        min_length=1, max_length=500, description="Why it may go; recorded with who asked."
    )


class Repairing(Starting):
    accept_data_loss: bool = Field(
        default=False,
        description="Whether a bucket or database that was deleted with what it held is made anew, empty.",
    )


@router.get("/v1/drift", summary="List tenants that are not in sync", responses=errors("InvalidSpec", *READS))
async def drifted(services: Served, paging: Annotated[Paging, Query()]) -> DriftPage:
    """Tenants of which the last look found something that is not as wanted, or could not look."""
    tenants = await services.query(out_of_sync, paging.cursor, paging.limit)
    ids = [tenant.id for tenant in tenants]
    looks, failed = await services.query(observations, ids), await services.query(failed_repairs, ids)
    items = [drift_view(tenant, looks.get(tenant.id, []), failed.get(tenant.id)) for tenant in tenants]
    return DriftPage(items=items, next=tenants[-1].id if len(tenants) == paging.limit else None)


@router.get(
    "/v1/tenants/{slug}/drift",
    summary="Show a tenant's drift",
    responses=errors("TenantNotFound", "InvalidSpec", *READS),
)
async def tenant_drift(services: Served, slug: Slug, which: WhichOf) -> DriftView:
    """Every difference that the last look found, and since when."""
    tenant = await find_tenant(services, slug, which.id)
    looks = await services.query(observations, [tenant.id])
    failed = await services.query(failed_repairs, [tenant.id])
    return drift_view(tenant, looks.get(tenant.id, []), failed.get(tenant.id))


@router.post(
    "/v1/tenants/{slug}/repair",
    summary="Repair",
    status_code=status.HTTP_202_ACCEPTED,
    responses=errors(
        "TenantNotFound", "PhaseConflict", "OperationInProgress", "PreconditionFailed", "Refused", *CHANGES
    ),
    dependencies=[NO_BODY],
)
async def repair(changes: ChangesOf, slug: Slug, repairing: Annotated[Repairing, Query()]) -> Accepted:
    """Looks at everything, and brings back what differs, whatever the policy says. Things that are not ours
    are left untouched. Where a bucket or database is gone, the operation fails with `DataLost` and names it,
    unless its loss was accepted."""
    wish = Wish(
        OperationKind.REPAIR,
        slug,
        repairing.id,
        repairing.model_dump(mode="json", exclude={"id"}, exclude_unset=True),
        accept_data_loss=repairing.accept_data_loss,
        pause_before=repairing.pause_before,
    )
    return await changes.change(wish)


@router.get("/v1/orphans", summary="List orphans", responses=errors("InvalidSpec", *READS))
async def orphans(services: Served, listing: Annotated[OrphanListing, Query()]) -> OrphanPage:
    """Things that bear this installation's mark and belong to no tenant that may have them."""
    states = listing.state or ORPHANS_THERE
    rows = await services.query(list_orphans, listing.cursor, listing.limit, states)
    items = [orphan_view(row) for row in rows]
    return OrphanPage(items=items, next=rows[-1].id if len(rows) == listing.limit else None)


@router.get("/v1/orphans/{orphan_id}", summary="Show an orphan", responses=errors("OrphanNotFound", *READS))
async def orphan(services: Served, orphan_id: OrphanId) -> OrphanView:
    """Also when it is gone: who had it deleted, and why."""
    return orphan_view(await find_orphan(services, orphan_id))


@router.delete(
    "/v1/orphans/{orphan_id}",
    summary="Delete an orphan",
    status_code=status.HTTP_202_ACCEPTED,
    responses=errors("OrphanNotFound", "OrphanGone", *CHANGES),
    dependencies=[NO_BODY],
)
async def delete_orphan(
    services: Served,
    asked: AskedFor,
    orphan_id: OrphanId,
    deletion: Annotated[Deletion, Query()],
    response: Response,
) -> OrphanView:
    """Deletes it for good, if it still is ours and still belongs to nobody; a database leaves a last
    snapshot. An orphan is deleted once, whatever the key: follow it at `Location`."""
    row = await accept_deletion(services, orphan_id, asked.author, deletion.reason)
    response.headers["Location"] = f"/v1/orphans/{row.id}"
    return orphan_view(row)
