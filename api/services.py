"""What routes work with; made once per process."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated, ParamSpec, TypeVar

import anyio.to_thread
from fastapi import Depends, Request
from sqlalchemy import Engine
from temporalio.client import Client

from api.closings import Closings
from api.progress import Progress
from api.revival import Revival
from api.runs import Runs
from api.usage import UsageDesk
from catalog import Catalog
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
    forecaster: Forecaster
    replayer: Replayer

    async def query(self, call: Callable[..., T], *args: object, **kwargs: object) -> T:
        """Runs `call(engine, ...)` in a thread: database calls block."""
        return await anyio.to_thread.run_sync(lambda: call(self.engine, *args, **kwargs))


def services(request: Request) -> Services:
    found: Services = request.app.state.services
    return found


Served = Annotated[Services, Depends(services)]
