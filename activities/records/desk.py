"""One transaction of a run on the records, with what it needs to decide."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from sqlmodel import Session, select

from catalog import Catalog, LoadedBlueprint, RenderContext
from domain.errors import BlueprintError, InvalidSpec
from domain.messages import Desired, OperationPlan, OperationRequest, ResourceRef, StepPlan, TenantContext
from domain.plans import Cell, Plan
from store.inventory import intend
from store.tables import CellRow, PlanRow, ResourceRow, TenantRow


@dataclass(frozen=True)
class Desk:
    session: Session
    catalog: Catalog
    install: str
    now: datetime
    billing_zone: str = "UTC"
    """Where the wall time of billing periods is read of a tenant whose customer has no zone either."""

    def context(self, tenant: TenantRow) -> TenantContext:
        return TenantContext(
            id=tenant.id,
            slug=tenant.slug,
            customer_id=tenant.customer_id,
            install=self.install,
            region=tenant.region,
            cell=tenant.cell,
            blueprint=tenant.blueprint,
        )

    def plan_of(self, tenant: TenantRow) -> Plan:
        """The tenant's plan as it is now, or as it was when it was last sold."""
        known = self.catalog.plans.get(tenant.plan)
        return known or self.session.get_one(PlanRow, tenant.plan).definition

    def cell_of(self, tenant: TenantRow) -> Cell:
        known = self.catalog.cells.get(tenant.cell)
        return known or self.session.get_one(CellRow, tenant.cell).definition

    def blueprint_of(self, tenant: TenantRow) -> LoadedBlueprint:
        """Raises BlueprintError when its folder is no longer there."""
        if tenant.blueprint not in self.catalog.blueprints:
            raise BlueprintError(f"there is no blueprint '{tenant.blueprint}' any more")
        return self.catalog.blueprints[tenant.blueprint]

    def last_good(self, tenant: TenantRow) -> Desired | None:
        """None until the tenant is active for the first time."""
        if tenant.sizes is None or tenant.mode is None:
            return None
        return Desired(target=tenant.target, sizes=tenant.sizes, mode=tenant.mode)

    def resources(self, tenant_id: str) -> list[ResourceRow]:
        return list(self.session.exec(select(ResourceRow).where(ResourceRow.tenant_id == tenant_id)))

    def record_intents(self, tenant: TenantRow, plan: OperationPlan, operation_id: str) -> None:
        """One row for each thing that the steps of this plan may make, before any of them is made."""
        if plan.after is None:
            return
        context = RenderContext(
            tenant=plan.tenant, cell=self.cell_of(tenant), desired=plan.after, outputs=plan.outputs
        )
        refs = self.blueprint_of(tenant).resources(context)
        intend(self.session, tenant.id, operation_id, _of_steps(refs, plan.steps), self.now)


def _of_steps(refs: Iterable[ResourceRef], steps: Iterable[StepPlan]) -> list[ResourceRef]:
    names = {step.name for step in steps}
    return [ref for ref in refs if ref.step in names]


def required(value: str | None, name: str, request: OperationRequest) -> str:
    """Raises InvalidSpec when a request lacks what its kind needs."""
    if value is None:
        raise InvalidSpec(f"a {request.kind} needs a {name}")
    return value
