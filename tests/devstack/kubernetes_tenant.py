"""A tenant of the shipped catalog, as far as it lives in a cluster."""

from pathlib import Path

from temporalio.testing import ActivityEnvironment

from activities.kubernetes.activity import KubernetesActivities
from activities.records import Records
from catalog import load_catalog
from domain.blueprint import StepKind
from domain.errors import NotReady
from domain.messages import BeginInput, OperationPlan, OperationRequest, StepCall
from domain.naming import new_operation_id, new_tenant_id
from domain.phases import OperationKind
from domain.plans import Target
from runtime.clock import SystemClock
from runtime.settings import Settings
from store.catalog_sync import sync
from store.customers import create_customer
from store.engine import make_engine
from store.inventory import Inventory

OUTPUTS = {"database.host": "db.example.internal", "database.port": "5432"}


class Tenant:
    """A tenant that has signed up, and what a worker does for it in a cluster."""

    def __init__(self, database: str, kubeconfig: Path) -> None:
        settings = Settings(
            install="test",
            kubeconfig=kubeconfig,
            expected_rollout_seconds=0,
            expected_load_balancer_seconds=0,
        )
        catalog = load_catalog(settings.plans_file, settings.cells_file, settings.blueprints_dir)
        engine = make_engine(database, 2)
        sync(engine, list(catalog.plans.values()), list(catalog.cells.values()))
        create_customer(engine, "acme", "Acme", SystemClock().now())
        tenant_id = new_tenant_id()
        request = OperationRequest(
            operation_id=new_operation_id(),
            kind=OperationKind.SIGNUP,
            tenant_id=tenant_id,
            slug=f"s-{tenant_id}",
            requested_by="tests",
            customer_id="acme",
            region="us-east-1",
            target=Target(plan="team", users=20),
        )
        self.operation_id = request.operation_id
        records = Records(engine, catalog, settings.install, SystemClock())
        self.plan: OperationPlan = records.begin(BeginInput(request=request, run_id="run"))
        self._activities = KubernetesActivities(settings, catalog, Inventory(engine, SystemClock()))

    def groups(self) -> list[StepCall]:
        """The blueprint's steps in a cluster, in their order."""
        return [
            StepCall(
                tenant=self.plan.tenant,
                operation_id=self.operation_id,
                step=step.name,
                desired=self.plan.after,
                outputs=OUTPUTS,
            )
            for step in self.plan.steps
            if step.kind is StepKind.KUBERNETES
        ]

    def ensure(self, call: StepCall) -> bool:
        return bool(ActivityEnvironment().run(self._activities.ensure, call).ready)

    def is_ready(self, call: StepCall) -> bool:
        try:
            return bool(ActivityEnvironment().run(self._activities.await_ready, call).ready)
        except NotReady:
            return False
