"""One cluster: takes requests, answers them, and lets its controllers follow what changed."""

import asyncio
import logging
from collections import deque
from collections.abc import Callable
from typing import Final

from devstack.kubernetes.accounts import Accounts
from devstack.kubernetes.admission import NAMESPACES
from devstack.kubernetes.auth import Identity, Tokens, authenticate, authorize, authorize_path
from devstack.kubernetes.crds import DefinitionController
from devstack.kubernetes.decoding import parse
from devstack.kubernetes.discovery import AGGREGATED, VERSION, discover
from devstack.kubernetes.errors import ApiError, PageNotFound
from devstack.kubernetes.escalation import GROUP, WRITES, refuse_escalation
from devstack.kubernetes.namespaces import NamespaceController
from devstack.kubernetes.objects import Object
from devstack.kubernetes.openapi import document
from devstack.kubernetes.operations import Operations
from devstack.kubernetes.registry import Registry
from devstack.kubernetes.removal import Remover
from devstack.kubernetes.requests import Answer, Request, Target, WatchAnswer, target_of
from devstack.kubernetes.resources import Resource
from devstack.kubernetes.store import Event, Store
from devstack.kubernetes.timers import Delays, Timers
from devstack.kubernetes.writes import Options, Writer

_LOG = logging.getLogger(__name__)
_HEALTH: Final = ("/healthz", "/readyz", "/livez")
_BORN_WITH: Final = ("default", "kube-public", "kube-system")
Follower = Callable[[Event], None]


class Cluster:
    """The state of one cluster and its answers. Not thread-safe: everything runs in one event loop."""

    def __init__(self, name: str, tokens: Tokens, delays: Delays, definitions: list[Object]) -> None:
        self.name = name
        self.address = ""
        self.store = Store()
        self.registry = Registry()
        self.timers = Timers(delays, self.run)
        self.followers: list[Follower] = []
        self.used: dict[str, set[tuple[str, str, str]]] = {}
        """By user without all rights: verb, group and resource of what was allowed."""
        self._tokens = tokens
        self._writer = Writer(self.store)
        remover = Remover(self.store, self._writer, self.registry)
        self._accounts = Accounts(self.store)
        self._operations = Operations(self.store, self._writer, remover, self._accounts)
        self._remover = remover
        self._namespaces = NamespaceController(self.store, self.registry, self._writer, remover)
        self._definitions = DefinitionController(self.store, self.registry, self._writer, remover)
        self._events: deque[Event] = deque()
        self._settling = False
        self._working: set[asyncio.Future[None]] = set()
        self.store.listeners.append(self._events.append)
        self._begin(definitions)

    def identify(self, request: Request) -> Identity:
        """Who asks; ApiError 401 for an unknown token."""
        header = request.headers.get("authorization", "")
        return authenticate(header, self._tokens, self._accounts.identity)

    def answer(self, request: Request, who: Identity) -> Answer | WatchAnswer:
        """Answers a request and lets the controllers follow what it changed."""
        try:
            return self._answer(request, target_of(request), who)
        except ApiError as error:
            return Answer(error.code, error.body(), error.headers)
        except PageNotFound:
            return Answer(404, "404 page not found\n")
        except Exception as error:  # noqa: BLE001 - as the real server, it must outlive a request that it cannot do
            _LOG.exception("%s %s", request.method, request.path)
            failure = ApiError(500, "InternalError", f"Internal error occurred: {type(error).__name__}")
            return Answer(500, failure.body())
        finally:
            self.settle()

    def run(self, work: Callable[[], None]) -> None:
        """Does a controller's work and what follows from it."""
        work()
        self.settle()

    def settle(self) -> None:
        """Lets every controller follow every event until none is left."""
        if self._settling:
            return
        self._settling = True
        try:
            while self._events:
                self._follow(self._events.popleft())
        finally:
            self._settling = False

    def wait_for(self, work: "asyncio.Future[None]") -> None:
        """Holds answers back until this work is done."""
        self._working.add(work)
        work.add_done_callback(self._working.discard)

    async def quiet(self) -> None:
        """Waits until no controller works in another thread."""
        while self._working:
            await asyncio.wait(set(self._working))

    def close(self) -> None:
        """Ends watches and forgets pending work."""
        self.timers.clear()
        self.store.close()

    def _begin(self, definitions: list[Object]) -> None:
        options = Options("kube-apiserver")
        for name in _BORN_WITH:
            namespace: Object = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}}
            self._create(NAMESPACES, namespace, options)
        for definition in definitions:
            self._create(("apiextensions.k8s.io", "customresourcedefinitions"), definition, options)
        self.settle()

    def _create(self, key: tuple[str, str], obj: Object, options: Options) -> None:
        resource = self.registry.stored(key)
        if resource is None:
            raise PageNotFound
        self._writer.create(resource, obj, options)

    def _answer(self, request: Request, target: Target, who: Identity) -> Answer | WatchAnswer:
        if not target.resource:
            authorize_path(who, request.path)
            return self._answer_path(request)
        self._authorize(who, target.verb, target)
        resource = self.registry.find(target.group, target.version, target.resource)
        if resource is None:
            raise PageNotFound
        if not who.unlimited:
            self._authorize_effects(request, target, resource, who)
        return self._operations.perform(request, target, resource)

    def _authorize(self, who: Identity, verb: str, target: Target) -> None:
        authorize(who, verb, target.group, target.full_resource, target.namespace, target.name)
        if not who.unlimited:
            self._note(who, (verb, target.group, target.full_resource))

    def _authorize_effects(self, request: Request, target: Target, resource: Resource, who: Identity) -> None:
        """What a write does beside its own verb."""
        space = target.namespace if resource.namespaced else ""
        if target.verb == "patch" and self.store.get(resource.key, space, target.name) is None:
            self._authorize(who, "create", target)
        if target.verb in WRITES and target.group == GROUP:
            right = refuse_escalation(self.store, parse(request, allow_yaml=True), target, who)
            if right:
                self._note(who, right)

    def _note(self, who: Identity, right: tuple[str, str, str]) -> None:
        self.used.setdefault(who.user, set()).add(right)

    def _answer_path(self, request: Request) -> Answer:
        path = request.path.rstrip("/")
        if path in _HEALTH or path.startswith(tuple(f"{item}/" for item in _HEALTH)):
            return Answer(200, "ok")
        if request.method not in {"GET", "HEAD"}:
            raise PageNotFound
        if path == "/version":
            return Answer(200, VERSION)
        if path.startswith("/openapi/"):
            return Answer(200, document(self.registry, path))
        if path.startswith(("/api", "/apis")):
            found = discover(self.registry, path, request.headers.get("accept", ""), self.address)
            aggregated = found["kind"] == "APIGroupDiscoveryList"
            return Answer(200, found, {"Content-Type": AGGREGATED} if aggregated else {})
        if not path:
            return Answer(
                200, {"paths": ["/api", "/apis", "/healthz", "/livez", "/openapi/v3", "/readyz", "/version"]}
            )
        raise PageNotFound

    def _follow(self, event: Event) -> None:
        self._definitions.observe(event)
        self._remover.collect(event)
        if name := self._namespaces.concerned(event):
            self._sweep_later(name)
        for follower in self.followers:
            try:
                follower(event)
            except Exception:  # noqa: BLE001 - see below
                # The write that it follows is done; its answer must not depend on a controller.
                _LOG.exception("%s of %s", event.type, event.key)

    def _sweep_later(self, name: str) -> None:
        if self.timers.has(("namespace", name)):
            return
        if self.timers.delay("namespace") == 0:
            self._namespaces.sweep(name)
        else:
            self.timers.after("namespace", ("namespace", name), lambda: self._namespaces.sweep(name))
