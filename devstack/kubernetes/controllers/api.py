"""The little of the Kubernetes API that controllers use, over any way of sending a request."""

from typing import Any, Protocol

from devstack.kubernetes.objects import Object, at, metadata, name_of, namespace_of

_MERGE = "application/merge-patch+json"
_APPLY = "application/apply-patch+yaml"


class Conflict(Exception):
    """A step that could not be taken; it is tried again later, or when the next event brings the object."""


class Api(Protocol):
    """Sends one request; returns the status and the decoded body."""

    def send(
        self, method: str, path: str, body: Object | None = None, content_type: str = "application/json"
    ) -> tuple[int, Any]:
        """Sends a request with an object as its body."""


def collection(group: str, version: str, plural: str, namespace: str = "") -> str:
    """The path of a resource."""
    base = f"/apis/{group}/{version}" if group else f"/api/{version}"
    return f"{base}/namespaces/{namespace}/{plural}" if namespace else f"{base}/{plural}"


def path_of(obj: Object, plural: str) -> str:
    """The path of an object that bears its apiVersion."""
    group, _, version = obj["apiVersion"].rpartition("/")
    return f"{collection(group, version, plural, namespace_of(obj))}/{name_of(obj)}"


def get(api: Api, path: str) -> Object | None:
    """An object; None if it is absent."""
    status, body = api.send("GET", path)
    if status == 404:
        return None
    return _checked(status, body)


def listed(api: Api, path: str) -> list[Object]:
    """The objects of a resource, each with kind and apiVersion; empty if the cluster lacks it."""
    status, body = api.send("GET", path)
    if status == 404:
        return []
    found = _checked(status, body)
    kind = {"apiVersion": found["apiVersion"], "kind": found["kind"].removesuffix("List")}
    return [{**kind, **item} for item in found["items"]]


def set_status(api: Api, obj: Object, plural: str, status: Object) -> None:
    """Merges into the status of an object, unless it has these values already."""
    if not _holds(obj.get("status") or {}, status):
        _written(api.send("PATCH", f"{path_of(obj, plural)}/status", {"status": status}, _MERGE))


def set_scale(api: Api, path: str, replicas: int) -> None:
    """Sets the replicas of a workload."""
    _written(api.send("PATCH", f"{path}/scale", {"spec": {"replicas": replicas}}, _MERGE))


def apply(api: Api, path: str, obj: Object, manager: str) -> None:
    """Applies an object by force, as its controller."""
    _written(api.send("PATCH", f"{path}?fieldManager={manager}&force=true", obj, _APPLY))


def conditions(obj: Object, rows: list[Object], now: str) -> list[Object]:
    """The conditions of an object with these laid over them; one that did not change keeps its time."""
    found = {item["type"]: item for item in at(obj, "status", "conditions") or ()}
    for row in rows:
        old = found.get(row["type"])
        same = old is not None and old.get("status") == row["status"]
        since = old["lastTransitionTime"] if old is not None and same else now
        found[row["type"]] = {**row, "lastTransitionTime": since}
    return list(found.values())


def owner(obj: Object) -> Object:
    """An owner reference to an object that controls another."""
    return {
        "apiVersion": obj["apiVersion"],
        "kind": obj["kind"],
        "name": name_of(obj),
        "uid": metadata(obj)["uid"],
        "controller": True,
        "blockOwnerDeletion": True,
    }


def deleting(obj: Object) -> bool:
    """Whether an object is being deleted."""
    return "deletionTimestamp" in metadata(obj)


def _holds(found: Any, wanted: Any) -> bool:
    if isinstance(wanted, dict):
        return isinstance(found, dict) and all(_holds(found.get(key), value) for key, value in wanted.items())
    return bool(found == wanted)


def _checked(status: int, body: Any) -> Object:
    if status >= 400 or not isinstance(body, dict):
        raise Conflict(f"{status}: {at(body, 'message') or body}")
    return body


def _written(answer: tuple[int, Any]) -> None:
    status, body = answer
    if status != 404:  # gone in the meantime: nothing is left to be made ready
        _checked(status, body)
