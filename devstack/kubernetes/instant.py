"""Runs the readiness controllers inside a stand-in: without delays, the next read is ready already."""

import asyncio
import logging
from collections.abc import Coroutine, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from urllib.parse import parse_qsl

from devstack.kubernetes.auth import ADMIN
from devstack.kubernetes.cluster import Cluster
from devstack.kubernetes.controllers.api import Conflict, deleting, get
from devstack.kubernetes.controllers.autoscalers import Autoscalers
from devstack.kubernetes.controllers.aws import secrets_manager
from devstack.kubernetes.controllers.balancers import LoadBalancers
from devstack.kubernetes.controllers.base import Controller
from devstack.kubernetes.controllers.budgets import Budgets
from devstack.kubernetes.controllers.certificates import Certificates
from devstack.kubernetes.controllers.quotas import Quotas
from devstack.kubernetes.controllers.secrets import ExternalSecrets, SecretStores
from devstack.kubernetes.controllers.workloads import Deployments
from devstack.kubernetes.objects import Object, metadata
from devstack.kubernetes.requests import Answer, Request
from devstack.kubernetes.store import Event

_LOG = logging.getLogger(__name__)
_RETRY_SECONDS = 1.0
_READERS = 4


class LocalApi:
    """The API of a cluster in this process, for code that runs in its event loop."""

    def __init__(self, cluster: Cluster, manager: str) -> None:
        self._cluster = cluster
        self._agent = f"{manager}/devstack"

    def send(
        self, method: str, path: str, body: Object | None = None, content_type: str = "application/json"
    ) -> tuple[int, Any]:
        """Answers a request as the HTTP server would."""
        path, _, query = path.partition("?")
        headers = {"content-type": content_type, "user-agent": self._agent}
        answer = self._cluster.answer(
            Request(method, path, dict(parse_qsl(query)), headers, body or b""), ADMIN
        )
        if not isinstance(answer, Answer):
            raise TypeError("controllers in the cluster's own process do not watch")
        return answer.status, answer.body


class ThreadApi:
    """The same for code that runs in another thread."""

    def __init__(self, local: LocalApi, loop: asyncio.AbstractEventLoop) -> None:
        self._local = local
        self._loop = loop

    def send(
        self, method: str, path: str, body: Object | None = None, content_type: str = "application/json"
    ) -> tuple[int, Any]:
        """Has the request answered in the event loop."""

        async def ask() -> tuple[int, Any]:
            return self._local.send(method, path, body, content_type)

        work: Coroutine[Any, Any, tuple[int, Any]] = ask()
        return asyncio.run_coroutine_threadsafe(work, self._loop).result()


class InstantControllers:
    """Follows one cluster's events with every controller; what reads from AWS runs in threads."""

    def __init__(self, cluster: Cluster, aws_endpoint: str | None = None) -> None:
        self._cluster = cluster
        remote = ExternalSecrets(secrets_manager(aws_endpoint)) if aws_endpoint else None
        self._controllers: Sequence[Controller] = (
            Deployments(),
            Autoscalers(),
            LoadBalancers(),
            SecretStores(),
            remote or ExternalSecrets(),
            Certificates(),
            Quotas(),
            Budgets(),
        )
        self._remote = remote
        self._apis = {id(item): LocalApi(cluster, item.manager) for item in self._controllers}
        self._pool = ThreadPoolExecutor(_READERS, "external-secrets") if remote else None
        self._tokens: dict[tuple[str, str], str] = {}
        cluster.followers.append(self.follow)

    def follow(self, event: Event) -> None:
        """Makes ready what an event concerns, at once or after its delay."""
        for item in self._controllers:
            if (item.group, item.plural) == event.key:
                self._notice(item, event)
            elif event.key in item.follows and (item.counts_deletions or event.type != "DELETED"):
                for other in item.related(self._apis[id(item)], event.obj):
                    self._schedule(item, other, item.due(other) or f"after {event.version}")

    def close(self) -> None:
        """Ends the threads."""
        if self._pool is not None:
            self._pool.shutdown(wait=False, cancel_futures=True)

    def _notice(self, controller: Controller, event: Event) -> None:
        key = (controller.plural, controller.path(event.obj))
        due = "" if event.type == "DELETED" else controller.due(event.obj)
        if not due:
            self._tokens.pop(key, None)
            self._cluster.timers.cancel(key)
            return
        self._schedule(controller, event.obj, due)

    def _schedule(self, controller: Controller, obj: Object, due: str) -> None:
        key = (controller.plural, controller.path(obj))
        delay = self._cluster.timers.delay(controller.delay)
        if delay == 0 or (controller.prompt and delay is not None):
            self._finish(controller, obj)
        elif self._tokens.get(key) != due:
            self._tokens[key] = due
            if delay is not None:
                self._attempt(controller, obj, begin=True)
            self._cluster.timers.after(controller.delay, key, lambda: self._finish(controller, obj))

    def _finish(self, controller: Controller, obj: Object) -> None:
        live = get(self._apis[id(controller)], controller.path(obj))
        if live is None or deleting(live) or metadata(live)["uid"] != metadata(obj)["uid"]:
            return
        self._tokens.pop((controller.plural, controller.path(obj)), None)
        if controller is self._remote:
            self._read_remotely(controller, live)
        else:
            self._attempt(controller, live)

    def _attempt(self, controller: Controller, obj: Object, *, begin: bool = False) -> None:
        step = controller.begin if begin else controller.finish
        try:
            step(self._apis[id(controller)], obj)
        except Conflict as error:
            _LOG.debug("%s: %s", controller.path(obj), error)

    def _read_remotely(self, controller: Controller, obj: Object) -> None:
        loop = asyncio.get_running_loop()
        api = ThreadApi(self._apis[id(controller)], loop)
        work = loop.run_in_executor(self._pool, self._finish_remotely, controller, api, obj)
        self._cluster.wait_for(work)

        def again(_: "asyncio.Future[None]") -> None:
            live = get(self._apis[id(controller)], controller.path(obj))
            if live is not None and controller.due(live) and self._pool is not None:
                loop.call_later(_RETRY_SECONDS, self._cluster.run, lambda: self._finish(controller, live))

        work.add_done_callback(again)

    def _finish_remotely(self, controller: Controller, api: ThreadApi, obj: Object) -> None:
        try:
            controller.finish(api, obj)
        except Conflict as error:
            _LOG.debug("%s: %s", controller.path(obj), error)
