"""Starts the stand-in API servers: one per cell, all in one thread of this process."""

import asyncio
import threading
from collections.abc import Mapping, Sequence
from concurrent.futures import Future
from types import TracebackType
from typing import Any, Self

from aiohttp import web

from devstack.kubernetes.auth import DEFAULT_TOKENS, Tokens
from devstack.kubernetes.cluster import Cluster
from devstack.kubernetes.crds import shipped
from devstack.kubernetes.http import Site
from devstack.kubernetes.instant import InstantControllers
from devstack.kubernetes.objects import Object
from devstack.kubernetes.timers import Delays, checked

_HOST = "127.0.0.1"


class StandIn:
    """A stand-in Kubernetes API server per cell, each on a port of its own on the loopback interface.

    `delays` are seconds per kind of readiness (0: at once, None: never). `crds` is False for a cluster
    without custom kinds, or a list of definitions in the place of the shipped ones. With `aws_endpoint`,
    the values of external secrets are read from Secrets Manager there.
    """

    def __init__(
        self,
        cells: Sequence[str],
        *,
        ports: Mapping[str, int] | None = None,
        tokens: Tokens | None = None,
        delays: Delays | None = None,
        crds: bool | Sequence[Object] = True,
        aws_endpoint: str | None = None,
    ) -> None:
        if not cells or len(set(cells)) != len(cells):
            raise ValueError("name at least one cell, and each once")
        self._cells = tuple(cells)
        self._ports = dict(ports or {})
        self._tokens = DEFAULT_TOKENS if tokens is None else tokens
        self._delays = checked(delays or {})
        self._definitions = (shipped() if crds else []) if isinstance(crds, bool) else list(crds)
        self._aws_endpoint = aws_endpoint
        self._urls: dict[str, str] = {}
        self._sites: dict[str, Site] = {}
        self._loop: asyncio.AbstractEventLoop | None = None
        self._stopping: asyncio.Event | None = None
        self._thread: threading.Thread | None = None

    def start(self) -> Self:
        """Serves every cell; returns when all can be reached. OSError if a given port is taken."""
        if self._thread is not None:
            raise RuntimeError("already started")
        ready: Future[None] = Future()
        self._thread = threading.Thread(
            target=self._run, args=(ready,), name="devstack-kubernetes", daemon=True
        )
        self._thread.start()
        try:
            ready.result()
        except BaseException:
            self._thread.join()
            self._thread = None
            raise
        return self

    def stop(self) -> None:
        """Stops serving; open watches end."""
        if self._thread is None or self._loop is None or self._stopping is None:
            return
        self._loop.call_soon_threadsafe(self._stopping.set)
        self._thread.join()
        self._thread = None

    def url(self, cell: str) -> str:
        """The base URL of a cell's API server."""
        return self._urls[cell]

    @property
    def urls(self) -> dict[str, str]:
        """The base URLs by cell."""
        return dict(self._urls)

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def _run(self, ready: "Future[None]") -> None:
        asyncio.run(self._serve(ready))

    async def _serve(self, ready: "Future[None]") -> None:
        self._loop = asyncio.get_running_loop()
        self._stopping = asyncio.Event()
        runners: list[web.ServerRunner] = []
        controllers: list[InstantControllers] = []
        try:
            for cell in self._cells:
                cluster = Cluster(cell, self._tokens, self._delays, self._definitions)
                controllers.append(InstantControllers(cluster, self._aws_endpoint))
                site = self._sites[cell] = Site(cluster)
                runners.append(await self._listen(cell, site))
        except BaseException as error:  # noqa: BLE001 - the caller's thread is told, and raises it
            ready.set_exception(error)
        else:
            ready.set_result(None)
            await self._stopping.wait()
        for site in self._sites.values():
            site.cluster.close()
        for runner in runners:
            await runner.cleanup()
        for item in controllers:
            item.close()

    async def _listen(self, cell: str, site: Site) -> web.ServerRunner:
        server = web.Server(site.handle, access_log=None)
        runner = web.ServerRunner(server, handle_signals=False, shutdown_timeout=1.0)
        await runner.setup()
        await web.TCPSite(runner, _HOST, self._ports.get(cell, 0)).start()
        address: Any = runner.addresses[0]
        site.cluster.address = f"{address[0]}:{address[1]}"
        self._urls[cell] = f"http://{site.cluster.address}"
        return runner
