"""The start of a sign-up: a slug is claimed, a cell chosen, everything that will be made is written down."""

from activities.records import audit
from activities.records.desk import Desk, required
from activities.records.planning import desired, known_plan, step_plans
from domain.errors import InvalidSpec
from domain.messages import BeginInput, OperationPlan, OperationRequest
from domain.naming import slug_problem
from domain.phases import Mode, OperationKind, OperationStatus, Phase
from domain.placement import place
from domain.plans import Cell, Target
from domain.sizing import Sizes
from runtime.time_zones import known_zone
from store.capacity import requests_per_cell
from store.customers import find_customer
from store.tables import OperationRow, TenantRow
from store.tenants import insert_tenant
from store.webhooks.telling import tell_phase


def begin_signup(desk: Desk, call: BeginInput) -> OperationPlan:
    """Raises InvalidSpec, QuotaExceeded or SlugTaken; then nothing is written."""
    request = call.request
    tenant = _placed(desk, request, call.run_id)
    insert_tenant(desk.session, tenant)
    sold = known_plan(desk.catalog.plans, tenant.plan)
    plan = OperationPlan(
        tenant=desk.context(tenant),
        phase_before=None,
        before=None,
        after=desired(sold, tenant.target, Mode.RUNNING),
        steps=step_plans(desk.blueprint_of(tenant).model),
    )
    row = OperationRow(
        id=request.operation_id,
        tenant_id=tenant.id,
        kind=OperationKind.SIGNUP,
        status=OperationStatus.RUNNING,
        request=request,
        requested_by=request.requested_by,
        run_id=call.run_id,
        plan=plan,
        accepted_at=desk.now,
        started_at=desk.now,
    )
    desk.session.add(row)
    desk.session.flush()
    tell_phase(desk.session, tenant, None, request.operation_id, desk.now)
    audit.accepted(desk, tenant, row, before=None)
    desk.record_intents(tenant, plan, request.operation_id)
    return plan


def _placed(desk: Desk, request: OperationRequest, run_id: str) -> TenantRow:
    problem = slug_problem(request.slug)
    if problem:
        raise InvalidSpec(problem)
    target = _target(request)
    sold = known_plan(desk.catalog.plans, target.plan)
    sizes = desired(sold, target, Mode.RUNNING).sizes
    region = required(request.region, "region", request)
    customer_id = required(request.customer_id, "customer", request)
    customer = find_customer(desk.session, customer_id)
    if customer is None:
        raise InvalidSpec(f"there is no customer '{customer_id}'")
    zone = request.time_zone or customer.time_zone or desk.billing_zone
    cell = _cell(desk, region, sizes)
    return TenantRow(
        id=request.tenant_id,
        slug=request.slug,
        customer_id=customer_id,
        plan=sold.name,
        cell=cell.name,
        region=region,
        time_zone=_checked(zone),
        blueprint=sold.blueprint,
        phase=Phase.PROVISIONING,
        target=target,
        held_by=request.operation_id,
        run_id=run_id,
        created_at=desk.now,
        updated_at=desk.now,
    )


def _checked(zone: str) -> str:
    """A wrong one would be noticed by the first closing only."""
    try:
        return known_zone(zone)
    except ValueError as error:
        raise InvalidSpec(f"time zone '{zone}': {error}") from error


def _target(request: OperationRequest) -> Target:
    if request.target is None:
        raise InvalidSpec("a signup needs a plan and a number of users")
    return request.target


def _cell(desk: Desk, region: str, sizes: Sizes) -> Cell:
    cells = desk.catalog.cells_of(region)
    if not cells:
        regions = sorted({cell.region for cell in desk.catalog.cells.values()})
        raise InvalidSpec(f"there is no cell in region '{region}'; regions are {', '.join(regions)}")
    return place(cells, requests_per_cell(desk.session, [cell.name for cell in cells]), sizes)
