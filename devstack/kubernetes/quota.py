"""Quotas: what objects count for, and the refusal of what would exceed one."""

from decimal import Decimal
from typing import Final

from devstack.kubernetes.admission import PODS
from devstack.kubernetes.errors import forbidden
from devstack.kubernetes.objects import Object, at, name_of, namespace_of
from devstack.kubernetes.quantity import parse
from devstack.kubernetes.resources import Resource
from devstack.kubernetes.store import Store
from devstack.kubernetes.usage import exceeded, pod_usage

_QUOTAS: Final = ("", "resourcequotas")
_COUNTED: Final = {
    "configmaps": "configmaps",
    "secrets": "secrets",
    "services": "services",
    "persistentvolumeclaims": "persistentvolumeclaims",
    "replicationcontrollers": "replicationcontrollers",
    "resourcequotas": "resourcequotas",
    "pods": "pods",
}


def check_quota(store: Store, obj: Object, resource: Resource) -> None:
    """Refuses a new object that would exceed a quota of its namespace."""
    if not resource.namespaced:
        return
    for quota in store.all(_QUOTAS, namespace_of(obj)):
        hard = at(quota, "spec", "hard") or {}
        asked = {name: amount for name, amount in usage_of(obj, resource).items() if name in hard}
        _refuse_unsized(obj, resource, quota, hard)
        used = used_in(store, namespace_of(obj), hard)
        over = [name for name, amount in asked.items() if used[name] + amount > parse(hard[name])]
        if over:
            why = exceeded(name_of(quota), over, asked, used, hard)
            raise forbidden(resource.plural, resource.group, name_of(obj), why)


def _refuse_unsized(obj: Object, resource: Resource, quota: Object, hard: Object) -> None:
    if resource.key != PODS:
        return
    needed = [
        name for name in hard if name.partition(".")[0] in {"requests", "limits"} or name in {"cpu", "memory"}
    ]
    missing: dict[str, list[str]] = {}
    for container in at(obj, "spec", "containers") or ():
        for name in sorted(needed):
            kind, _, what = name.rpartition(".")
            if what in {"cpu", "memory"} and at(container, "resources", kind or "requests", what) is None:
                missing.setdefault(name, []).append(container["name"])
    if missing:
        text = "; ".join(f"{name} for: {','.join(names)}" for name, names in missing.items())
        why = f"failed quota: {name_of(quota)}: must specify {text}"
        raise forbidden(resource.plural, resource.group, name_of(obj), why)


def used_in(store: Store, namespace: str, hard: Object) -> dict[str, Decimal]:
    """What the objects of a namespace use of each quota resource named in `hard`."""
    used = dict.fromkeys(hard, Decimal(0))
    for key, obj in store.in_namespace(namespace):
        for name, amount in usage(key, obj).items():
            if name in used:
                used[name] += amount
    return used


def usage_of(obj: Object, resource: Resource) -> dict[str, Decimal]:
    """What one object counts for."""
    return usage(resource.key, obj)


def usage(key: tuple[str, str], obj: Object) -> dict[str, Decimal]:
    """The same by group and plural."""
    group, plural = key
    one = Decimal(1)
    counted = {f"count/{plural}.{group}" if group else f"count/{plural}": one}
    if not group and plural in _COUNTED:
        counted[plural] = one
    if key == ("", "services"):
        kind = at(obj, "spec", "type")
        if kind == "LoadBalancer":
            counted["services.loadbalancers"] = one
        if kind in {"LoadBalancer", "NodePort"}:
            ports = at(obj, "spec", "ports") or ()
            counted["services.nodeports"] = Decimal(sum(1 for port in ports if port.get("nodePort")))
    if key == PODS:
        if at(obj, "status", "phase") in {"Succeeded", "Failed"}:
            return {}
        counted |= pod_usage(obj.get("spec") or {})
    return counted
