"""Everything that Tenantry talks to, and Tenantry itself, as children of this process."""

import base64
import secrets
import time
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, Self

from devstack.engine import DEVELOPMENT_KEY, Engine, engine_environment, make_key_ring
from devstack.postgres import Postgres
from devstack.processes import Process
from devstack.profiles import PROFILES
from devstack.servers import AwsServer, ClusterServer
from devstack.state import RunFolder
from devstack.temporal import Temporal

UI_PORT = 8233
API_PORT = 8000
BUILD_ID = "devstack"


@dataclass(frozen=True)
class StackOptions:
    """What to start. `cells` are the entries of cells.yaml."""

    cells: Sequence[dict[str, Any]]
    home: Path
    """Folder that holds the folders of runs."""
    profile: str = "none"
    ports: Literal["preferred", "free"] = "free"
    """preferred: the API on 8000 and the UI on 8233 if nobody has them."""
    announce: bool = False
    """Whether the command line finds this stack by itself."""
    workers: int = 2
    """Worker processes: a Python process uses one core, and here are two."""
    settings: tuple[tuple[str, str], ...] = ()
    """Further TENANTRY_ settings of the engine."""


class Stack:
    """Start with `start` or as a context manager; `stop` may be called at any time, also twice."""

    def __init__(self, options: StackOptions) -> None:
        self.options = options
        self.started: dict[str, float] = {}
        """Seconds from the call of `start` until each part was ready."""
        preferred = options.ports == "preferred"
        self._folder = RunFolder(options.home)
        self._profile = profile = PROFILES[options.profile]
        self.postgres = Postgres(self._path("postgres"))
        self.aws = AwsServer(self._path("aws"), options.cells, profile)
        self.clusters = ClusterServer(self._path("clusters"), options.cells, profile)
        self.engine = Engine(self._path("engine"), api_port=API_PORT if preferred else None)
        self.temporal = Temporal(
            self._path("temporal"),
            ui_port=UI_PORT if preferred else None,
            codec_url=self.engine.codec_url,
        )
        self.environment: dict[str, str] = {}
        """Settings that lead any process of the engine to this stack."""
        self.announced = False
        """Whether the command line finds this stack: the first one that runs, it does."""
        self._pool = ThreadPoolExecutor(max_workers=8, thread_name_prefix="stack")
        self._began = 0.0

    def start(self) -> Self:
        """Return when every part is ready. Raises StartError, with everything stopped again."""
        self._began = time.monotonic()
        try:
            self._folder.make()
            self._start()
        except BaseException:
            self.stop()
            raise
        return self

    def stop(self) -> None:
        """Stop in reverse order and remove every file."""
        self._pool.shutdown(wait=False, cancel_futures=True)
        self._stop_parts()
        # What a start in progress has spawned meanwhile goes in a second pass.
        self._pool.shutdown(wait=True)
        self._stop_parts()
        self._folder.close()

    @property
    def addresses(self) -> dict[str, str]:
        return {
            "api": self.engine.url,
            "docs": f"{self.engine.url}/docs",
            "ui": self.temporal.ui_url,
            "temporal": self.temporal.address,
            "codec": self.engine.codec_url,
            "aws": self.aws.url,
            "kubeconfig": str(self.clusters.kubeconfig),
            "logs": str(self._folder.path),
        }

    @property
    def api_key(self) -> str:
        """Of an admin, for whoever may read this stack's files."""
        return self.environment[DEVELOPMENT_KEY]

    def memory(self) -> dict[str, int]:
        """Resident bytes per process."""
        return {process.name: process.memory() for process in self.processes()}

    def processes(self) -> list[Process]:
        return [
            *(self.postgres.process, self.temporal.process, self.aws.process, self.clusters.process),
            *self.engine.processes,
        ]

    def fallen(self) -> Process | None:
        """A part that has ended by itself, if any."""
        return next((process for process in self.processes() if not process.running), None)

    def _start(self) -> None:
        temporal = self._submit("Temporal", self.temporal.start)
        clusters = self._submit("clusters", lambda: self.clusters.start(self.aws.url))
        self._timed("PostgreSQL", self.postgres.start)
        database_url = self.postgres.create_database("tenantry")
        aws = self._submit("AWS", lambda: self.aws.start(self.postgres.url))
        self.environment = engine_environment(
            temporal_address=self.temporal.address,
            database_url=database_url,
            aws_url=self.aws.url,
            kubeconfig=self.clusters.kubeconfig,
            further={
                "TENANTRY_BUILD_ID": BUILD_ID,
                **self._webhooks(),
                "TENANTRY_PAYLOAD_KEYS_FILE": str(make_key_ring(self._path("payload-keys.json"))),
                **self._profile.settings,
                **dict(self.options.settings),
            },
        )
        temporal.result()
        codec = self._submit(
            "codec", lambda: self.engine.start_codec(self.environment, self.temporal.ui_origins)
        )
        self._timed("setup", lambda: self.engine.setup(self.environment))
        aws.result()
        clusters.result()
        workers = [self._start_worker(number) for number in range(self.options.workers)]
        self._timed("API", lambda: self.engine.start_api(self.environment))
        for part in (*workers, codec):
            part.result()
        if self.options.announce:
            self.announced = self._folder.announce({**self.addresses, "api_key": self.api_key})

    def _webhooks(self) -> dict[str, str]:
        """Keys of this stack's own; endpoints may be on this machine, as everything is."""
        file = self._path("webhook-keys")
        file.touch(mode=0o600)
        file.write_bytes(base64.b64encode(secrets.token_bytes(32)))
        return {"TENANTRY_WEBHOOK_KEYS_FILE": str(file), "TENANTRY_WEBHOOK_LOOPBACK": "true"}

    def _start_worker(self, number: int) -> Future[None]:
        name = f"worker-{number + 1}"
        return self._submit(name, lambda: self.engine.start_worker(self.environment, name))

    def _submit(self, name: str, start: Callable[[], None]) -> Future[None]:
        return self._pool.submit(self._timed, name, start)

    def _stop_parts(self) -> None:
        for part in (self.engine, self.aws, self.clusters, self.temporal, self.postgres):
            part.stop()

    def _timed(self, name: str, start: Callable[[], None]) -> None:
        start()
        self.started[name] = time.monotonic() - self._began

    def _path(self, name: str) -> Path:
        return self._folder.path / name
