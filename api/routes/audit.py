"""The audit log: who changed what, when and why."""

from typing import Annotated, Literal

from fastapi import Query
from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from api.audit_views import AuditPage, CheckpointView, TenantAuditPage, TenantAuditView
from api.docs import READS, errors
from api.find import find_tenant
from api.guard import GuardedRouter
from api.paths import Slug
from api.routes.tenants import Which
from api.schemas import Filter, Moment, TenantId
from api.services import Served
from store.audit_reading import MAX_PAGE, AuditFilter, audit_head, read_audit

router = GuardedRouter(tags=["audit"])

Cursor = Annotated[
    str | None, Field(pattern="^[0-9]{1,18}$", description="`next` of the page before; a row's number.")
]
Text = Annotated[str, StringConstraints(min_length=1, max_length=200, pattern=r"^[^\x00]*$")]


class Paging(BaseModel):
    model_config = ConfigDict(extra="forbid")

    cursor: Cursor = None
    limit: int = Field(default=50, ge=1, le=MAX_PAGE)


class Listing(Paging):
    tenant_id: TenantId | None = Field(default=None, description="Only of this tenant.")
    actor: Filter[Text] | None = Field(default=None, description="Only by these.")
    action: Filter[Text] | None = Field(default=None, description="Only these, as `scale.accepted`.")
    since: Moment | None = Field(default=None, description="Only from then on.")
    until: Moment | None = Field(default=None, description="Only before then.")
    order: Literal["newest", "oldest"] = Field(default="newest", description="What comes first.")

    def narrowed(self) -> AuditFilter:
        return AuditFilter(
            tenant_id=self.tenant_id,
            actors=self.actor,
            actions=self.action,
            since=self.since,
            until=self.until,
        )


class OfTenant(Which):
    cursor: Cursor = None
    limit: int = Field(default=50, ge=1, le=MAX_PAGE)


@router.get("/v1/audit", summary="Read the audit log", responses=errors("InvalidSpec", *READS))
async def audit(services: Served, listing: Annotated[Listing, Query()]) -> AuditPage:
    """Every change, with who, why, before and after. Read whole and oldest first, it can be verified:
    each row bears the hash of the one before. `head` is the newest row's."""
    head = await services.query(audit_head)
    edge = _edge(listing.cursor, oldest=listing.order == "oldest")
    page = await services.query(read_audit, limit=listing.limit, of=listing.narrowed(), **edge)
    return AuditPage(items=page.items, next=_text(page.next), head=CheckpointView.of(head))


@router.get(
    "/v1/tenants/{slug}/audit",
    summary="Read a tenant's audit log",
    responses=errors("TenantNotFound", "InvalidSpec", *READS),
)
async def tenant_audit(
    services: Served, slug: Slug, listing: Annotated[OfTenant, Query()]
) -> TenantAuditPage:
    """What was done to the tenant and why, newest first. Of our people it names nobody: it says `staff`."""
    tenant = await find_tenant(services, slug, listing.id)
    of = AuditFilter(tenant_id=tenant.id)
    page = await services.query(read_audit, limit=listing.limit, of=of, **_edge(listing.cursor))
    return TenantAuditPage(items=[TenantAuditView.of(one) for one in page.items], next=_text(page.next))


def _edge(cursor: str | None, *, oldest: bool = False) -> dict[str, int]:
    if oldest:
        return {"after": int(cursor or 0)}
    return {"before": int(cursor)} if cursor else {}


def _text(number: int | None) -> str | None:
    return None if number is None else str(number)
