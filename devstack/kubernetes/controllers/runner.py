"""Runs the readiness controllers against any API server over HTTP."""

import heapq
import itertools
import logging
import queue
import threading
import time
from collections.abc import Callable, Mapping, Sequence

import urllib3

from devstack.kubernetes.controllers.api import Api, Conflict, collection, deleting, get
from devstack.kubernetes.controllers.base import Controller
from devstack.kubernetes.controllers.connection import POOL_SIZE, Access, Authorization, HttpApi
from devstack.kubernetes.objects import Object

_LOG = logging.getLogger(__name__)
_RETRY_SECONDS = 1.0
_PASSING = (Conflict, urllib3.exceptions.HTTPError, OSError)
_Step = Callable[[Api, Object], None]
_Item = tuple[float, int, Controller, Object, bool]


class Runner:
    """Watches what its controllers concern; one thread reconciles it after each kind's delay in seconds.

    `token` is a bearer token, or asked for the header's value before every request. `pool` brings TLS.
    """

    def __init__(
        self,
        url: str,
        token: str | Authorization,
        controllers: Sequence[Controller],
        delays: Mapping[str, float] | None = None,
        *,
        pool: urllib3.PoolManager | None = None,
    ) -> None:
        self._controllers = list(controllers)
        self._delays = dict(delays or {})
        access = Access(url, token, pool or urllib3.PoolManager(maxsize=POOL_SIZE))
        self._apis = {id(item): HttpApi(access, item.manager) for item in self._controllers}
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
            except (*_PASSING, ValueError) as error:
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
                _, _, controller, obj, forced = heapq.heappop(heap)
                if not self._finish(controller, obj, forced):
                    # So that the same news of it does not queue it twice.
                    self._waiting[id(controller), controller.path(obj)] = controller.due(obj)
                    heapq.heappush(heap, self._item(_RETRY_SECONDS, controller, obj, forced))
                continue
            if noticed is not None:
                self._begin(heap, *noticed)

    def _item(self, delay: float, controller: Controller, obj: Object, forced: bool) -> _Item:
        return time.monotonic() + delay, next(self._numbers), controller, obj, forced

    def _begin(self, heap: list[_Item], controller: Controller, obj: Object, forced: bool) -> None:
        path, due = controller.path(obj), controller.due(obj)
        delay = 0.0 if forced or controller.prompt else self._delays.get(controller.delay, 0.0)
        if not forced and self._waiting.get((id(controller), path)) == due:
            return
        self._waiting[id(controller), path] = due
        if delay:
            self._attempt(controller.begin, controller, obj)
        heapq.heappush(heap, self._item(delay, controller, obj, forced))

    def _finish(self, controller: Controller, obj: Object, forced: bool) -> bool:
        """Whether nothing is left to do, for now at least."""
        self._waiting.pop((id(controller), controller.path(obj)), None)

        def finish(api: Api, seen: Object) -> None:
            live = get(api, controller.path(seen))
            # Another process that runs the same controllers may have been faster.
            if live is not None and not deleting(live) and (forced or controller.due(live)):
                controller.finish(api, live)

        return self._attempt(finish, controller, obj)

    def _attempt(self, step: _Step, controller: Controller, obj: Object) -> bool:
        try:
            step(self._apis[id(controller)], obj)
        except _PASSING as error:
            _LOG.debug("%s of %s: %s", controller.plural, controller.path(obj), error)
            return False
        return True


def _concerns(controller: Controller) -> set[tuple[str, str, str]]:
    own = (controller.group, controller.version, controller.plural)
    return {own, *((group, "v1", plural) for group, plural in controller.follows)}


def known(api: Api, controllers: Sequence[Controller]) -> list[Controller]:
    """The controllers whose resource the cluster serves."""
    return [item for item in controllers if api.send("GET", f"{item.collection()}?limit=1")[0] == 200]
