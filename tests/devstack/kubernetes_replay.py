"""Replays the recorded exchanges of a real API server against the stand-in, in order, on one cluster."""

import functools
import itertools
import json
import re
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx

from devstack.kubernetes import ADMIN, DEFAULT_TOKEN, Identity, StandIn
from devstack.kubernetes.crds import shipped
from devstack.kubernetes.timers import NAMES

RECORDINGS = Path(__file__).parents[1] / "kubernetes-recordings.json"
RECORDED: list[dict[str, Any]] = json.loads(RECORDINGS.read_text(encoding="utf-8"))["exchanges"]

_NAMESPACE = "/api/v1/namespaces/acme-rec"
_DEPLOYMENT = "/apis/apps/v1/namespaces/acme-rec/deployments/proxy"
_MERGE = "application/merge-patch+json"
# Config maps that other controllers of the recorded cluster made and the recorder left out of the answers.
_LEFT_OUT = {"openshift-service-ca.crt", "zz-background-1", "zz-background-2", "zz-background-3"}
_MASKED = {
    "uid",
    "resourceVersion",
    "creationTimestamp",
    "deletionTimestamp",
    "lastTransitionTime",
    "lastUpdateTime",
    "serverAddress",
    "continue",
    "nodePort",
    "clusterIP",
    "clusterIPs",
}
_UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")


@dataclass(frozen=True)
class Answered:
    """What the stand-in answered."""

    status: int
    body: Any
    events: list[Any] | None
    warning: str | None


def recorded(exchange: dict[str, Any]) -> Answered:
    """The real server's answer to an exchange."""
    response = exchange["response"]
    return Answered(response["status"], response.get("body"), response.get("events"), response.get("warning"))


@functools.cache
def replayed() -> list[Answered]:
    """The stand-in's answers to all exchanges."""
    tokens = {DEFAULT_TOKEN: ADMIN, "nobody": Identity("nobody")}
    definitions = [item for item in shipped() if item["spec"]["group"] == "external-secrets.io"]
    off = dict.fromkeys(NAMES)
    with StandIn(["recorded"], tokens=tokens, delays=off, crds=definitions) as stand_in:
        player = _Player(stand_in.url("recorded"))
        answers: list[Answered] = []
        with ThreadPoolExecutor() as pool:
            # Watches change nothing and last as long as they ask for: neighbours are played together.
            for watches, exchanges in itertools.groupby(RECORDED, key=_is_watch):
                play = pool.map if watches else map
                answers += play(player.play, exchanges)
        return answers


def _is_watch(exchange: dict[str, Any]) -> bool:
    return "watch=true" in exchange["request"]["path"]


class _Player:
    def __init__(self, url: str) -> None:
        self._http = httpx.Client(base_url=url, timeout=10, headers={"User-Agent": "python-requests/2.32"})
        self._listed = ""

    def play(self, exchange: dict[str, Any]) -> Answered:
        before = _BACKGROUND.get((exchange["scenario"], exchange["note"]))
        if before is not None:
            before(self)
        request = exchange["request"]
        headers = {"Content-Type": request.get("content_type", "application/json")}
        token = {"no token": "", "not allowed": "nobody"}.get(exchange["note"], DEFAULT_TOKEN)
        if token:
            headers["Authorization"] = f"Bearer {token}"
        path = request["path"].replace("<listed>", self._listed)
        content = self._content(request)
        answer = self._http.request(request["method"], path, content=content, headers=headers)
        events = body = None
        if _is_watch(exchange):
            events = [json.loads(line) for line in answer.text.splitlines()]
        else:
            is_json = answer.headers["content-type"].startswith("application/json")
            body = answer.json() if is_json else answer.text
        return Answered(answer.status_code, body, events, answer.headers.get("warning"))

    def _content(self, request: dict[str, Any]) -> bytes | None:
        """The recorded body; an object read from the recorded server bears our server's uid instead."""
        if "body" not in request:
            return None
        body = request["body"]
        if request["method"] == "PUT":
            uid = self._ask("GET", request["path"])["metadata"]["uid"]
            body = {**body, "metadata": {**body["metadata"], "uid": uid}}
        return json.dumps(body, separators=(",", ":")).encode()

    def _ask(self, method: str, path: str, body: Any = None, content_type: str = "application/json") -> Any:
        """A request of the recorded cluster's own controllers."""
        headers = {
            "Content-Type": content_type,
            "Authorization": f"Bearer {DEFAULT_TOKEN}",
            "User-Agent": "kcm/v1.36.0",
        }
        content = None if body is None else json.dumps(body)
        answer = self._http.request(method, path, content=content, headers=headers)
        answer.raise_for_status()
        return answer.json()

    def namespace_born(self) -> None:
        """The controller manager puts the cluster's certificate authority into each new namespace."""
        events = next(item for item in RECORDED if item["note"].startswith("watch from an old"))
        found = events["response"]["events"][0]["object"]
        self._config_map("kube-root-ca.crt", found["metadata"]["annotations"], found["data"])
        for name in sorted(_LEFT_OUT):
            self._config_map(name, {}, {})

    def _config_map(self, name: str, annotations: Any, data: Any) -> None:
        meta = {"name": name, "annotations": annotations}
        obj = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": meta, "data": data}
        self._ask("POST", f"{_NAMESPACE}/configmaps", obj)

    def deployment_observed(self) -> None:
        """The deployment controller writes what it sees, as the next read shows."""
        shown = next(item for item in RECORDED if item["note"] == "read")["response"]["body"]
        stamps = {"lastUpdateTime": "2026-11-22T16:22:14Z", "lastTransitionTime": "2026-11-22T16:22:14Z"}
        conditions = [{**item, **stamps} for item in shown["status"]["conditions"]]
        patch = {
            "metadata": {"annotations": shown["metadata"]["annotations"]},
            "status": {**shown["status"], "conditions": conditions},
        }
        self._ask("PATCH", f"{_DEPLOYMENT}/status", patch, _MERGE)

    def deployment_short(self) -> None:
        """The deployment controller misses one more replica than before."""
        self._ask("PATCH", f"{_DEPLOYMENT}/status", {"status": {"unavailableReplicas": 4}}, _MERGE)

    def list_before_watch(self) -> None:
        """The recorder listed before it watched."""
        self._listed = self._ask("GET", f"{_NAMESPACE}/configmaps")["metadata"]["resourceVersion"]

    def namespace_swept(self) -> None:
        """The namespace controller gets its turn."""
        self._ask("PUT", "/_devstack/delays", {"namespace": 0})
        deadline = time.monotonic() + 10
        while "conditions" not in self._ask("GET", _NAMESPACE)["status"]:
            if time.monotonic() > deadline:
                raise TimeoutError("the namespace controller did not report")


_BACKGROUND: dict[tuple[str, str], Callable[[_Player], None]] = {
    ("guardrails", "quota"): _Player.namespace_born,
    ("deployment", "read"): _Player.deployment_observed,
    ("deployment", "status by merge patch"): _Player.deployment_short,
    ("watch", "a change to be seen by the watch"): _Player.list_before_watch,
    (
        "namespace deletion",
        "still terminating: a finalizer holds it, and the conditions name it",
    ): _Player.namespace_swept,
}


def comparable(value: Any) -> Any:
    """A recorded or replayed value with identities, versions, times and random addresses masked."""
    if isinstance(value, dict):
        return {key: f"<{key}>" if key in _MASKED else _member(key, item) for key, item in value.items()}
    if isinstance(value, list):
        return [comparable(item) for item in value if not _left_out(item)]
    return _UUID.sub("<uuid>", value) if isinstance(value, str) else value


def _member(key: str, value: Any) -> Any:
    if key == "managedFields":
        kept = ("manager", "operation", "subresource")
        entries = [{name: item[name] for name in kept if name in item} for item in value]
        # The recorded controller manager ran under another program name.
        own = {"manager": "kcm"}
        named = [
            {**item, **own} if item["manager"] == "kube-controller-manager" else item for item in entries
        ]
        # Entries stand in the order of the seconds they were written in; the replay is done in one.
        return sorted(
            named, key=lambda item: (item["operation"], item["manager"], item.get("subresource", ""))
        )
    return comparable(value)


def _left_out(item: Any) -> bool:
    if not isinstance(item, dict):
        return False
    obj = item.get("object", item)
    meta = obj.get("metadata") if isinstance(obj, dict) else None
    return isinstance(meta, dict) and meta.get("name") in _LEFT_OUT
