"""A proxy before a cluster's API, like a gateway, which a test can make answer by itself."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import NamedTuple

import httpx

from activities.kubernetes.clients import Clusters
from domain.plans import Cell
from runtime.settings import Settings
from tests.activities.kubernetes.tenancy import CELL

KUBECONFIG = """
apiVersion: v1
kind: Config
clusters: [{{name: c, cluster: {{server: "{address}"}}}}]
users: [{{name: u, user: {{token: {token}}}}}]
contexts: [{{name: {cell}, context: {{cluster: c, user: u}}}}]
"""
HTML = "<html><body><h1>404 Not Found</h1></body></html>"


class Own(NamedTuple):
    """An answer that does not come from the cluster."""

    status: int
    text: str


Rule = Callable[["Asked"], Own | None]


class Asked(NamedTuple):
    method: str
    path: str
    authorization: str


class Front:
    """Passes on what `rule` has no answer for."""

    def __init__(self, target: str, file: Path) -> None:
        self.file = file
        self.rule: Rule = lambda _: None
        self.clock: datetime | None = None
        """What answers are dated; None is now."""
        self._cluster = httpx.Client(base_url=target)
        front = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def __getattr__(self, name: str) -> Callable[[], None]:
                # The base class looks for a method per verb: 'do_GET'.
                if not name.startswith("do_"):
                    raise AttributeError(name)
                return lambda: front.answer(self)

            def date_time_string(self, timestamp: float | None = None) -> str:
                return super().date_time_string(front.clock.timestamp() if front.clock else timestamp)

            def log_message(self, *_: object) -> None:
                """Keeps the output of tests free of requests."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self._thread = Thread(target=self._server.serve_forever, args=(0.01,))

    @contextmanager
    def open(self) -> Iterator["Front"]:
        self._thread.start()
        self.log_in("first")
        try:
            yield self
        finally:
            self._server.shutdown()
            self._thread.join()
            self._server.server_close()
            self._cluster.close()

    def log_in(self, token: str) -> None:
        """Writes a kubeconfig that leads here with this token."""
        address = f"http://127.0.0.1:{self._server.server_port}"
        self.file.write_text(KUBECONFIG.format(address=address, token=token, cell=CELL))

    def clusters(self, cells: list[Cell]) -> Clusters:
        """What one worker process keeps for all of its attempts."""
        return Clusters(Settings(kubeconfig=self.file), {cell.name: cell for cell in cells})

    def missing(self, *paths: str, text: str = HTML) -> None:
        """From now on these paths, and what lies below them, are answered 404 by the proxy."""

        def rule(asked: Asked) -> Own | None:
            hit = any(asked.path == path or asked.path.startswith(f"{path}/") for path in paths)
            return Own(404, text) if hit else None

        self.rule = rule

    def answer(self, handler: BaseHTTPRequestHandler) -> None:
        body = handler.rfile.read(int(handler.headers.get("Content-Length", 0)))
        path = handler.path.partition("?")[0]
        own = self.rule(Asked(handler.command, path, handler.headers.get("Authorization", "")))
        if own is None:
            kind = {"Content-Type": handler.headers.get("Content-Type", "application/json")}
            found = self._cluster.request(handler.command, handler.path, content=body, headers=kind)
            own = Own(found.status_code, found.text)
        data = own.text.encode()
        handler.send_response(own.status)
        handler.send_header("Content-Length", str(len(data)))
        handler.end_headers()
        handler.wfile.write(data)
