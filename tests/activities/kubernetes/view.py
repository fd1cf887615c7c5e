"""A cluster as an engineer with kubectl sees and changes it. Shares no code with the activities."""

import contextlib
import json
from collections.abc import Iterator
from typing import Any

import httpx

from domain.naming import ownership_tags

Json = dict[str, Any]

PATHS = {
    "Namespace": "/api/v1/namespaces",
    "ConfigMap": "/api/v1/namespaces/{}/configmaps",
    "Secret": "/api/v1/namespaces/{}/secrets",
    "ResourceQuota": "/api/v1/namespaces/{}/resourcequotas",
    "Service": "/api/v1/namespaces/{}/services",
    "Deployment": "/apis/apps/v1/namespaces/{}/deployments",
    "HorizontalPodAutoscaler": "/apis/autoscaling/v2/namespaces/{}/horizontalpodautoscalers",
    "CustomResourceDefinition": "/apis/apiextensions.k8s.io/v1/customresourcedefinitions",
}


class View:
    def __init__(self, api: Any) -> None:
        self._api = api  # a kubernetes.client.ApiClient; its stubs leave out raw calls
        self.url: str = self._api.configuration.host

    def get(self, kind: str, name: str, namespace: str = "") -> Json | None:
        """None if it is not there."""
        status, found = self._call("GET", self._path(kind, namespace, name))
        return None if status == 404 else found

    def there(self, kind: str, name: str, namespace: str = "") -> Json:
        found = self.get(kind, name, namespace)
        assert found is not None, f"{kind} {name} is not there"
        return found

    def make(self, manifest: Json) -> Json:
        path = self._path(manifest["kind"], manifest["metadata"].get("namespace", ""))
        status, made = self._call("POST", path, manifest)
        assert status == 201, made
        return made

    def change(self, kind: str, name: str, namespace: str, change: Json) -> Json:
        """A merge patch by someone else."""
        return self._patched(self._path(kind, namespace, name), change)

    def scale(self, name: str, namespace: str, replicas: int) -> None:
        """What an autoscaler does."""
        path = self._path("Deployment", namespace, f"{name}/scale")
        self._patched(path, {"spec": {"replicas": replicas}})

    def delete(self, kind: str, name: str, namespace: str = "") -> None:
        status, answer = self._call("DELETE", self._path(kind, namespace, name))
        assert status < 300, answer

    def namespace(self, name: str, labels: dict[str, str] | None = None) -> Json:
        metadata = {"name": name, "labels": labels or {}}
        return self.make({"apiVersion": "v1", "kind": "Namespace", "metadata": metadata})

    def config_map(self, name: str, namespace: str, **metadata: Any) -> Json:
        return self.make(
            {
                "apiVersion": "v1",
                "kind": "ConfigMap",
                "metadata": {"name": name, "namespace": namespace, **metadata},
                "data": {"note": "by hand"},
            }
        )

    def _patched(self, path: str, change: Json) -> Json:
        status, changed = self._call("PATCH", path, change, "application/merge-patch+json")
        assert status == 200, changed
        return changed

    def _path(self, kind: str, namespace: str, name: str = "") -> str:
        return PATHS[kind].format(namespace) + (f"/{name}" if name else "")

    def _call(
        self, method: str, path: str, body: Json | None = None, content_type: str = "application/json"
    ) -> tuple[int, Json]:
        headers = {"Content-Type": content_type} if body else {}
        request = self._api.param_serialize(
            method, path, header_params=headers, body=body, auth_settings=["BearerToken"]
        )
        answer = self._api.call_api(*request)
        return answer.status, json.loads(answer.read())


def labels_of(install: str, tenant_id: str, step: str) -> dict[str, str]:
    return ownership_tags(install, tenant_id, f"s-{tenant_id}", step)


class Control:
    """The controls of a stand-in cluster."""

    def __init__(self, url: str) -> None:
        self._http = httpx.Client(base_url=f"{url}/_devstack")

    @contextlib.contextmanager
    def fault(self, verb: str, resource: str, **fields: Any) -> Iterator[None]:
        """A fault at the wire while the block runs."""
        body = {"match": {"verb": verb, "resource": resource}, **fields}
        answer = self._http.post("/faults", json=body).raise_for_status()
        try:
            yield
        finally:
            self._http.delete(f"/faults/{answer.json()['id']}").raise_for_status()

    @contextlib.contextmanager
    def nothing_becomes_ready(self) -> Iterator[None]:
        """While the block runs, no controller does its work."""
        before = self._http.get("/delays").raise_for_status().json()
        never = dict.fromkeys(("deployment", "loadbalancer", "externalsecret", "certificate"))
        self._http.put("/delays", json=never).raise_for_status()
        try:
            yield
        finally:
            self._http.put("/delays", json=before).raise_for_status()

    @contextlib.contextmanager
    def calls(self) -> Iterator[list[str]]:
        """'<verb> <resource>' of every call that is made while the block runs; filled at its end."""
        self._http.delete("/calls").raise_for_status()
        made: list[str] = []
        yield made
        made += [f"{call['verb']} {call['resource']}" for call in self.made() if call["resource"]]

    def made(self) -> list[Json]:
        """The calls since they were last forgotten, with the status of each."""
        found: list[Json] = self._http.get("/calls").raise_for_status().json()["calls"]
        return found
