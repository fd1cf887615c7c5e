"""A small client of a stand-in cluster, and objects to send with it."""

import itertools
import json
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import httpx

from devstack.kubernetes import DEFAULT_TOKEN

APPLY = "application/apply-patch+yaml"
MERGE = "application/merge-patch+json"
STRATEGIC = "application/strategic-merge-patch+json"
JSON_PATCH = "application/json-patch+json"
_numbers = itertools.count(1)
_SECURE = {
    "allowPrivilegeEscalation": False,
    "capabilities": {"drop": ["ALL"]},
    "runAsNonRoot": True,
    "seccompProfile": {"type": "RuntimeDefault"},
}
_GROUPS = {
    "Deployment": ("apps/v1", "deployments"),
    "HorizontalPodAutoscaler": ("autoscaling/v2", "horizontalpodautoscalers"),
    "Certificate": ("cert-manager.io/v1", "certificates"),
    "SecretStore": ("external-secrets.io/v1", "secretstores"),
    "ExternalSecret": ("external-secrets.io/v1", "externalsecrets"),
    "Role": ("rbac.authorization.k8s.io/v1", "roles"),
    "RoleBinding": ("rbac.authorization.k8s.io/v1", "rolebindings"),
    "NetworkPolicy": ("networking.k8s.io/v1", "networkpolicies"),
    "PodDisruptionBudget": ("policy/v1", "poddisruptionbudgets"),
    "CustomResourceDefinition": ("apiextensions.k8s.io/v1", "customresourcedefinitions"),
}


@dataclass(frozen=True)
class Answered:
    """An answer: its status, its body decoded where it is JSON, and its headers."""

    status: int
    body: Any
    headers: httpx.Headers

    @property
    def fields(self) -> list[str]:
        """The fields that a refusal names."""
        return [cause["field"] for cause in self.body.get("details", {}).get("causes", ())]


class Client:
    """Sends requests to one cluster, and keeps apart in a namespace of its own."""

    def __init__(self, url: str, token: str = DEFAULT_TOKEN) -> None:
        self.url = url
        self.http = httpx.Client(base_url=url, timeout=20, headers={"User-Agent": "tests/1"})
        if token:
            self.http.headers["Authorization"] = f"Bearer {token}"
        self.namespace = f"ns-{next(_numbers)}"

    def send(self, method: str, path: str, body: Any = None, content: str = "application/json") -> Answered:
        """Sends one request."""
        data = None if body is None else json.dumps(body).encode()
        answer = self.http.request(method, path, content=data, headers={"Content-Type": content})
        is_json = answer.headers.get("content-type", "").startswith("application/json")
        return Answered(answer.status_code, answer.json() if is_json else answer.text, answer.headers)

    def path(self, kind: str, name: str = "", namespace: str | None = None) -> str:
        """The path of a kind, or of one object of it, in this client's namespace or another."""
        api, plural = _GROUPS.get(kind, ("v1", f"{kind.lower()}s"))
        base = f"/apis/{api}" if "/" in api else f"/api/{api}"
        cluster_wide = kind in {"Namespace", "CustomResourceDefinition"}
        space = "" if cluster_wide else f"/namespaces/{namespace or self.namespace}"
        return f"{base}{space}/{plural}" + (f"/{name}" if name else "")

    def apply(self, obj: dict[str, Any], manager: str = "engine", **query: str) -> Answered:
        """Server-side apply, strict."""
        options = {"fieldManager": manager, "fieldValidation": "Strict", **query}
        path = self.path(obj["kind"], obj["metadata"]["name"])
        return self.send("PATCH", f"{path}?{httpx.QueryParams(options)}", obj, APPLY)

    def create(self, obj: dict[str, Any], **query: str) -> Answered:
        """A create."""
        return self.send("POST", f"{self.path(obj['kind'])}?{httpx.QueryParams(query)}", obj)

    def get(self, kind: str, name: str) -> Answered:
        """A read."""
        return self.send("GET", self.path(kind, name))

    def make_namespace(self, **labels: str) -> "Client":
        """Creates this client's namespace."""
        obj = manifest("Namespace", self.namespace, labels=labels)
        assert self.create(obj).status == 201
        return self

    def control(self, method: str, section: str, body: Any = None) -> Any:
        """A request to a control endpoint."""
        answer = self.send(method, f"/_devstack/{section}", body)
        assert answer.status < 300, answer.body
        return answer.body


def manifest(kind: str, name: str, labels: dict[str, str] | None = None, **rest: Any) -> dict[str, Any]:
    """An object of a kind, with whatever stands beside its metadata."""
    meta: dict[str, Any] = {"name": name}
    if labels:
        meta["labels"] = labels
    return {"apiVersion": _GROUPS.get(kind, ("v1",))[0], "kind": kind, "metadata": meta, **rest}


def container(name: str = "app", image: str = "app:1", **rest: Any) -> dict[str, Any]:
    """A container that the restricted level lets pass."""
    return {"name": name, "image": image, "securityContext": _SECURE, **rest}


def deployment(name: str = "web", replicas: int | None = 2, **of_container: Any) -> dict[str, Any]:
    """A Deployment of one container."""
    template = {"metadata": {"labels": {"app": name}}, "spec": {"containers": [container(**of_container)]}}
    spec: dict[str, Any] = {"selector": {"matchLabels": {"app": name}}, "template": template}
    if replicas is not None:
        spec["replicas"] = replicas
    return manifest("Deployment", name, spec=spec)


def until(holds: Callable[[], Any], seconds: float = 10) -> Any:
    """Waits for a condition and returns what it gave; AssertionError if it does not come."""
    deadline = time.monotonic() + seconds
    while not (found := holds()):
        assert time.monotonic() < deadline, "the condition did not come"
        time.sleep(0.01)
    return found
