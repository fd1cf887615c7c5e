"""One installation of its own, of which every part can be struck: servers, doors before them, a worker."""

import asyncio
import secrets
from collections.abc import Mapping
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any, Self
from urllib.parse import urlsplit

import httpx
import psycopg
import yaml

from catalog import load_catalog
from devstack.engine import engine_environment
from devstack.kubernetes.kubeconfig import write_kubeconfig
from devstack.postgres import Postgres
from devstack.profiles import PROFILES
from devstack.servers import AwsServer, ClusterServer
from devstack.temporal import Temporal
from domain.plans import Cell
from runtime.settings import ROOT, Settings
from runtime.temporal import connect
from store.engine import make_engine
from tests.audit import Auditor
from tests.chaos.doors import DatabaseDoor, SilentDoor
from tests.chaos.hands import PatientStage
from tests.chaos.strangers import AUTHORIZED, Strangers
from tests.chaos.workers import Workers
from tests.rights.shipped import WORKER, policies
from tests.rights.templates import RBAC
from tests.workflows.stage import serving
from worker.setup import set_up

CELL = "use1"
ATTEMPT_SECONDS = 8
"""After it a killed worker's attempt is given up; production waits a minute."""
INSTALL = "chaos"
ROOM = 10**9


class Ground:
    """Where one case after the other is played. The API reaches everything directly, the worker by doors."""

    stage: PatientStage
    database: psycopg.AsyncConnection[Any]
    worker: Workers
    database_door: DatabaseDoor
    cluster_door: SilentDoor
    strangers: Strangers

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.cell = _cell()
        self.cells_file = folder / "cells.yaml"
        self.cells_file.write_text(
            yaml.safe_dump({CELL: {k: v for k, v in self.cell.items() if k != "name"}})
        )
        self.postgres = Postgres(folder / "postgres")
        self.temporal = Temporal(folder / "temporal", ui=False, keep=True)
        self.aws = AwsServer(folder / "aws", [self.cell], PROFILES["none"])
        self.clusters = ClusterServer(folder / "clusters", [self.cell], PROFILES["none"])
        self.database_url = ""
        self.aws_key = secrets.token_hex(20)
        """The worker's secret key in AWS, which must show up nowhere."""
        self._read: dict[Path, int] = {}
        self._fronts: dict[str, httpx.AsyncClient] = {}
        self._open = AsyncExitStack()

    async def __aenter__(self) -> Self:
        try:
            await self._start()
        except BaseException:
            await self._open.aclose()
            raise
        return self

    async def __aexit__(self, *_exception: object) -> None:
        await self._open.aclose()

    @property
    def database_password(self) -> str:
        return str(urlsplit(self.database_url).password)

    def logs(self) -> list[Path]:
        """Of everything that is ours: workers, and the API, which lives in this process."""
        return [*(self.folder / "worker").rglob("*.log"), *self.folder.glob("lane.log")]

    def log_since_last_look(self, log: Path) -> str:
        with log.open("rb") as lines:
            lines.seek(self._read.get(log, 0))
            text = lines.read()
            self._read[log] = lines.tell()
        return text.decode("utf-8", "replace")

    @property
    def aws_url(self) -> str:
        return self.aws.url

    @property
    def cluster_url(self) -> str:
        return self.stage.cluster_urls[CELL]

    def front(self, url: str) -> httpx.AsyncClient:
        """A client of the AWS front or the stand-in; making one costs more than what it is asked for."""
        if url not in self._fronts:
            self._fronts[url] = httpx.AsyncClient(base_url=url, headers=AUTHORIZED, verify=False)
            self._open.push_async_callback(self._fronts[url].aclose)
        return self._fronts[url]

    async def reconnect(self) -> None:
        """After PostgreSQL was away."""
        await self.database.close()
        self.database = await psycopg.AsyncConnection.connect(self.database_url, autocommit=True)
        self.stage.database = self.database

    async def _start(self) -> None:
        for server in (self.postgres, self.temporal, self.clusters, self.aws):
            self._open.push_async_callback(asyncio.to_thread, server.stop)
        await asyncio.gather(
            asyncio.to_thread(self.temporal.start),
            asyncio.to_thread(self.clusters.start, self.aws.url, {WORKER: RBAC}),
            asyncio.to_thread(self._make_databases),
        )
        settings = self._settings()
        await _prepare(settings)
        await self._open_doors()
        self.database = await psycopg.AsyncConnection.connect(self.database_url, autocommit=True)
        self._open.push_async_callback(self._disconnect)
        self.worker = Workers(self.folder / "worker", self._environment())
        self._open.push_async_callback(self.worker.kill)
        await self.worker.start()
        http = await self._open.enter_async_context(serving(settings))
        auditor = Auditor(self.aws.url, self.clusters.kubeconfig, [self.cell])
        urls = {CELL: _server(self.clusters.kubeconfig)}
        self.stage = PatientStage(
            http, await connect(settings), settings, auditor, urls, database=self.database
        )
        self.strangers = Strangers(auditor, self.cell, self.front(urls[CELL]), INSTALL)
        await self.strangers.plant()

    async def _disconnect(self) -> None:
        await self.database.close()

    async def _open_doors(self) -> None:
        self.database_door = DatabaseDoor(self.database_url)
        self.cluster_door = SilentDoor(_server(self.clusters.kubeconfig))
        write_kubeconfig(self.folder / "kubeconfig", {CELL: self.cluster_door.url}, WORKER)
        for door in (self.database_door, self.cluster_door):
            await door.open()
            self._open.push_async_callback(door.shut)

    def _make_databases(self) -> None:
        """Ours, and the server that those of tenants are on."""
        self.postgres.start()
        self.database_url = self.postgres.create_database(INSTALL)
        with psycopg.connect(self.database_url, autocommit=True) as connection:
            # A commit that was answered must survive a crash, as in production.
            connection.execute("ALTER ROLE ALL SET synchronous_commit = on")
        self.aws.start(self.postgres.url, policies([INSTALL], [Cell.model_validate(self.cell)]))

    def _settings(self) -> Settings:
        return Settings.model_validate(
            {
                "install": INSTALL,
                "temporal_address": self.temporal.address,
                "database_url": self.database_url,
                "TENANTRY_AWS_ENDPOINT_URL": self.aws.url,
                "kubeconfig": self.clusters.kubeconfig,
                "cells_file": self.cells_file,
                "removal_interval_seconds": 86_400,
            }
        )

    def _environment(self) -> Mapping[str, str]:
        direct, _, rest = self.database_url.rpartition("@")
        by_door = f"{direct}@127.0.0.1:{self.database_door.port}/{rest.partition('/')[2]}"
        environment = engine_environment(
            temporal_address=self.temporal.address,
            database_url=by_door,
            aws_url=self.aws.url,
            kubeconfig=self.folder / "kubeconfig",
            further={
                **PROFILES["none"].settings,
                "TENANTRY_INSTALL": INSTALL,
                "TENANTRY_CELLS_FILE": str(self.cells_file),
                "TENANTRY_ATTEMPT_SECONDS": str(ATTEMPT_SECONDS),
                "TENANTRY_RECOVERY_SETTLING_SECONDS": "1",
                "TENANTRY_WORKER_MISSED_SECONDS": "1",
            },
        )
        return environment | {"AWS_ACCESS_KEY_ID": WORKER, "AWS_SECRET_ACCESS_KEY": self.aws_key}


async def _prepare(settings: Settings) -> None:
    catalog = load_catalog(settings.plans_file, settings.cells_file, settings.blueprints_dir)
    engine = make_engine(settings.database_url.get_secret_value(), 1)
    await set_up(await connect(settings), settings, catalog, engine)
    engine.dispose()


def _cell() -> dict[str, Any]:
    cells: dict[str, dict[str, Any]] = yaml.safe_load((ROOT / "cells.yaml").read_text())
    # Many tenants are left on a ground, and none of them may be refused for want of room.
    return {"name": CELL, **cells[CELL], "allocatable_cpu_millis": ROOM, "allocatable_memory_mib": ROOM}


def _server(kubeconfig: Path) -> str:
    clusters: list[dict[str, Any]] = yaml.safe_load(kubeconfig.read_text())["clusters"]
    return str(clusters[0]["cluster"]["server"])
