"""One installation for outages: PostgreSQL, Temporal and worker of its own, doors before the providers."""

from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest
import yaml

from catalog import load_catalog
from devstack.engine import engine_environment
from devstack.kubernetes.kubeconfig import write_kubeconfig
from devstack.postgres import Postgres
from devstack.profiles import PROFILES
from devstack.servers import AwsServer, ClusterServer
from devstack.temporal import Temporal
from runtime.settings import Settings
from runtime.temporal import connect
from store.engine import make_engine
from tests.audit import Auditor
from tests.outages.door import Door
from tests.outages.site import Site, WorkerProcess
from tests.workflows.stage import Stage, serving
from worker.setup import set_up


@pytest.fixture(scope="session")
def own_postgres(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Postgres]:
    server = Postgres(tmp_path_factory.mktemp("crashing-postgres"))
    server.start()
    yield server
    server.stop()


@pytest.fixture(scope="session")
def own_temporal(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Temporal]:
    server = Temporal(tmp_path_factory.mktemp("crashing-temporal"), ui=False, keep=True)
    server.start()
    yield server
    server.stop()


@pytest.fixture(scope="session")
def site_settings(
    own_postgres: Postgres, own_temporal: Temporal, aws: AwsServer, clusters: ClusterServer
) -> Settings:
    """Of the API: it asks the providers nothing, so that it needs no doors."""
    database = own_postgres.create_database("outages")
    with psycopg.connect(database, autocommit=True) as connection:
        # A commit that was answered must survive a crash, as in production.
        connection.execute("ALTER DATABASE outages SET synchronous_commit = on")
    return Settings.model_validate(
        {
            "install": "outages",
            "temporal_address": own_temporal.address,
            "database_url": database,
            "TENANTRY_AWS_ENDPOINT_URL": aws.url,
            "kubeconfig": clusters.kubeconfig,
        }
    )


@pytest.fixture(scope="session")
async def site(
    site_settings: Settings,
    own_postgres: Postgres,
    own_temporal: Temporal,
    clusters: ClusterServer,
    cells: list[dict[str, Any]],
    tmp_path_factory: pytest.TempPathFactory,
) -> AsyncIterator[Site]:
    """It serves, and all of its doors are open."""
    settings, folder = site_settings, tmp_path_factory.mktemp("outages")
    assert settings.aws_endpoint_url
    urls = _cluster_urls(clusters.kubeconfig)
    aws_door, cluster_doors = Door(settings.aws_endpoint_url), {cell: Door(url) for cell, url in urls.items()}
    doors = [aws_door, *cluster_doors.values()]
    write_kubeconfig(folder / "kubeconfig", {cell: door.url for cell, door in cluster_doors.items()})
    client = await connect(settings)
    await _prepare(settings)
    worker = WorkerProcess(
        folder / "worker",
        engine_environment(
            temporal_address=settings.temporal_address,
            database_url=settings.database_url.get_secret_value(),
            aws_url=aws_door.url,
            kubeconfig=folder / "kubeconfig",
            further={
                **PROFILES["none"].settings,
                "TENANTRY_INSTALL": settings.install,
                # The server waits 10 s for a worker that it believes to know a run.
                "TENANTRY_WORKER_CACHED_RUNS": "0",
            },
        ),
    )
    auditor = Auditor(settings.aws_endpoint_url, clusters.kubeconfig, cells)
    for door in doors:
        await door.open()
    await worker.start()
    async with serving(settings) as http:
        stage = Stage(http, client, settings, auditor, urls)
        yield Site(stage, own_postgres, own_temporal, aws_door, list(cluster_doors.values()), worker)
    await worker.kill()
    for door in doors:
        await door.shut()


async def _prepare(settings: Settings) -> None:
    catalog = load_catalog(settings.plans_file, settings.cells_file, settings.blueprints_dir)
    engine = make_engine(settings.database_url.get_secret_value(), 1)
    await set_up(await connect(settings), settings, catalog, engine)
    engine.dispose()


def _cluster_urls(kubeconfig: Path) -> dict[str, str]:
    clusters: list[dict[str, Any]] = yaml.safe_load(kubeconfig.read_text())["clusters"]
    return {entry["name"]: entry["cluster"]["server"] for entry in clusters}
