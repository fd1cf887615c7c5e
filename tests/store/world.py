"""An installation without a run: a real database, the real catalog, and the hands of a run on the records."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

from sqlalchemy import Engine

from activities.records import Records
from catalog import Catalog
from domain.messages import (
    AcceptInput,
    BeginInput,
    Condition,
    FinishInput,
    OperationPlan,
    OperationRequest,
    StateInput,
    StepCall,
    VerifyInput,
)
from domain.naming import new_operation_id, new_tenant_id
from domain.phases import TRANSITIONS, OperationKind, OperationStatus, Phase
from domain.plans import Cell, Target
from runtime.clock import MovableClock
from store.catalog_sync import sync
from store.customers import create_customer
from store.inventory import Gone, Inventory, Made
from store.operations import get_operation
from store.tables import OperationRow, TenantRow
from store.tenants import get_tenant_by_id

SMALL = Target(plan="echo", users=10)
LARGE = Target(plan="echo", users=900)


@dataclass
class Tenant:
    """A tenant under test, with the request that signed it up."""

    id: str
    slug: str
    signup: OperationRequest


@dataclass
class FixedClock:
    instant: datetime

    def now(self) -> datetime:
        return self.instant


class World:
    def __init__(self, engine: Engine, catalog: Catalog) -> None:
        self.engine = engine
        self.catalog = catalog
        self.clock = MovableClock()
        self.records = Records(engine, catalog, "test", self.clock)
        self.inventory = Inventory(engine, self.clock)
        self.customer_id = create_customer(engine, f"c{uuid4().hex[:12]}", "Acme", self.clock.now()).id

    def with_cells(self, *cells: Cell) -> "World":
        """The same database as a worker sees it that knows these cells only."""
        sync(self.engine, [], cells)
        return World(self.engine, replace(self.catalog, cells={cell.name: cell for cell in cells}))

    def without_plan(self, name: str) -> "World":
        """The same database as a worker sees it whose plans.yaml has dropped a plan."""
        plans = {key: plan for key, plan in self.catalog.plans.items() if key != name}
        return World(self.engine, replace(self.catalog, plans=plans))

    def without_blueprints(self) -> "World":
        """The same database as a worker sees it whose blueprints folder is empty."""
        return World(self.engine, replace(self.catalog, blueprints={}))

    def at(self, instant: datetime) -> "World":
        """The same database at a fixed instant."""
        world = World(self.engine, self.catalog)
        world.records = Records(self.engine, self.catalog, "test", FixedClock(instant))
        return world

    # --- requests ----------------------------------------------------------------------------------------

    def signup_request(self, target: Target = SMALL, **changes: Any) -> OperationRequest:
        tenant_id = new_tenant_id()
        values: dict[str, Any] = {
            "operation_id": new_operation_id(),
            "kind": OperationKind.SIGNUP,
            "tenant_id": tenant_id,
            "slug": f"s-{tenant_id}",
            "requested_by": "tests",
            "customer_id": self.customer_id,
            "region": "us-east-1",
            "target": target,
        }
        return OperationRequest(**values | changes)

    def request(self, kind: OperationKind, tenant: Tenant, **changes: Any) -> OperationRequest:
        values: dict[str, Any] = {
            "operation_id": new_operation_id(),
            "kind": kind,
            "tenant_id": tenant.id,
            "slug": tenant.slug,
            "requested_by": "tests",
            "target": LARGE if kind is OperationKind.SCALE else None,
        }
        return OperationRequest(**values | changes)

    # --- what a run does ---------------------------------------------------------------------------------

    def begin(self, request: OperationRequest, run_id: str = "run") -> OperationPlan:
        return self.records.begin(BeginInput(request=request, run_id=run_id))

    def signing_up(self, **changes: Any) -> Tenant:
        """A tenant whose sign-up has begun."""
        request = self.signup_request(**changes)
        self.begin(request)
        return Tenant(request.tenant_id, request.slug, request)

    def active(self, **changes: Any) -> Tenant:
        """A tenant of which everything was made."""
        tenant = self.signing_up(**changes)
        self.make_everything(tenant.signup)
        self.end(tenant.signup)
        return tenant

    def make_everything(self, request: OperationRequest) -> None:
        """What the steps of a successful run write to the inventory."""
        for row in self.inventory.rows(request.tenant_id):
            call = self.call(request, row.ref.step)
            self.inventory.made_all(call, [Made(row.ref.kind, row.ref.name, row.ref.namespace)])

    def lose_everything(self, request: OperationRequest) -> None:
        """What an undo, or the verification after a removal, writes to the inventory."""
        things = [
            Gone(row.ref.kind, row.ref.name, "asked: 404", row.ref.namespace)
            for row in self.inventory.rows(request.tenant_id)
        ]
        self.inventory.gone_all(request.tenant_id, request.operation_id, things)

    def call(self, request: OperationRequest, step: str) -> StepCall:
        return StepCall(tenant=self.context(request), operation_id=request.operation_id, step=step)

    def context(self, request: OperationRequest) -> Any:
        plan = self.operation(request).plan
        assert plan is not None
        return plan.tenant

    def verify_input(self, request: OperationRequest) -> VerifyInput:
        return VerifyInput(tenant=self.context(request), operation_id=request.operation_id)

    def ending(self, request: OperationRequest, **changes: Any) -> FinishInput:
        """The good ending of an operation; `changes` make it another."""
        plan = self.operation(request).plan
        values: dict[str, Any] = {
            "tenant_id": request.tenant_id,
            "operation_id": request.operation_id,
            "result_of": request.operation_id,
            "status": OperationStatus.SUCCEEDED,
            "phase": TRANSITIONS[request.kind].ends_in,
            "desired": plan.after if plan else None,
        }
        return FinishInput(**values | changes)

    def end(self, request: OperationRequest, **changes: Any) -> None:
        self.records.finish(self.ending(request, **changes))

    def take_over(self, successor: OperationRequest, holder: OperationRequest) -> None:
        self.records.accept(AcceptInput(request=successor, run_id="run", holder=holder.operation_id))

    def note(self, request: OperationRequest, condition: Condition) -> None:
        self.records.note(
            StateInput(tenant_id=request.tenant_id, operation_id=request.operation_id, condition=condition)
        )

    def closed(self, **changes: Any) -> Tenant:
        """A tenant in its grace of one hour."""
        tenant = self.active(**changes)
        leave = self.request(OperationKind.TEARDOWN, tenant, grace_seconds=3600)
        self.begin(leave)
        self.end(leave, phase=Phase.CLOSED, remove_after=self.in_seconds(3600))
        return tenant

    def in_seconds(self, seconds: int) -> datetime:
        return self.clock.now() + timedelta(seconds=seconds)

    # --- what is written ---------------------------------------------------------------------------------

    def tenant(self, tenant: Tenant) -> TenantRow:
        row = get_tenant_by_id(self.engine, tenant.id)
        assert row is not None
        return row

    def operation_or_none(self, request: OperationRequest) -> OperationRow | None:
        return get_operation(self.engine, request.operation_id)

    def operation(self, request: OperationRequest) -> OperationRow:
        row = self.operation_or_none(request)
        assert row is not None
        return row

    def snapshot(self, tenant: Tenant) -> Any:
        """Everything that the database holds of a tenant, to compare before and after."""
        return (
            self.tenant(tenant).model_dump(),
            self.operation(tenant.signup).model_dump(),
            self.inventory.rows(tenant.id),
        )
