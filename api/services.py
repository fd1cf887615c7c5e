"""What routes work with: made once per process, and for each request with who asks."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Annotated, ParamSpec, TypeVar

import anyio.to_thread
from fastapi import Depends, Request
from sqlalchemy import Engine
from temporalio.client import Client

from api.closings import Closings
from api.grants import Grants
from api.identity import NOBODY, caller_of
from api.previews import Previews
from api.progress import Progress
from api.revival import Revival
from api.runs import Runs
from api.usage import UsageDesk
from api.webhook_settings import WebhookSettings
from catalog import Catalog
from domain.access import Caller
from runtime.clock import Clock
from store.billing.forecasting import Forecaster
from store.billing.replay import Replayer

P = ParamSpec("P")
T = TypeVar("T")


@dataclass(frozen=True)
class Services:
    catalog: Catalog
    engine: Engine
    clock: Clock
    temporal: Client
    runs: Runs
    revival: Revival
    progress: Progress
    usage: UsageDesk
    closings: Closings
    grants: Grants
    forecaster: Forecaster
    replayer: Replayer
    webhooks: WebhookSettings
    previews: Previews
    caller: Caller = NOBODY

    async def query(self, call: Callable[..., T], *args: object, **kwargs: object) -> T:
        """Runs `call(engine, ...)` in a thread: database calls block."""
        return await anyio.to_thread.run_sync(lambda: call(self.engine, *args, **kwargs))


def services(request: Request) -> Services:
    found: Services = request.app.state.services
    return replace(found, caller=caller_of(request))


Served = Annotated[Services, Depends(services)]
