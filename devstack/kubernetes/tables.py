"""Objects as tables, for clients that print them."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from devstack.kubernetes.objects import Object, at, metadata, name_of
from devstack.kubernetes.resources import Resource

Cells = Callable[[Object], list[Any]]
_NONE = "<none>"


def table(objects: list[Object], resource: Resource, page: Object, *, include: str, header: bool) -> Object:
    """A `meta.k8s.io/v1` Table; a row carries of its object what `include` says: Metadata, Object, None."""
    names, cells = _printer(resource)
    columns = [_column(name) for name in names] if header else []
    rows = []
    for obj in objects:
        row: Object = {"cells": [name_of(obj), *cells(obj)]}
        if include != "None":
            row["object"] = partial(obj) if include == "Metadata" else obj
        rows.append(row)
    return {
        "kind": "Table",
        "apiVersion": "meta.k8s.io/v1",
        "metadata": page,
        "columnDefinitions": columns,
        "rows": rows,
    }


def partial(obj: Object) -> Object:
    """The metadata of an object alone."""
    return {"kind": "PartialObjectMetadata", "apiVersion": "meta.k8s.io/v1", "metadata": metadata(obj)}


def _column(name: str) -> Object:
    return {
        "name": name,
        "type": "string",
        "format": "name" if name == "Name" else "",
        "description": name,
        "priority": 0,
    }


def _printer(resource: Resource) -> tuple[list[str], Cells]:
    found = _PRINTERS.get((resource.group, resource.kind))
    if found is not None:
        return ["Name", *found[0], "Age"], lambda obj: [*found[1](obj), age(obj)]
    if resource.columns:
        wanted = [column for column in resource.columns if not column.get("priority")]
        names = ["Name", *(column["name"] for column in wanted)]
        has_age = any(column["name"] == "Age" for column in wanted)
        return (names if has_age else [*names, "Age"]), lambda obj: [
            *(_by_path(obj, column) for column in wanted),
            *([] if has_age else [age(obj)]),
        ]
    if resource.group == "rbac.authorization.k8s.io" and not resource.kind.endswith("Binding"):
        return ["Name", "Created At"], lambda obj: [metadata(obj).get("creationTimestamp", "")]
    return ["Name", "Age"], lambda obj: [age(obj)]


def age(obj: Object) -> str:
    """The time since creation, shortened as kubectl does."""
    return since(metadata(obj).get("creationTimestamp"))


def since(stamp: Any) -> str:
    """The time since an RFC 3339 stamp."""
    if not stamp:
        return "<unknown>"
    started = datetime.strptime(str(stamp), "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=UTC)
    seconds = max(0, int((datetime.now(UTC) - started).total_seconds()))
    for limit, size, unit in ((120, 1, "s"), (7200, 60, "m"), (172800, 3600, "h")):
        if seconds < limit:
            return f"{seconds // size}{unit}"
    return f"{seconds // 86400}d"


def _by_path(obj: Object, column: Object) -> Any:
    """The cell of a printer column; simple paths and one condition filter are understood."""
    path = column["jsonPath"]
    if column.get("type") == "date":
        return since(_follow(obj, path))
    found = _follow(obj, path)
    return "" if found is None else str(found)


def _follow(obj: Object, path: str) -> Any:
    head, filtered, rest = path.partition("[?(@.type==")
    found = at(obj, *(part for part in head.split(".") if part))
    if not filtered:
        return found
    wanted, _, field = rest.partition(")]")
    wanted = wanted.strip("\"' ")
    match = next((item for item in found or () if item.get("type") == wanted), None)
    return at(match, *(part for part in field.split(".") if part))


def _deployment(obj: Object) -> list[Any]:
    status = obj.get("status") or {}
    wanted = at(obj, "spec", "replicas")
    ready = f"{status.get('readyReplicas', 0)}/{wanted if wanted is not None else 0}"
    return [ready, status.get("updatedReplicas", 0), status.get("availableReplicas", 0)]


def _replica_set(obj: Object) -> list[Any]:
    status = obj.get("status") or {}
    return [at(obj, "spec", "replicas") or 0, status.get("replicas", 0), status.get("readyReplicas", 0)]


def _service(obj: Object) -> list[Any]:
    spec = obj.get("spec") or {}
    ingress = at(obj, "status", "loadBalancer", "ingress") or ()
    addresses = ",".join(str(item.get("hostname") or item.get("ip")) for item in ingress)
    outside = addresses or ("<pending>" if spec.get("type") == "LoadBalancer" else _NONE)
    ports = ",".join(_port(port) for port in spec.get("ports") or ())
    return [spec.get("type"), spec.get("clusterIP", _NONE), outside, ports or _NONE]


def _port(port: Object) -> str:
    node = f":{port['nodePort']}" if port.get("nodePort") else ""
    return f"{port['port']}{node}/{port.get('protocol', 'TCP')}"


def _pod(obj: Object) -> list[Any]:
    states = at(obj, "status", "containerStatuses") or ()
    total = len(at(obj, "spec", "containers") or ())
    phase = "Terminating" if "deletionTimestamp" in metadata(obj) else at(obj, "status", "phase")
    restarts = sum(item.get("restartCount", 0) for item in states)
    return [f"{sum(1 for item in states if item.get('ready'))}/{total}", phase, restarts]


def _autoscaler(obj: Object) -> list[Any]:
    spec = obj.get("spec") or {}
    target = spec.get("scaleTargetRef") or {}
    metrics = [
        f"{at(item, 'resource', 'name')}: <unknown>/{at(item, 'resource', 'target', 'averageUtilization')}%"
        for item in spec.get("metrics") or ()
        if at(item, "resource", "target", "averageUtilization") is not None
    ]
    return [
        f"{target.get('kind')}/{target.get('name')}",
        ", ".join(metrics) or _NONE,
        spec.get("minReplicas", _NONE),
        spec.get("maxReplicas"),
        at(obj, "status", "currentReplicas") or 0,
    ]


def _budget(obj: Object) -> list[Any]:
    spec = obj.get("spec") or {}
    allowed = at(obj, "status", "disruptionsAllowed")
    return [spec.get("minAvailable", "N/A"), spec.get("maxUnavailable", "N/A"), allowed or 0]


def _network_policy(obj: Object) -> list[Any]:
    found = at(obj, "spec", "podSelector", "matchLabels") or {}
    return [",".join(f"{key}={value}" for key, value in sorted(found.items())) or _NONE]


def _binding(obj: Object) -> list[Any]:
    reference = obj.get("roleRef") or {}
    return [f"{reference.get('kind')}/{reference.get('name')}"]


_PRINTERS: dict[tuple[str, str], tuple[list[str], Cells]] = {
    ("", "Namespace"): (["Status"], lambda obj: [at(obj, "status", "phase")]),
    ("", "ConfigMap"): (
        ["Data"],
        lambda obj: [len(obj.get("data") or {}) + len(obj.get("binaryData") or {})],
    ),
    ("", "Secret"): (["Type", "Data"], lambda obj: [obj.get("type"), len(obj.get("data") or {})]),
    ("", "Service"): (["Type", "Cluster-IP", "External-IP", "Port(s)"], _service),
    ("", "Pod"): (["Ready", "Status", "Restarts"], _pod),
    ("apps", "Deployment"): (["Ready", "Up-to-date", "Available"], _deployment),
    ("apps", "ReplicaSet"): (["Desired", "Current", "Ready"], _replica_set),
    ("autoscaling", "HorizontalPodAutoscaler"): (
        ["Reference", "Targets", "MinPods", "MaxPods", "Replicas"],
        _autoscaler,
    ),
    ("policy", "PodDisruptionBudget"): (["Min Available", "Max Unavailable", "Allowed Disruptions"], _budget),
    ("networking.k8s.io", "NetworkPolicy"): (["Pod-Selector"], _network_policy),
    ("rbac.authorization.k8s.io", "RoleBinding"): (["Role"], _binding),
    ("rbac.authorization.k8s.io", "ClusterRoleBinding"): (["Role"], _binding),
}
