"""What an operation would begin with, read from the records and not written."""

from dataclasses import dataclass

from activities.records.begin import planned, steps_to_remove
from activities.records.billing import change_of
from activities.records.desk import Desk
from domain.billing.facts import ChangeFact
from domain.errors import TenantNotFound
from domain.messages import OperationPlan, OperationRequest
from domain.phases import OperationKind
from domain.placement import Requests
from domain.plans import Cell
from store.capacity import counted_per_cell
from store.tables import TenantRow


@dataclass(frozen=True)
class Foresight:
    plan: OperationPlan
    """With the steps that a removal takes away, where everything is removed at once."""
    removes: bool
    price: ChangeFact | None
    """What changes in what the tenant pays, as if it took effect now."""
    cell: Cell
    others: Requests
    """What the cell's other tenants request."""


def foresee(desk: Desk, request: OperationRequest) -> Foresight:
    """Raises a PermanentError where the operation would be refused."""
    tenant = desk.session.get(TenantRow, request.tenant_id)
    if tenant is None:
        raise TenantNotFound(f"there is no tenant '{request.slug}' ({request.tenant_id})")
    plan = planned(desk, request, tenant)
    removes = request.kind is OperationKind.TEARDOWN and plan.grace_seconds == 0
    if removes:
        plan = plan.model_copy(update={"steps": steps_to_remove(desk, tenant), "after": None})
    at = desk.now.replace(microsecond=0)
    target = plan.after.target if plan.after else tenant.target
    return Foresight(
        plan=plan,
        removes=removes,
        price=change_of(desk.session, tenant, request.kind, target, request.operation_id, at),
        cell=desk.cell_of(tenant),
        others=counted_per_cell(desk.session, [tenant.cell], without=tenant.id).get(tenant.cell, Requests()),
    )
