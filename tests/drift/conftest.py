"""An installation of its own: a scan looks at every tenant, and takes what it does not know for orphans."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

import httpx
import pytest
from sqlalchemy import Connection, Engine, text

from catalog import Catalog, load_catalog
from devstack.postgres import Postgres
from domain.messages import DriftInput, DriftResult
from runtime.clock import SystemClock
from runtime.settings import Settings
from runtime.temporal import connect
from store.engine import make_engine
from tests.audit import Auditor
from tests.workflows import calls
from tests.workflows.conftest import _cluster_urls
from tests.workflows.stage import PATIENCE_SECONDS, POLL_SECONDS, Json, Stage, serving
from worker.app import build_worker
from worker.schedules import DRIFT, schedule_id
from worker.setup import set_up

INSTALL = "drift"
REPAIRS = "drift-repairs"
"""Task queue of workers whose policy repairs; the main one's reports."""
FORGET = text(
    "UPDATE tenant SET phase = 'cancelled', deleted_at = now(), remove_after = NULL "
    "WHERE held_by IS NULL AND phase IN ('active', 'suspended', 'closed') AND id <> ALL(:before)"
)


@dataclass
class DriftStage(Stage):
    """A stage with a clock hand: scans when a test says so."""

    engine: Engine | None = None

    def transaction(self) -> AbstractContextManager[Connection]:
        assert self.engine
        return self.engine.begin()

    async def scan(self, *, repair: bool = False, orphans: bool = False, **given: Any) -> DriftResult:
        """One whole scan, by workers that repair or only report."""
        queue = REPAIRS if repair else self.settings.task_queue
        result: DriftResult = await self.client.execute_workflow(
            "CheckDrift",
            DriftInput(orphans=orphans, **given),
            id=f"scan-{uuid4().hex[:8]}",
            task_queue=queue,
            result_type=DriftResult,
        )
        return result

    async def drift(self, tenant: Json) -> Json:
        answer = await self.http.get(f"/v1/tenants/{tenant['slug']}/drift")
        assert answer.status_code == 200, answer.text
        view: Json = answer.json()
        return view

    async def conditions(self, tenant: Json) -> dict[str, Json]:
        """By type."""
        return {one["type"]: one for one in (await self.tenant(tenant))["conditions"]}

    async def repairs(self, tenant: Json) -> list[Json]:
        """Those of the tenant's latest operations, newest first."""
        answer = await self.http.get(f"/v1/tenants/{tenant['slug']}/operations")
        return [one for one in answer.json() if one["kind"] == "repair"]

    async def repaired(self, tenant: Json) -> Json:
        """The last view of the newest repair, which a scan has just started."""
        async with asyncio.timeout(PATIENCE_SECONDS):
            while not await self.repairs(tenant):  # noqa: ASYNC110 - it begins in another process
                await asyncio.sleep(POLL_SECONDS)
        return await self.finished({"operation_id": (await self.repairs(tenant))[0]["id"]})

    def name(self, tenant: Json, step: str) -> str:
        return f"{INSTALL}-{tenant['tenant_id']}-{step}"

    async def writes(self, tenant_ids: set[str]) -> list[str]:
        """Calls that changed, or tried to change, something of these tenants at the providers."""
        return await calls.writes(self, tenant_ids)

    async def calls(self) -> list[str]:
        """Operations that were asked of AWS."""
        async with httpx.AsyncClient() as http:
            answer = await http.get(f"{self.settings.aws_endpoint_url}/_devstack/calls")
        return [call["operation"] for call in answer.json()["calls"]]

    async def forget_calls(self) -> None:
        await calls.forget_calls(self)


@pytest.fixture(autouse=True)
async def alone(request: pytest.FixtureRequest) -> AsyncIterator[None]:
    """Ends the tenants of each test behind it: every later scan would look at them again."""
    if "stage" not in request.fixturenames:
        yield
        return
    stage: DriftStage = request.getfixturevalue("stage")
    with stage.transaction() as connection:
        before = [row.id for row in connection.execute(text("SELECT id FROM tenant"))]
    yield
    with stage.transaction() as connection:
        connection.execute(FORGET, {"before": before})


@pytest.fixture(scope="session")
def drift_settings(settings: Settings, postgres: Postgres) -> Settings:
    return Settings.model_validate(
        settings.model_dump()
        | {
            "install": INSTALL,
            "database_url": postgres.create_database("drift"),
            "task_queue": "drift",
            "drift_tenants_per_minute": 6000,
            "TENANTRY_AWS_ENDPOINT_URL": settings.aws_endpoint_url,
        }
    )


@pytest.fixture(scope="session")
def drift_catalog(drift_settings: Settings) -> Catalog:
    return load_catalog(drift_settings.plans_file, drift_settings.cells_file, drift_settings.blueprints_dir)


@pytest.fixture(scope="session")
async def stage(
    drift_settings: Settings, drift_catalog: Catalog, auditor: Auditor
) -> AsyncIterator[DriftStage]:
    """An installation that serves, with workers that report and workers that repair."""
    client = await connect(drift_settings)
    engine = make_engine(drift_settings.database_url.get_secret_value(), drift_settings.database_pool)
    await set_up(client, drift_settings, drift_catalog, engine)
    # Begun by the clock in the middle of a test, a scan would make the one that the test asks for be skipped.
    await client.get_schedule_handle(schedule_id(drift_settings.install, DRIFT)).pause()
    repairing = drift_settings.model_copy(update={"task_queue": REPAIRS, "drift_policy": {"*": "repair"}})
    async with (
        build_worker(client, drift_settings, drift_catalog, engine, SystemClock()),
        build_worker(client, repairing, drift_catalog, engine, SystemClock()),
        serving(drift_settings) as http,
    ):
        urls = _cluster_urls(drift_settings.kubeconfig)
        yield DriftStage(http, client, drift_settings, auditor, urls, engine)
    engine.dispose()
