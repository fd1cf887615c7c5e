"""What the run of a grant writes: each one transaction."""

from collections.abc import Callable

from temporalio import activity

from domain.messages import TenantContext
from domain.messages.access import AccessApproval, AccessEnding, AccessPlan, AccessRequest
from store.access_grants import AccessGrants
from store.tables import TenantRow


class AccessDesk:
    """On the main queue: needs our own database only."""

    def __init__(self, grants: AccessGrants, install: str) -> None:
        self._grants = grants
        self._install = install

    def activities(self) -> list[Callable[..., object]]:
        return [self.open, self.approve, self.begin, self.end]

    @activity.defn(name="access.open")
    def open(self, request: AccessRequest) -> AccessPlan:
        """Records who wants what and why, and takes the slot, before anything is made."""
        row, tenant = self._grants.open(request)
        return AccessPlan(grant_id=row.id, tenant=self._context(tenant), mode=row.mode, slot=row.slot)

    @activity.defn(name="access.approve")
    def approve(self, approval: AccessApproval) -> None:
        self._grants.approve(approval)

    @activity.defn(name="access.begin")
    def begin(self, grant_id: str) -> None:
        self._grants.begin(grant_id)

    @activity.defn(name="access.end")
    def end(self, ending: AccessEnding) -> None:
        self._grants.end(ending)

    def _context(self, tenant: TenantRow) -> TenantContext:
        return TenantContext(
            id=tenant.id,
            slug=tenant.slug,
            customer_id=tenant.customer_id,
            install=self._install,
            region=tenant.region,
            cell=tenant.cell,
            blueprint=tenant.blueprint,
        )
