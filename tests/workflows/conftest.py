"""One installation per test process: API and worker in this process, everything else real and outside."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import yaml

from catalog import Catalog, load_catalog
from runtime.clock import MovableClock
from runtime.settings import Settings
from runtime.temporal import connect
from store.engine import make_engine
from tests.audit import Auditor
from tests.workflows.stage import Stage, serving
from worker.app import build_worker
from worker.setup import set_up


@pytest.fixture(scope="session")
def catalog(settings: Settings) -> Catalog:
    return load_catalog(settings.plans_file, settings.cells_file, settings.blueprints_dir)


@pytest.fixture(scope="session")
def clock() -> MovableClock:
    return MovableClock()


@pytest.fixture(scope="session")
async def stage(
    settings: Settings, catalog: Catalog, clock: MovableClock, auditor: Auditor
) -> AsyncIterator[Stage]:
    """An installation that serves."""
    client = await connect(settings)
    engine = make_engine(settings.database_url.get_secret_value(), settings.database_pool)
    await set_up(client, settings, catalog, engine)
    async with build_worker(client, settings, catalog, engine, clock), serving(settings) as http:
        yield Stage(http, client, settings, auditor, _cluster_urls(settings.kubeconfig))
    engine.dispose()


def _cluster_urls(kubeconfig: Path | None) -> dict[str, str]:
    assert kubeconfig
    document = yaml.safe_load(kubeconfig.read_text())
    servers = {cluster["name"]: cluster["cluster"]["server"] for cluster in document["clusters"]}
    return {c["name"]: servers[c["context"]["cluster"]] for c in document["contexts"]}
