"""Tenantry itself as processes: set-up, worker, API, codec endpoint, configured by their environment."""

import base64
import json
import os
import secrets
import sys
from collections.abc import Iterable, Mapping
from contextlib import suppress
from pathlib import Path
from urllib.error import URLError
from urllib.request import urlopen

from devstack.processes import Process, free_port, on_free_ports, spawn
from devstack.servers import ROOT

SETUP_TIMEOUT = 60
START_TIMEOUT = 60
KEY_BYTES = 32
DEVELOPMENT_KEY = "TENANTRY_DEVELOPMENT_KEY"
# Settings of the person who starts a stack that change what is seen and not what is talked to.
KEPT_SETTINGS = ("TENANTRY_LOG_FORMAT", "TENANTRY_LOG_LEVEL", "TENANTRY_WORKER_ACTIVITIES")


class Engine:
    """Starts what it is told to with one environment."""

    def __init__(self, directory: Path, *, api_port: int | None = None) -> None:
        self._directory = directory
        self._api_port = api_port
        self._port = 0
        self._codec_port = free_port()
        self._processes: dict[str, Process] = {}

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._port}"

    @property
    def codec_url(self) -> str:
        """Known before the start: Temporal's UI is told when that starts."""
        return f"http://127.0.0.1:{self._codec_port}"

    @property
    def processes(self) -> list[Process]:
        return list(self._processes.values())

    def setup(self, environment: Mapping[str, str]) -> None:
        """Migrations, plans and cells, search attributes, schedules, the version."""
        self._run("setup", ["worker", "setup"], environment)

    def start_worker(self, environment: Mapping[str, str], name: str = "worker") -> None:
        """One more worker process; `name` tells it from the others."""
        ready = self._directory / f"{name}.ready"
        worker = self._spawn(name, ["worker"], {**environment, "TENANTRY_READY_FILE": str(ready)})
        worker.wait_until(ready.exists, START_TIMEOUT)

    def start_api(self, environment: Mapping[str, str]) -> None:
        on_free_ports(lambda: self._start_api_once(environment))

    def _start_api_once(self, environment: Mapping[str, str]) -> None:
        self._port = free_port(self._api_port)
        place = {"TENANTRY_API_HOST": "127.0.0.1", "TENANTRY_API_PORT": str(self._port)}
        api = self._spawn("API", ["api"], {**environment, **place})
        api.wait_until(lambda: _answers(f"{self.url}/readyz"), START_TIMEOUT)

    def start_codec(self, environment: Mapping[str, str], ui_urls: Iterable[str]) -> None:
        """For the pages of a Temporal UI and, without a token, for whoever is on this machine."""
        place = {
            "TENANTRY_CODEC_PORT": str(self._codec_port),
            "TENANTRY_CODEC_ORIGINS": ",".join(ui_urls),
            "TENANTRY_CODEC_OPEN": "true",
        }
        codec = self._spawn("codec", ["codec"], {**environment, **place})
        codec.wait_until(lambda: _answers(f"{self.codec_url}/healthz"), START_TIMEOUT)

    def stop(self) -> None:
        for process in self.processes:
            process.ask_to_end()
        for process in self.processes:
            process.stop()

    def _run(self, name: str, module: list[str], environment: Mapping[str, str]) -> None:
        self._spawn(name, module, environment).check(SETUP_TIMEOUT)
        del self._processes[name]

    def _spawn(self, name: str, module: list[str], environment: Mapping[str, str]) -> Process:
        self._directory.mkdir(parents=True, exist_ok=True)
        process = spawn(
            name,
            [sys.executable, "-m", *module],
            log=self._directory / f"{name.lower()}.log",
            env=environment,
            cwd=ROOT,
        )
        self._processes[name] = process
        return process


def _answers(url: str) -> bool:
    with suppress(URLError, OSError), urlopen(url, timeout=2) as answer:
        return bool(answer.status == 200)
    return False


def make_key_ring(file: Path) -> Path:
    """A ring with a new key, for as long as the stack lives."""
    key = base64.b64encode(os.urandom(KEY_BYTES)).decode()
    file.touch(mode=0o600)
    file.write_text(json.dumps({"writes": "devstack", "keys": {"devstack": {"key": key}}}))
    return file


def engine_environment(
    *,
    temporal_address: str,
    database_url: str,
    aws_url: str,
    kubeconfig: Path,
    further: Mapping[str, str],
) -> dict[str, str]:
    """Ours without what might lead to somewhere real, plus where everything of the stack is and a new key."""
    ours = {
        name: value
        for name, value in os.environ.items()
        if name in KEPT_SETTINGS or not name.startswith(("TENANTRY_", "AWS_", "KUBECONFIG"))
    }
    return {
        **ours,
        "AWS_ACCESS_KEY_ID": "devstack",
        "AWS_SECRET_ACCESS_KEY": "devstack",
        "AWS_DEFAULT_REGION": "us-east-1",
        "AWS_EC2_METADATA_DISABLED": "true",
        "AWS_CONFIG_FILE": os.devnull,
        "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
        "NO_PROXY": "127.0.0.1,localhost",
        "PYTHONFAULTHANDLER": "1",
        DEVELOPMENT_KEY: f"dev_{secrets.token_urlsafe(32)}",
        "TENANTRY_TEMPORAL_ADDRESS": temporal_address,
        "TENANTRY_DATABASE_URL": database_url,
        "TENANTRY_AWS_ENDPOINT_URL": aws_url,
        "TENANTRY_KUBECONFIG": str(kubeconfig),
        **further,
    }
