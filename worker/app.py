"""One place wires clients, activities and workflows into Temporal workers, one per role."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import Engine
from temporalio.client import Client
from temporalio.worker import (
    Interceptor,
    PollerBehaviorSimpleMaximum,
    UnsandboxedWorkflowRunner,
    Worker,
    WorkflowRunner,
)
from temporalio.worker.workflow_sandbox import SandboxedWorkflowRunner, SandboxRestrictions

from activities.access import AccessDesk
from activities.aws import aws_activities
from activities.billing.closing import Closing
from activities.billing.delivery import Handover
from activities.billing.issuer import issuer_of
from activities.billing.sinks.choice import sink_of
from activities.drift.orphans import OrphanDesk
from activities.drift.scan import Scan
from activities.kubernetes import kubernetes_activities
from activities.records import Records
from activities.records.planning import login_steps
from activities.recovery import Recovery
from activities.releases import Releases
from activities.removals import Removals
from activities.rotations import Rotations
from activities.usage_upkeep import UsageUpkeep
from activities.webhooks.courier import Courier
from activities.webhooks.sending import Sender
from catalog import Catalog
from catalog.meters import load_meters
from domain.billing.document import Letterhead
from domain.drift import Policy
from runtime.clock import Clock
from runtime.settings import Role, Settings
from runtime.signing_keys import read_signing_keys
from store.access_grants import AccessGrants
from store.billing.closing import Closer
from store.billing.deliveries import Deliveries
from store.billing.kept import RatedUsage
from store.billing.numbering import Numberer, Numbering
from store.billing.runs import ClosingRuns
from store.inventory import Inventory
from store.observations import Observations
from store.orphans import Orphans
from store.rotations import due_for_rotation
from store.tables import TenantRow
from store.tenants import due_for_removal
from store.webhooks.queue import Queue
from worker.attempts import AttemptLimit
from worker.interceptor import FailureInterceptor
from worker.roles import POLLERS, per_second, queue_of
from worker.together import Together
from worker.versions import deployment_config
from workflows.following import following
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

TRIED_AGAIN = timedelta(days=1)
"""How long a tenant is left alone after a rotation that did not end well."""

Activities = list[Callable[..., object]]


def build_worker(
    client: Client, settings: Settings, catalog: Catalog, engine: Engine, clock: Clock
) -> Together:
    """Workers for the roles of the settings, each on a queue of its own."""
    inventory = Inventory(engine, clock)
    makers: dict[Role, Callable[[], Worker]] = {
        "records": lambda: _worker(
            client,
            settings,
            "records",
            records_activities(client, settings, catalog, engine, clock),
            workflows=following(WORKFLOWS) if settings.build_id else WORKFLOWS,
            max_cached_workflows=settings.worker_cached_runs,
            sticky_queue_schedule_to_start_timeout=timedelta(seconds=settings.worker_missed_seconds),
            workflow_runner=workflow_runner(sandboxed=settings.worker_sandbox),
        ),
        "aws": lambda: _worker(client, settings, "aws", aws_activities(settings, catalog, inventory)),
        "kubernetes": lambda: _worker(
            client, settings, "kubernetes", kubernetes_activities(settings, catalog, inventory)
        ),
        "billing": lambda: _worker(client, settings, "billing", billing_activities(settings, engine, clock)),
    }
    return Together([makers[role]() for role in settings.worker_roles])


def records_activities(
    client: Client, settings: Settings, catalog: Catalog, engine: Engine, clock: Clock
) -> Activities:
    """What needs our own database and Temporal only."""
    records = Records(engine, catalog, settings.install, clock, settings.billing_zone)
    removals = Removals(
        client, settings.task_queue, lambda limit: due_for_removal(engine, clock.now(), limit)
    )
    releases = Releases(client, versioned=settings.build_id is not None)
    settling = timedelta(seconds=settings.recovery_settling_seconds)
    recovery = Recovery(client, settings.task_queue, engine, settling)
    observations = Observations(engine, clock)
    scan = Scan(client, settings.task_queue, catalog, Policy(settings.drift_policy), observations)
    return [
        *records.activities(),
        removals.start_due,
        Rotations(client, settings.task_queue, old_passwords(settings, catalog, engine, clock)).start_due,
        *recovery.activities(),
        releases.follow,
        *scan.activities(),
        *OrphanDesk(Orphans(engine, clock)).activities(),
        *webhook_activities(settings, engine, clock),
        *AccessDesk(AccessGrants(engine, clock), settings.install).activities(),
    ]


def webhook_activities(settings: Settings, engine: Engine, clock: Clock) -> Activities:
    """None without keys: there is nothing to sign with. Raises WrongSigningKeys."""
    if settings.webhook_keys_file is None:
        return []
    keys = read_signing_keys(settings.webhook_keys_file)
    sender = Sender(keys, clock, loopback=settings.webhook_loopback)
    return Courier(Queue(engine, clock), sender).activities()


def old_passwords(
    settings: Settings, catalog: Catalog, engine: Engine, clock: Clock
) -> Callable[[], list[TenantRow]]:
    rotated = [name for name, one in catalog.blueprints.items() if login_steps(one.model)]

    def due() -> list[TenantRow]:
        if not settings.password_days:
            return []
        now = clock.now()
        made_before, tried_before = now - timedelta(days=settings.password_days), now - TRIED_AGAIN
        return due_for_rotation(engine, made_before, tried_before, rotated, settings.rotations_per_look)

    return due


def billing_activities(settings: Settings, engine: Engine, clock: Clock) -> Activities:
    """What needs our own database and the sink of invoices only."""
    titles = {meter.name: meter.title for meter in load_meters(settings.meters_file).values()}
    letterhead = Letterhead(issuer_of(settings), titles)
    grace = timedelta(seconds=settings.billing_grace_seconds)
    numbering = Numbering(settings.invoice_number, ZoneInfo(settings.billing_zone))
    closing = Closing(
        ClosingRuns(engine, clock),
        Closer(engine, RatedUsage(engine, clock), grace, letterhead),
        Numberer(engine, numbering, letterhead, clock),
        clock,
        may_run_ahead=settings.billing_may_run_ahead,
    )
    handover = Handover(Deliveries(engine, clock), sink_of(settings, clock))
    return [*closing.activities(), *handover.activities(), UsageUpkeep(engine, clock).keep]


def workflow_runner(*, sandboxed: bool) -> WorkflowRunner:
    """The sandbox finds what would not replay; see docs/decisions/0007 for why production goes without."""
    if not sandboxed:
        return UnsandboxedWorkflowRunner()
    return SandboxedWorkflowRunner(
        restrictions=SandboxRestrictions.default.with_passthrough_modules(*PASSED_THROUGH)
    )


def _worker(client: Client, settings: Settings, role: Role, activities: Activities, **more: Any) -> Worker:
    slots = settings.worker_activities
    return Worker(
        client,
        task_queue=queue_of(settings.task_queue, role),
        activities=activities,
        # Fewer threads than slots would leave accepted activities waiting unseen.
        activity_executor=ThreadPoolExecutor(max_workers=slots + 1, thread_name_prefix=role),
        max_concurrent_activities=slots,
        max_task_queue_activities_per_second=per_second(settings, role),
        activity_task_poller_behavior=PollerBehaviorSimpleMaximum(POLLERS[role]),
        interceptors=_interceptors(settings),
        # We store no payload elsewhere; above 1 the SDK makes an asyncio task per payload to look for it.
        max_workflow_task_external_storage_concurrency=1,
        deployment_config=deployment_config(settings),
        graceful_shutdown_timeout=timedelta(seconds=20),
        **more,
    )


def _interceptors(settings: Settings) -> list[Interceptor]:
    limit = settings.attempt_seconds
    return [FailureInterceptor(), *([AttemptLimit(limit)] if limit else [])]
