"""One installation per test process, served by a real HTTP server on loopback."""

import asyncio
import base64
import logging
from collections.abc import AsyncIterator, Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path
from typing import get_args

import pytest
import structlog
import uvicorn
from fastapi import FastAPI
from sqlalchemy import Engine
from temporalio.client import Client
from temporalio.worker import Worker
from temporalio.worker.workflow_sandbox import SandboxedWorkflowRunner, SandboxRestrictions

from activities.access import AccessDesk
from activities.drift.orphans import OrphanDesk
from activities.records import Records
from activities.recovery import Recovery
from activities.releases import Releases
from api.app import create_app
from catalog import Catalog, load_catalog
from devstack.postgres import Postgres
from devstack.processes import free_port
from devstack.temporal import Temporal
from domain.queues import Provider, billing_queue, provider_queue
from runtime.bounded_http import BoundedHttp
from runtime.clock import SystemClock
from runtime.logging import configure_logging
from runtime.settings import Settings
from runtime.temporal import connect
from store.access_grants import AccessGrants
from store.engine import make_engine
from store.inventory import Inventory
from store.orphans import Orphans
from tests.api.front import ADMIN_KEY, Front, Json, admin_at, until
from tests.api.providers import Providers
from worker.app import PASSED_THROUGH, billing_activities, webhook_activities
from worker.attempts import AttemptLimit
from worker.interceptor import FailureInterceptor
from worker.setup import set_up
from worker.together import Together
from workflows.registry import WORKFLOWS


@asynccontextmanager
async def served(app: FastAPI) -> AsyncIterator[str]:
    """The app behind uvicorn, as in production; yields its address."""
    port = free_port()
    config = uvicorn.Config(
        app, port=port, http=BoundedHttp, log_config=None, access_log=False, timeout_graceful_shutdown=1
    )
    server = uvicorn.Server(config)
    task = asyncio.create_task(server.serve())
    try:
        await until(lambda: _started(server))
        yield f"http://127.0.0.1:{port}"
    finally:
        server.should_exit = True
        await task


@pytest.fixture
def log_format() -> Iterator[Callable[[str], None]]:
    """Sets up logging in a format, until the test ends."""
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level

    def configure(name: str) -> None:
        configure_logging(Settings.model_validate({"log_format": name, "log_level": "debug"}))

    yield configure
    root.handlers[:] = handlers
    root.setLevel(level)
    structlog.reset_defaults()


async def _started(server: uvicorn.Server) -> bool | None:
    return server.started or None


@pytest.fixture(scope="session")
def api_settings(
    postgres: Postgres, temporal: Temporal, tmp_path_factory: pytest.TempPathFactory
) -> Settings:
    return settings_on(postgres.create_database("api"), temporal, tmp_path_factory.mktemp("keys"))


def settings_on(database_url: str, temporal: Temporal, folder: Path) -> Settings:
    """Those of an installation of its own; its keys lie in the folder."""
    keys = folder / "webhooks"
    keys.write_bytes(base64.b64encode(b"k" * 32))
    return Settings.model_validate(
        {
            "temporal_address": temporal.address,
            "database_url": database_url,
            "task_queue": "api",
            "billing_grace_seconds": 0,
            "billing_may_run_ahead": True,
            "webhook_keys_file": keys,
            "webhook_loopback": True,
            "webhook_interval_seconds": 3600,
            "development_key": ADMIN_KEY,
        }
    )


@pytest.fixture(scope="session")
def catalog(api_settings: Settings) -> Catalog:
    return load_catalog(api_settings.plans_file, api_settings.cells_file, api_settings.blueprints_dir)


@pytest.fixture(scope="session")
async def front(api_settings: Settings, catalog: Catalog) -> AsyncIterator[Front]:
    async with fronted(api_settings, catalog) as front:
        yield front


@asynccontextmanager
async def fronted(settings: Settings, catalog: Catalog) -> AsyncIterator[Front]:
    """API and worker over real servers."""
    client = await connect(settings)
    engine = make_engine(settings.database_url.get_secret_value(), settings.database_pool)
    await set_up(client, settings, catalog, engine)
    providers = Providers(Inventory(engine, SystemClock()))
    app = create_app(settings, catalog=catalog)
    async with (
        make_worker(client, settings, catalog, engine, providers),
        served(app) as address,
        admin_at(address) as http,
    ):
        yield Front(http, client, engine, providers, app.state.services.runs)
    engine.dispose()


def make_worker(
    client: Client,
    settings: Settings,
    catalog: Catalog,
    engine: Engine,
    providers: Providers,
    *,
    cached_runs: int = 100,
) -> Together:
    """The real workflows and records, over steps that make nothing, on all task queues.

    A worker that is replaced must cache no runs: the server waits 10 s for one that is said to have them.
    """
    records = Records(engine, catalog, settings.install, SystemClock())
    executor = ThreadPoolExecutor(max_workers=21)
    main = Worker(
        client,
        task_queue=settings.task_queue,
        workflows=WORKFLOWS,
        activities=[
            *records.activities(),
            *webhook_activities(settings, engine, SystemClock()),
            Releases(client, versioned=False).follow,
            *OrphanDesk(Orphans(engine, SystemClock())).activities(),
            *AccessDesk(AccessGrants(engine, SystemClock()), settings.install).activities(),
            *Recovery(client, settings.task_queue, engine, timedelta()).activities(),
        ],
        activity_executor=executor,
        max_concurrent_activities=20,
        max_cached_workflows=cached_runs,
        workflow_runner=SandboxedWorkflowRunner(
            restrictions=SandboxRestrictions.default.with_passthrough_modules(*PASSED_THROUGH)
        ),
        interceptors=[FailureInterceptor(), AttemptLimit(5)],
    )
    of_providers = [
        Worker(
            client,
            task_queue=provider_queue(settings.task_queue, name),
            activities=providers.activities(),
            activity_executor=executor,
            max_concurrent_activities=10,
            interceptors=[FailureInterceptor(), AttemptLimit(5)],
        )
        for name in get_args(Provider)
    ]
    billing = Worker(
        client,
        task_queue=billing_queue(settings.task_queue),
        activities=billing_activities(settings, engine, SystemClock()),
        activity_executor=executor,
        max_concurrent_activities=10,
        interceptors=[FailureInterceptor(), AttemptLimit(5)],
    )
    return Together([main, *of_providers, billing])


@pytest.fixture(scope="session")
async def active(front: Front) -> Json:
    """A tenant that is active and that no test changes."""
    return await front.active()
