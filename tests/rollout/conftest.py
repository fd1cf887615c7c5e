"""An installation whose workers say which version they are; its versions serve side by side."""

import contextlib
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from pydantic import SecretStr
from sqlalchemy import Engine
from temporalio.client import WorkflowHandle

from catalog import Catalog, load_catalog
from devstack.postgres import Postgres
from devstack.temporal import Temporal
from runtime.clock import SystemClock
from runtime.settings import Settings
from runtime.temporal import connect
from store.engine import make_engine
from tests.audit import Auditor
from tests.rights.shipped import ROLLOUTS
from tests.workflows.stage import Stage, serving
from worker import app
from worker.setup import set_up
from worker.versions import promote
from workflows.registry import WORKFLOWS

NAMES = iter(ROLLOUTS)


@dataclass
class Rollout:
    """One installation and its versions."""

    stage: Stage
    catalog: Catalog
    engine: Engine

    @contextlib.asynccontextmanager
    async def version(self, build_id: str | None, *changed: type) -> AsyncIterator[None]:
        """Workers of a version serve while the block runs; `changed` classes replace those they extend."""
        settings = self.stage.settings.model_copy(update={"build_id": build_id})
        replaced = {base for workflow in changed for base in workflow.__bases__}
        code = [*(workflow for workflow in WORKFLOWS if workflow not in replaced), *changed]
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(app, "WORKFLOWS", code)
            workers = app.build_worker(self.stage.client, settings, self.catalog, self.engine, SystemClock())
        async with workers:
            yield

    async def set_up(self, build_id: str) -> None:
        settings = self.stage.settings.model_copy(update={"build_id": build_id})
        await set_up(self.stage.client, settings, self.catalog, self.engine)

    async def promote(self, build_id: str) -> None:
        await promote(self.stage.client, self.stage.settings.model_copy(update={"build_id": build_id}))


async def version_of(run: WorkflowHandle[Any, Any]) -> str:
    """The version that did the run's last piece of work."""
    info = (await run.describe()).raw_description.workflow_execution_info.versioning_info
    return info.deployment_version.build_id


@pytest.fixture(scope="session")
def own_temporal(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Temporal]:
    """The schedules of each test's installation go on when its workers are gone."""
    server = Temporal(tmp_path_factory.mktemp("rollout-temporal"), ui=False)
    server.start()
    yield server
    server.stop()


@pytest.fixture
async def rollout(
    settings: Settings, own_temporal: Temporal, postgres: Postgres, auditor: Auditor
) -> AsyncIterator[Rollout]:
    """A fresh installation of which no version serves yet."""
    name = next(NAMES)
    own = settings.model_copy(
        update={
            "install": name,
            "temporal_address": own_temporal.address,
            "task_queue": name,
            "worker_sandbox": False,
            "database_url": SecretStr(postgres.create_database(name)),
        }
    )
    client = await connect(own)
    catalog = load_catalog(own.plans_file, own.cells_file, own.blueprints_dir)
    engine = make_engine(own.database_url.get_secret_value(), 5)
    await set_up(client, own, catalog, engine)
    async with serving(own) as http:
        yield Rollout(Stage(http, client, own, auditor), catalog, engine)
    engine.dispose()
