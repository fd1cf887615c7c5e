"""What the server itself sets and keeps on a write: identity, generation, status, addresses."""

import random
import uuid
from collections.abc import Callable

from devstack.kubernetes.defaults import first_status
from devstack.kubernetes.objects import Object, at, clone, metadata, now, put, without
from devstack.kubernetes.resources import Resource

_FIXED = (
    "uid",
    "creationTimestamp",
    "deletionTimestamp",
    "deletionGracePeriodSeconds",
    "selfLink",
    "namespace",
)
_NODE_PORTS = range(30000, 32768)


class Addresses:
    """Cluster addresses and node ports of one cluster, each given out once until it is freed."""

    def __init__(self) -> None:
        self._used: set[str | int] = {"10.96.0.1", "10.96.0.10"}
        self._random = random.Random()

    def address(self) -> str:
        """A free address of the service range."""
        return str(
            self._take(lambda: f"10.96.{self._random.randrange(256)}.{self._random.randrange(1, 255)}")
        )

    def port(self) -> int:
        """A free node port."""
        return int(self._take(lambda: self._random.choice(_NODE_PORTS)))

    def free(self, service: Object) -> None:
        """Gives back what a removed service held."""
        spec = service.get("spec") or {}
        self._used -= {spec.get("clusterIP"), *(port.get("nodePort") for port in spec.get("ports") or ())}

    def _take(self, draw: Callable[[], str | int]) -> str | int:
        value = draw()
        while value in self._used:
            value = draw()
        self._used.add(value)
        return value


def prepare_create(obj: Object, resource: Resource) -> Object:
    """The object as it is born: identity, first generation, first status."""
    meta = {
        key: value for key, value in metadata(obj).items() if key not in _FIXED and key != "resourceVersion"
    }
    namespace = metadata(obj).get("namespace")
    if resource.namespaced:
        meta["namespace"] = namespace
    meta["uid"] = str(uuid.uuid4())
    meta["creationTimestamp"] = now()
    meta.pop("generation", None)
    if resource.has_generation:
        meta["generation"] = 1
    born = {**obj, "metadata": _tidy(meta)}
    if resource.custom:
        return without(born, "status") if resource.has_status else born
    status = first_status(born, resource.group, resource.kind)
    return without(born, "status") if status is None else {**born, "status": clone(status)}


def prepare_update(new: Object, live: Object, resource: Resource, subresource: str) -> Object:
    """The changed object with what this endpoint may not change taken from the live one."""
    meta, old = metadata(new), metadata(live)
    kept = {key: value for key, value in meta.items() if key not in _FIXED and key != "generation"}
    kept |= {key: old[key] for key in (*_FIXED, "generation", "resourceVersion", "name") if key in old}
    new = {**new, "metadata": _tidy(kept)}
    if subresource == "status":
        return _only_status(new, live, resource)
    if resource.has_status:
        new = {**without(new, "status"), **({"status": live["status"]} if "status" in live else {})}
    if resource.has_generation and _changes_generation(new, live, resource):
        new = put(new, old.get("generation", 0) + 1, "metadata", "generation")
    return new


def _only_status(new: Object, live: Object, resource: Resource) -> Object:
    meta = metadata(new)
    if resource.custom:
        meta = metadata(live) | {key: meta[key] for key in ("managedFields",) if key in meta}
    elif "labels" in metadata(live):
        meta = meta | {"labels": metadata(live)["labels"]}
    else:
        meta = {key: value for key, value in meta.items() if key != "labels"}
    kept = {key: value for key, value in live.items() if key not in {"status", "metadata"}}
    return {**kept, "metadata": meta, **({"status": new["status"]} if "status" in new else {})}


def _changes_generation(new: Object, live: Object, resource: Resource) -> bool:
    if resource.custom:
        ignored = {"metadata", "status"} if resource.has_status else {"metadata"}
        keys = (new.keys() | live.keys()) - ignored
        return any(new.get(key) != live.get(key) for key in keys)
    return bool(new.get("spec") != live.get("spec"))


def _tidy(meta: Object) -> Object:
    return {key: value for key, value in meta.items() if value not in ({}, [], None, "")}


def prepare_service(obj: Object, live: Object, addresses: Addresses) -> Object:
    """A service with its cluster address and node ports; those it has are kept."""
    spec = dict(obj.get("spec") or {})
    if spec.get("type") == "ExternalName":
        return obj
    before = at(live, "spec", "clusterIP")
    if not spec.get("clusterIP"):
        spec["clusterIP"] = before or addresses.address()
    spec["clusterIPs"] = [spec["clusterIP"]]
    spec.setdefault("ipFamilies", ["IPv4"])
    spec.setdefault("ipFamilyPolicy", "SingleStack")
    if spec.get("type") in {"LoadBalancer", "NodePort"} and spec.get("allocateLoadBalancerNodePorts", True):
        held = {
            (p.get("port"), p.get("protocol")): p.get("nodePort") for p in at(live, "spec", "ports") or ()
        }
        spec["ports"] = [
            port
            if port.get("nodePort")
            else {**port, "nodePort": held.get((port.get("port"), port.get("protocol"))) or addresses.port()}
            for port in spec.get("ports") or ()
        ]
    return {**obj, "spec": spec}
