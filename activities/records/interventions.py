"""What people did to a run, and what they left behind."""

from activities.records.desk import Desk
from domain.messages import Condition, Intervention, ObjectName, SkipInput, SkipOutcome, Stop
from store.holds import held_tenant
from store.tables import ENDED, OperationRow, ResourceRow, ResourceState

NEEDS_ATTENTION = "NeedsAttention"
OF_A_RUN = frozenset({NEEDS_ATTENTION, "Paused"})
"""Conditions that end with the run that is in them."""


def record(operation: OperationRow, interventions: list[Intervention]) -> list[Intervention]:
    """Adds those that are not recorded yet, and answers them."""
    known = {intervention.id for intervention in operation.interventions}
    new = [intervention for intervention in interventions if intervention.id not in known]
    if new:
        operation.interventions = [*operation.interventions, *new]
    return new


def skip(desk: Desk, call: SkipInput) -> SkipOutcome:
    """Marks what is left of a step as skipped, and names it. Raises StaleRun."""
    tenant = held_tenant(desk.session, call.tenant_id, call.operation_id)
    for row in _left(desk, tenant.id, call.step):
        row.state, row.skipped, row.operation_id = ResourceState.SKIPPED, call.skipped, call.operation_id
    # Named from the rows and not from what was changed: a repeat answers the same.
    skipped = (row for row in desk.resources(tenant.id) if row.step == call.step and row.skipped)
    return SkipOutcome(things=[_named(row) for row in sorted(skipped, key=_order)])


def with_objects(desk: Desk, tenant_id: str, condition: Condition) -> Condition:
    """The condition, with the things that its steps are stuck at as far as the inventory tells."""
    if condition.type != NEEDS_ATTENTION:
        return condition
    return condition.model_copy(update={"stops": [_with_object(desk, tenant_id, s) for s in condition.stops]})


def _with_object(desk: Desk, tenant_id: str, stop: Stop) -> Stop:
    left = [] if stop.object else _left(desk, tenant_id, stop.step)
    # A step in AWS makes one thing, or names beside it; of a group of objects, only the last one is certain.
    if not left or (len(left) > 1 and left[0].provider == "kubernetes"):
        return stop
    return stop.model_copy(update={"object": _named(min(left, key=_order))})


def _left(desk: Desk, tenant_id: str, step: str) -> list[ResourceRow]:
    return [row for row in desk.resources(tenant_id) if row.step == step and row.state not in ENDED]


def _named(row: ResourceRow) -> ObjectName:
    return ObjectName(kind=row.kind, name=row.name, namespace=row.namespace)


def _order(row: ResourceRow) -> tuple[int, str]:
    """A DNS name before its wildcard and the records that mark them as ours."""
    return len(row.name), row.name
