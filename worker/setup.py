"""What an installation needs before its first worker: tables, catalog, search attributes, schedules."""

import structlog
from sqlalchemy import Engine
from temporalio.api.enums.v1 import IndexedValueType
from temporalio.api.operatorservice.v1 import AddSearchAttributesRequest, ListSearchAttributesRequest
from temporalio.client import Client
from temporalio.service import RPCError

from activities.search_attributes import ALL_KEYS
from catalog import Catalog
from catalog.meters import load_meters
from catalog.offers import load_offers
from runtime.clock import SystemClock
from runtime.settings import Settings
from store.billing.prices import sync_offers
from store.catalog_sync import sync
from store.migrate import upgrade
from worker.schedules import keep_schedules
from worker.versions import begin_with

log = structlog.get_logger()


async def set_up(client: Client, settings: Settings, catalog: Catalog, engine: Engine) -> None:
    """Brings the installation up to date; may run any number of times."""
    upgrade(settings.database_url.get_secret_value())
    sync(engine, catalog.plans.values(), catalog.cells.values())
    offers = load_offers(settings.prices_file, catalog.plans, load_meters(settings.meters_file))
    sync_offers(engine, offers.values(), SystemClock().now())
    await add_search_attributes(client)
    await keep_schedules(client, settings)
    await begin_with(client, settings)


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
