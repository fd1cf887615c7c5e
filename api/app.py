"""The HTTP API, wired from settings."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta

from fastapi import FastAPI
from fastapi_offline import FastAPIOffline
from starlette.middleware import Middleware

from activities.recovery import Recovery
from api.ambiguity import Unambiguous
from api.authentication import Authentication
from api.closings import Closings
from api.docs import DESCRIPTION, TAGS, TITLE, install_openapi
from api.errors import install_error_answers
from api.grants import Grants
from api.middleware import BodyLimit, Head, RequestLog, Slashes
from api.previews import Previews
from api.progress import Progress
from api.rates import Rates
from api.revival import Revival
from api.routes import (
    attention,
    audit,
    cells,
    closings,
    customers,
    drift,
    events,
    giving,
    health,
    invoices,
    keys,
    me,
    operations,
    passwords,
    plans,
    previews,
    problems,
    recoveries,
    replays,
    support,
    tenants,
    usage,
    webhooks,
)
from api.runs import Runs
from api.services import Services
from api.streams import Streams
from api.usage import UsageDesk
from api.webhook_settings import WebhookSettings
from catalog import Catalog, load_catalog
from catalog.meters import load_meters
from runtime.clock import Clock, SystemClock
from runtime.payloads import data_converter
from runtime.settings import Settings
from runtime.temporal import connect
from store.billing.forecasting import Forecaster
from store.billing.replay import Replayer
from store.engine import make_engine

ROUTERS = (
    customers.router,
    tenants.router,
    passwords.router,
    previews.router,
    usage.router,
    operations.router,
    attention.router,
    drift.router,
    invoices.router,
    giving.router,
    replays.router,
    closings.router,
    events.router,
    webhooks.router,
    recoveries.router,
    audit.router,
    plans.router,
    cells.router,
    keys.router,
    me.router,
    support.router,
    problems.router,
    health.router,
)
TEMPORAL_PATIENCE = timedelta(seconds=3)
"""How long a call is tried again while Temporal is away; then 503 and the client's turn."""


def create_app(settings: Settings, *, catalog: Catalog | None = None, clock: Clock | None = None) -> FastAPI:
    """Starts also while PostgreSQL and Temporal are away.

    Raises CatalogError, WrongKeyRing, WrongSigningKeys.
    """
    sold = catalog or load_catalog(settings.plans_file, settings.cells_file, settings.blueprints_dir)
    meters = load_meters(settings.meters_file)
    now = clock or SystemClock()
    signed = WebhookSettings.of(settings)
    converter = data_converter(settings)

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        engine = make_engine(settings.database_url.get_secret_value(), settings.database_pool)
        app.state.authentication = Authentication(settings, engine, now)
        app.state.rates = Rates(settings.api_requests_per_minute)
        app.state.streams = Streams(settings.api_streams_per_caller)
        client = await connect(settings, converter=converter, lazy=True, give_up_after=TEMPORAL_PATIENCE)
        settling = timedelta(seconds=settings.recovery_settling_seconds)
        recovery = Recovery(client, settings.task_queue, engine, settling)
        revival = Revival(client, settings.task_queue, engine, recovery)
        app.state.services = Services(
            catalog=sold,
            engine=engine,
            clock=now,
            temporal=client,
            runs=Runs(client, settings.task_queue, revival),
            revival=revival,
            progress=Progress(client),
            usage=UsageDesk(engine, now, meters, at_once=max(settings.database_pool // 2, 1)),
            closings=Closings(client, settings.task_queue, may_run_ahead=settings.billing_may_run_ahead),
            grants=Grants(client, settings),
            forecaster=Forecaster(engine, now, {meter.name: meter.title for meter in meters.values()}),
            replayer=Replayer(engine, now, timedelta(seconds=settings.billing_grace_seconds)),
            webhooks=signed,
            previews=Previews(client, engine, sold, now, settings),
        )
        try:
            yield
        finally:
            engine.dispose()

    # Its /docs comes from files of the package: FastAPI's own page loads scripts from elsewhere.
    app = FastAPIOffline(
        title=TITLE,
        description=DESCRIPTION,
        version="1",
        openapi_tags=TAGS,
        redoc_url=None,
        generate_unique_id_function=lambda route: route.name,
        redirect_slashes=False,  # a redirect would lose the body of a change
        lifespan=lifespan,
        middleware=[
            Middleware(RequestLog),
            Middleware(
                BodyLimit,
                limit=settings.api_max_body_bytes,
                larger={usage.PATH: settings.api_max_usage_bytes},
                seconds=settings.api_body_seconds,
            ),
            Middleware(Unambiguous),
            Middleware(Slashes),
            Middleware(Head),
        ],
    )
    install_error_answers(app)
    app.exception_handler(events.NothingMore)(events.nothing_more)
    for router in ROUTERS:
        app.include_router(router)
    install_openapi(app)
    return app
