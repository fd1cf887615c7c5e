"""A tenant of the probe blueprint, and the four activities as a worker would run them for it."""

import time
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import yaml
from sqlalchemy import Engine
from temporalio.testing import ActivityEnvironment

from activities.kubernetes.activity import KubernetesActivities
from activities.kubernetes.clients import Clusters
from activities.kubernetes.cluster import Cluster
from activities.records import Records
from catalog import Catalog, LoadedBlueprint
from domain.blueprint import Blueprint
from domain.errors import NotReady
from domain.messages import (
    BeginInput,
    Desired,
    OperationRequest,
    StepCall,
    StepOutcome,
    VerifyInput,
    VerifyOutcome,
)
from domain.naming import namespace_name, new_operation_id, new_tenant_id
from domain.phases import Mode, OperationKind
from domain.plans import Cell, ComponentPlan, Plan, Target, UserRange
from domain.sizing import size
from runtime.clock import SystemClock
from runtime.settings import Settings
from store.inventory import Inventory, InventoryRow

FOLDER = Path(__file__).parent / "probe"
CELL = "use1"
CUSTOMER = "probe-customer"
INSTALL = "test"
PATIENCE_SECONDS = 60
PLAN = Plan(
    name="probe",
    title="Probe",
    blueprint="probe",
    users=UserRange(max=10),
    components={
        "web": ComponentPlan(min_replicas=2, max_replicas=4, load_per_replica=5, cpu_millis=1, memory_mib=8)
    },
)


class Tenancy:
    """Everything is intended and nothing made, until the activities run.

    `values` override the blueprint's, as a newer version of it would.
    """

    def __init__(self, engine: Engine, cells: list[Cell], kubeconfig: Path) -> None:
        self._cells = cells
        self._kubeconfig = kubeconfig
        self.inventory = Inventory(engine, SystemClock())
        self.id = new_tenant_id()
        self.namespace = namespace_name(INSTALL, self.id)
        self.operation_id = new_operation_id()
        self.values: dict[str, str] = {}
        records = Records(engine, self._catalog(), INSTALL, SystemClock())
        request = OperationRequest(
            operation_id=self.operation_id,
            kind=OperationKind.SIGNUP,
            tenant_id=self.id,
            slug=f"s-{self.id}",
            requested_by="tests",
            customer_id=CUSTOMER,
            region=next(cell.region for cell in cells if cell.name == CELL),
            target=Target(plan=PLAN.name, users=5),
        )
        self.tenant = records.begin(BeginInput(request=request, run_id="run")).tenant

    def ensure(self, step: str, mode: Mode = Mode.RUNNING) -> StepOutcome:
        return self._run("ensure", self.call(step, mode))

    def await_ready(self, step: str, mode: Mode = Mode.RUNNING) -> StepOutcome:
        return self._run("await_ready", self.call(step, mode))

    def remove(self, step: str) -> StepOutcome:
        return self._run("remove", self.call(step, None))

    def verify(self) -> VerifyOutcome:
        outcome = ActivityEnvironment().run(
            self.activities().verify_gone, VerifyInput(tenant=self.tenant, operation_id=self.operation_id)
        )
        assert isinstance(outcome, VerifyOutcome)
        return outcome

    def ready(self, step: str, mode: Mode = Mode.RUNNING) -> StepOutcome:
        """Ensures and polls, as a workflow does."""
        outcome = self.ensure(step, mode)
        return outcome if outcome.ready else self.eventually("await_ready", self.call(step, mode))

    def removed(self, *steps: str) -> None:
        """Removes and polls, as a workflow does."""
        for step in steps:
            self.eventually("remove", self.call(step, None))

    def eventually(self, name: str, call: StepCall) -> StepOutcome:
        deadline = time.monotonic() + PATIENCE_SECONDS
        while True:
            try:
                return self._run(name, call)
            except NotReady as error:
                if time.monotonic() > deadline or error.retry_after is None:
                    raise
                time.sleep(error.retry_after.total_seconds())

    def call(self, step: str, mode: Mode | None) -> StepCall:
        target = Target(plan=PLAN.name, users=5)
        desired = None if mode is None else Desired(target=target, sizes=size(PLAN, target), mode=mode)
        return StepCall(tenant=self.tenant, operation_id=self.operation_id, step=step, desired=desired)

    def activities(
        self,
        kubeconfig: Path | None = None,
        *,
        expected_rollout_seconds: float = 0,
        stuck_terminating_seconds: float = 600,
    ) -> KubernetesActivities:
        """A fresh worker's, which knows nothing of the cluster yet."""
        settings = Settings(
            install=INSTALL,
            kubeconfig=kubeconfig or self._kubeconfig,
            expected_rollout_seconds=expected_rollout_seconds,
            expected_load_balancer_seconds=0,
            stuck_terminating_seconds=stuck_terminating_seconds,
        )
        return KubernetesActivities(settings, self._catalog(), self.inventory)

    def cluster(self) -> Cluster:
        return Clusters(Settings(kubeconfig=self._kubeconfig), self._catalog().cells).of(CELL)

    def rows(self, step: str | None = None) -> dict[str, InventoryRow]:
        """The inventory by '<kind> <name>', without the group of the kind."""
        found = self.inventory.rows(self.id, step, "kubernetes")
        return {f"{row.ref.kind.rpartition('/')[2]} {row.ref.name}": row for row in found}

    def _run(self, name: str, call: StepCall) -> StepOutcome:
        outcome: Any = ActivityEnvironment().run(getattr(self.activities(), name), call)
        assert isinstance(outcome, StepOutcome)
        return outcome

    def _catalog(self) -> Catalog:
        document: dict[str, Any] = yaml.safe_load((FOLDER / "blueprint.yaml").read_text())
        document["values"] |= getattr(self, "values", {})
        blueprint = LoadedBlueprint(Blueprint.model_validate(document), FOLDER)
        return Catalog({PLAN.name: PLAN}, {cell.name: cell for cell in self._cells}, {"probe": blueprint})


def later(waited: timedelta) -> ActivityEnvironment:
    """An attempt of an activity that was first scheduled so long ago."""
    environment = ActivityEnvironment()
    first = environment.info.scheduled_time
    environment.info = replace(environment.info, current_attempt_scheduled_time=first + waited)
    return environment
