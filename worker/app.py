"""One place wires clients, activities and workflows into a Temporal worker."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

from sqlalchemy import Engine
from temporalio.client import Client
from temporalio.worker import UnsandboxedWorkflowRunner, Worker, WorkflowRunner
from temporalio.worker.workflow_sandbox import SandboxedWorkflowRunner, SandboxRestrictions

from activities.aws import aws_activities
from activities.kubernetes import kubernetes_activities
from activities.records import Records
from activities.removals import Removals
from catalog import Catalog
from runtime.clock import Clock
from runtime.settings import Settings
from store.inventory import Inventory
from store.tenants import due_for_removal
from worker.interceptor import FailureInterceptor
from workflows.registry import WORKFLOWS

# Importing these anew for each run would cost more than the run itself; none of them keeps state.
PASSED_THROUGH = (
    "pydantic",
    "pydantic_core",
    "annotated_types",
    "domain",
    "workflows",
    "activities.search_attributes",
    "structlog",
)


def build_worker(
    client: Client, settings: Settings, catalog: Catalog, engine: Engine, clock: Clock
) -> Worker:
    """A worker that serves every workflow and activity on the settings' task queue."""
    slots = settings.worker_activities
    return Worker(
        client,
        task_queue=settings.task_queue,
        workflows=WORKFLOWS,
        activities=all_activities(client, settings, catalog, engine, clock),
        # Fewer threads than slots would leave accepted activities waiting unseen.
        activity_executor=ThreadPoolExecutor(max_workers=slots + 1, thread_name_prefix="activity"),
        max_concurrent_activities=slots,
        max_cached_workflows=settings.worker_cached_runs,
        workflow_runner=workflow_runner(sandboxed=settings.worker_sandbox),
        interceptors=[FailureInterceptor()],
        # We store no payload elsewhere; above 1 the SDK makes an asyncio task per payload to look for it.
        max_workflow_task_external_storage_concurrency=1,
        graceful_shutdown_timeout=timedelta(seconds=20),
    )


def workflow_runner(*, sandboxed: bool) -> WorkflowRunner:
    """The sandbox finds what would not replay; see docs/decisions/0007 for why production goes without."""
    if not sandboxed:
        return UnsandboxedWorkflowRunner()
    return SandboxedWorkflowRunner(
        restrictions=SandboxRestrictions.default.with_passthrough_modules(*PASSED_THROUGH)
    )


def all_activities(
    client: Client, settings: Settings, catalog: Catalog, engine: Engine, clock: Clock
) -> list[Callable[..., object]]:
    inventory = Inventory(engine, clock)
    records = Records(engine, catalog, settings.install, clock)
    removals = Removals(
        client, settings.task_queue, lambda limit: due_for_removal(engine, clock.now(), limit)
    )
    return [
        *records.activities(),
        removals.start_due,
        *aws_activities(settings, catalog, inventory),
        *kubernetes_activities(settings, catalog, inventory),
    ]
