"""A tenant in the middle of an operation, as the activities see it."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any

import boto3
from botocore.config import Config
from sqlalchemy import Engine
from sqlmodel import Session, select
from temporalio.activity import _Definition
from temporalio.testing import ActivityEnvironment

from activities.aws import aws_activities
from activities.records import Records
from catalog import Catalog
from domain.messages import (
    BeginInput,
    OperationPlan,
    OperationRequest,
    StepCall,
    StepOutcome,
    VerifyInput,
    VerifyOutcome,
)
from domain.naming import new_operation_id, new_tenant_id, ownership_tags, resource_name
from domain.phases import OperationKind
from domain.plans import Cell, Target
from runtime.clock import SystemClock
from runtime.settings import Settings
from store.inventory import Inventory, InventoryRow
from store.tables import ResourceRow

CUSTOMER = "customer-of-tests"
LOAD_BALANCER = "lb-1.elb.example.com"


class World:
    """One installation."""

    def __init__(self, settings: Settings, catalog: Catalog, engine: Engine) -> None:
        self.settings = settings
        self.catalog = catalog
        self.engine = engine
        self.inventory = Inventory(engine, SystemClock())
        self.records = Records(engine, catalog, settings.install, SystemClock())
        self.activities: dict[str | None, Callable[..., Any]] = {
            _Definition.must_from_callable(one).name: one
            for one in aws_activities(settings, catalog, self.inventory)
        }
        self._aws: dict[tuple[str, str], Any] = {}

    def aws(self, service: str, region: str) -> Any:
        """A client that is shared by all tests."""
        if (service, region) not in self._aws:
            self._aws[service, region] = boto3.client(  # type: ignore[call-overload]  # the service is a variable
                service,
                region_name=region,
                endpoint_url=self.settings.aws_endpoint_url,
                aws_access_key_id="person",
                aws_secret_access_key="person",
                config=Config(retries={"total_max_attempts": 1}, s3={"addressing_style": "path"}),
            )
        return self._aws[service, region]

    def begin(
        self, plan: str = "team", users: int = 50, region: str = "us-east-1", tenant_id: str | None = None
    ) -> "Subject":
        tenant_id = tenant_id or new_tenant_id()
        request = OperationRequest(
            operation_id=new_operation_id(),
            kind=OperationKind.SIGNUP,
            tenant_id=tenant_id,
            slug=f"s-{tenant_id}",
            requested_by="tests",
            customer_id=CUSTOMER,
            region=region,
            target=Target(plan=plan, users=users),
        )
        begun = ActivityEnvironment().run(self.records.begin, BeginInput(request=request, run_id="run"))
        return Subject(self, request.operation_id, begun)


class Subject:
    """One tenant whose operation holds it."""

    def __init__(self, world: World, operation_id: str, plan: OperationPlan) -> None:
        self.world = world
        self.operation_id = operation_id
        self.plan = plan
        self.tenant = plan.tenant
        self.cell: Cell = world.catalog.cells[plan.tenant.cell]
        self.outputs: dict[str, str] = {"proxy.load_balancer": LOAD_BALANCER}
        self.heartbeats: list[Any] = []

    def in_cell(self, **changes: str) -> "Subject":
        """The same tenant under a catalog whose cell has changed."""
        world = self.world
        cells = {**world.catalog.cells, self.cell.name: self.cell.model_copy(update=changes)}
        catalog = replace(world.catalog, cells=cells)
        moved = World(world.settings, catalog, world.engine)
        return Subject(moved, self.operation_id, self.plan)

    def under(self, **settings: Any) -> "Subject":
        """The same tenant served with other settings."""
        world = self.world
        other = World(world.settings.model_copy(update=settings), world.catalog, world.engine)
        return Subject(other, self.operation_id, self.plan)

    def name(self, step: str) -> str:
        return resource_name(self.tenant.install, self.tenant.id, step)

    def tags(self, step: str) -> dict[str, str]:
        return ownership_tags(self.tenant.install, self.tenant.id, self.tenant.slug, step)

    def ensure(self, step: str, **changes: Any) -> StepOutcome:
        outcome = self._step("ensure", step, **{"desired": self.plan.after, **changes})
        self.outputs |= outcome.outputs
        return outcome

    def await_ready(self, step: str, **changes: Any) -> StepOutcome:
        return self._step("await_ready", step, **{"desired": self.plan.after, **changes})

    def remove(self, step: str, **changes: Any) -> StepOutcome:
        return self._step("remove", step, **changes)

    def rotate(self, verb: str, operation_id: str) -> StepOutcome:
        """One activity of a rotation."""
        call = StepCall(tenant=self.tenant, operation_id=operation_id, step="database", outputs=self.outputs)
        outcome: StepOutcome = self._environment().run(self.world.activities[f"password.{verb}"], call)
        return outcome

    def build(self, *steps: str) -> None:
        for step in steps:
            self.ensure(step)

    def verify(self, waited_seconds: float = 0) -> VerifyOutcome:
        call = VerifyInput(tenant=self.tenant, operation_id=self.operation_id)
        environment = self._environment(timedelta(seconds=waited_seconds))
        found: VerifyOutcome = environment.run(self.world.activities["aws.verify_gone"], call)
        return found

    def rows(self, step: str) -> list[InventoryRow]:
        return self.world.inventory.rows(self.tenant.id, step=step)

    def row(self, step: str) -> InventoryRow:
        (row,) = self.rows(step)
        return row

    def proof(self, step: str) -> str:
        """How the step's one thing was proven gone."""
        (proof,) = self.proofs(step)
        return proof

    def proofs(self, step: str) -> list[str]:
        """How each of the step's things was proven gone; empty for what was not."""
        query = select(ResourceRow.proof).where(
            ResourceRow.tenant_id == self.tenant.id, ResourceRow.step == step
        )
        with Session(self.world.engine) as session:
            return [proof or "" for proof in session.exec(query)]

    def aws(self, service: str) -> Any:
        """A plain client: what a person at the console would see and do."""
        return self.world.aws(service, self.cell.region)

    def _step(self, verb: str, step: str, **fields: Any) -> StepOutcome:
        environment = self._environment(
            timedelta(seconds=fields.pop("waited_seconds", 0)), fields.pop("heartbeat_details", [])
        )
        kind = next(one.kind for one in self.plan.steps if one.name == step)
        call = StepCall(
            **{
                "tenant": self.tenant,
                "operation_id": self.operation_id,
                "step": step,
                "outputs": self.outputs,
                **fields,
            }
        )
        outcome: StepOutcome = environment.run(self.world.activities[f"{kind}.{verb}"], call)
        assert StepOutcome.model_validate_json(outcome.model_dump_json()) == outcome
        return outcome

    def _environment(
        self, waited: timedelta = timedelta(), details: Sequence[Any] = ()
    ) -> ActivityEnvironment:
        """As if the activity had first been scheduled so long ago and its last attempt had left `details`."""
        environment = ActivityEnvironment()
        first = environment.info.scheduled_time
        environment.info = replace(
            environment.info,
            current_attempt_scheduled_time=first + waited,
            heartbeat_details=details,
        )
        environment.on_heartbeat = lambda *details: self.heartbeats.append(details)
        return environment
