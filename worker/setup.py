"""What an installation needs before its first worker: tables, catalog, search attributes, schedule."""

from datetime import timedelta

import structlog
from sqlalchemy import Engine
from temporalio.api.enums.v1 import IndexedValueType
from temporalio.api.operatorservice.v1 import AddSearchAttributesRequest, ListSearchAttributesRequest
from temporalio.client import (
    Client,
    Schedule,
    ScheduleActionStartWorkflow,
    ScheduleAlreadyRunningError,
    ScheduleIntervalSpec,
    ScheduleOverlapPolicy,
    SchedulePolicy,
    ScheduleSpec,
    ScheduleUpdate,
    ScheduleUpdateInput,
)
from temporalio.service import RPCError

from activities.search_attributes import ALL_KEYS
from catalog import Catalog
from runtime.settings import Settings
from store.catalog_sync import sync
from store.migrate import upgrade
from workflows.due_removals import StartDueRemovals

log = structlog.get_logger()

REMOVALS_SCHEDULE = "due-removals"


async def set_up(client: Client, settings: Settings, catalog: Catalog, engine: Engine) -> None:
    """Brings the installation up to date; may run any number of times."""
    upgrade(settings.database_url.get_secret_value())
    sync(engine, catalog.plans.values(), catalog.cells.values())
    await add_search_attributes(client)
    await keep_schedule(client, settings)


async def add_search_attributes(client: Client) -> None:
    """Registers what is missing. Temporal Cloud refuses this call: there a person adds them once."""
    try:
        known = await client.operator_service.list_search_attributes(
            ListSearchAttributesRequest(namespace=client.namespace)
        )
        missing = {
            key.name: IndexedValueType.ValueType(key.indexed_value_type)
            for key in ALL_KEYS
            if key.name not in known.custom_attributes
        }
        if missing:
            await client.operator_service.add_search_attributes(
                AddSearchAttributesRequest(namespace=client.namespace, search_attributes=missing)
            )
    except RPCError as error:
        log.warning("search attributes not added; add them by hand", reason=error.message)


async def keep_schedule(client: Client, settings: Settings) -> None:
    """The schedule of due removals, at the interval of the settings."""
    schedule = Schedule(
        action=ScheduleActionStartWorkflow(
            StartDueRemovals.run,
            id=REMOVALS_SCHEDULE,
            task_queue=settings.task_queue,
            static_summary="start removals of tenants whose grace is over",
        ),
        spec=ScheduleSpec(
            intervals=[ScheduleIntervalSpec(every=timedelta(seconds=settings.removal_interval_seconds))]
        ),
        # The next firing finds whatever a missed one would have found.
        policy=SchedulePolicy(overlap=ScheduleOverlapPolicy.SKIP, catchup_window=timedelta(minutes=1)),
    )
    try:
        await client.create_schedule(REMOVALS_SCHEDULE, schedule)
    except ScheduleAlreadyRunningError:

        async def replace(_: ScheduleUpdateInput) -> ScheduleUpdate:
            return ScheduleUpdate(schedule=schedule)

        await client.get_schedule_handle(REMOVALS_SCHEDULE).update(replace)
