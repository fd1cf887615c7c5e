"""Runs the readiness controllers against any API server over HTTP."""

import heapq
import itertools
import json
import logging
import queue
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import urllib3

from devstack.kubernetes.controllers.api import Api, Conflict, collection, deleting, get
from devstack.kubernetes.controllers.base import Controller
from devstack.kubernetes.objects import Object

_LOG = logging.getLogger(__name__)
_WATCH_SECONDS = 30
_RETRY_SECONDS = 1.0
_Item = tuple[float, int, Controller, Object]


class HttpApi:
    """The API of a cluster at a URL."""

    def __init__(self, url: str, token: str, manager: str, pool: urllib3.PoolManager | None = None) -> None:
        self._url = url.rstrip("/")
        self._pool = pool or urllib3.PoolManager(maxsize=4)
        self._headers = {"Authorization": f"Bearer {token}", "User-Agent": f"{manager}/devstack"}

    def send(
        self, method: str, path: str, body: Object | None = None, content_type: str = "application/json"
    ) -> tuple[int, Any]:
        """Sends a request; the body is decoded where it is JSON."""
        data = None if body is None else json.dumps(body).encode()
        headers = {**self._headers, "Content-Type": content_type, "Accept": "application/json"}
        answer = self._pool.request(
            method, self._url + path, body=data, headers=headers, timeout=10, retries=1
        )
        is_json = answer.headers.get("Content-Type", "").startswith("application/json")
        return answer.status, answer.json() if is_json else answer.data.decode()

    def watch(self, path: str, version: str) -> Iterator[Object]:
        """The events of a watch, until the server ends it."""
        query = f"?watch=true&resourceVersion={version}&timeoutSeconds={_WATCH_SECONDS}"
        timeout = urllib3.Timeout(connect=10, read=_WATCH_SECONDS + 5)
        answer = self._pool.request(
            "GET",
            self._url + path + query,
            headers=self._headers,
            preload_content=False,
            timeout=timeout,
            retries=0,
        )
        try:
            rest = b""
            for chunk in answer.stream(65536):
                *lines, rest = (rest + chunk).split(b"\n")
                yield from (json.loads(line) for line in lines if line)
        finally:
            answer.release_conn()


class Runner:
    """Watches what its controllers concern; one thread reconciles it after each kind's delay in seconds."""

    def __init__(
        self,
        url: str,
        token: str,
        controllers: Sequence[Controller],
        delays: Mapping[str, float] | None = None,
    ) -> None:
        self._controllers = list(controllers)
        self._delays = dict(delays or {})
        pool = urllib3.PoolManager(maxsize=4 + len(self._controllers))
        self._apis = {id(item): HttpApi(url, token, item.manager, pool) for item in self._controllers}
        self._queue: queue.Queue[tuple[Controller, Object, bool] | None] = queue.Queue()
        self._stop = threading.Event()
        self._numbers = itertools.count()
        self._waiting: dict[tuple[int, str], str] = {}

    def start(self) -> None:
        """Starts one watching thread per resource and one that reconciles."""
        threading.Thread(target=self._reconcile, name="controllers", daemon=True).start()
        for group, version, plural in {key for item in self._controllers for key in _concerns(item)}:
            path = collection(group, version, plural)
            name = f"watch-{plural}"
            threading.Thread(target=self._watch, args=(path, (group, plural)), name=name, daemon=True).start()

    def stop(self) -> None:
        """Ends the reconciling; watches end by themselves within their timeout."""
        self._stop.set()
        self._queue.put(None)

    def _watch(self, path: str, key: tuple[str, str]) -> None:
        api = next(iter(self._apis.values()))
        while not self._stop.is_set():
            try:
                status, found = api.send("GET", path)
                if status == 200:
                    kind = {"apiVersion": found["apiVersion"], "kind": found["kind"].removesuffix("List")}
                    for item in found["items"]:
                        self._notice(key, {**kind, **item})
                    for event in api.watch(path, found["metadata"]["resourceVersion"]):
                        if event["type"] in {"ADDED", "MODIFIED"}:
                            self._notice(key, event["object"])
                        if self._stop.is_set():
                            return
                else:
                    self._stop.wait(_RETRY_SECONDS)
            except (urllib3.exceptions.HTTPError, OSError, ValueError) as error:
                _LOG.debug("watch of %s ended: %s", path, error)
                self._stop.wait(_RETRY_SECONDS)

    def _notice(self, key: tuple[str, str], obj: Object) -> None:
        for item in self._controllers:
            if (item.group, item.plural) == key and item.due(obj):
                self._queue.put((item, obj, False))
            if key in item.follows:
                for other in item.related(self._apis[id(item)], obj):
                    self._queue.put((item, other, True))

    def _reconcile(self) -> None:
        heap: list[_Item] = []
        while not self._stop.is_set():
            left = max(0.0, heap[0][0] - time.monotonic()) if heap else None
            try:
                noticed = self._queue.get(timeout=left)
            except queue.Empty:
                _, _, controller, obj = heapq.heappop(heap)
                self._finish(heap, controller, obj)
                continue
            if noticed is not None:
                self._begin(heap, *noticed)

    def _begin(self, heap: list[_Item], controller: Controller, obj: Object, forced: bool) -> None:
        path, due = controller.path(obj), controller.due(obj)
        delay = 0.0 if forced or controller.prompt else self._delays.get(controller.delay, 0.0)
        if not forced and self._waiting.get((id(controller), path)) == due:
            return
        self._waiting[id(controller), path] = due
        if delay:
            self._attempt(controller.begin, controller, obj)
        heapq.heappush(heap, (time.monotonic() + delay, next(self._numbers), controller, obj))

    def _finish(self, heap: list[_Item], controller: Controller, obj: Object) -> None:
        path = controller.path(obj)
        self._waiting.pop((id(controller), path), None)
        live = get(self._apis[id(controller)], path)
        if live is None or deleting(live):
            return
        if not self._attempt(controller.finish, controller, live):
            heapq.heappush(heap, (time.monotonic() + _RETRY_SECONDS, next(self._numbers), controller, live))

    def _attempt(self, step: Any, controller: Controller, obj: Object) -> bool:
        try:
            step(self._apis[id(controller)], obj)
        except (Conflict, urllib3.exceptions.HTTPError) as error:
            _LOG.debug("%s of %s: %s", controller.plural, controller.path(obj), error)
            return False
        return True


def _concerns(controller: Controller) -> set[tuple[str, str, str]]:
    own = (controller.group, controller.version, controller.plural)
    return {own, *((group, "v1", plural) for group, plural in controller.follows)}


def known(api: Api, controllers: Sequence[Controller]) -> list[Controller]:
    """The controllers whose resource the cluster serves."""
    return [item for item in controllers if api.send("GET", f"{item.collection()}?limit=1")[0] == 200]
