"""Admission: the life of namespaces, limit ranges, quotas and pod security."""

from decimal import Decimal
from typing import Any, Final

from devstack.kubernetes import pod_security
from devstack.kubernetes.errors import ApiError, cause, forbidden, not_found
from devstack.kubernetes.objects import Object, at, clone, metadata, name_of, namespace_of
from devstack.kubernetes.quantity import parse, show
from devstack.kubernetes.registry import Resource
from devstack.kubernetes.store import Store

NAMESPACES: Final = ("", "namespaces")
_PODS: Final = ("", "pods")
_LIMITS: Final = ("", "limitranges")
_QUOTAS: Final = ("", "resourcequotas")
_TEMPLATED: Final = {
    ("apps", "Deployment"),
    ("apps", "ReplicaSet"),
    ("apps", "StatefulSet"),
    ("apps", "DaemonSet"),
    ("batch", "Job"),
}
_COUNTED: Final = {
    "configmaps": "configmaps",
    "secrets": "secrets",
    "services": "services",
    "persistentvolumeclaims": "persistentvolumeclaims",
    "replicationcontrollers": "replicationcontrollers",
    "resourcequotas": "resourcequotas",
    "pods": "pods",
}


def admit_namespace(store: Store, obj: Object, resource: Resource) -> None:
    """Refuses a create in a namespace that is absent (404) or being deleted (403)."""
    if not resource.namespaced:
        return
    name = namespace_of(obj)
    namespace = store.get(NAMESPACES, "", name)
    if namespace is None:
        raise not_found("namespaces", "", name)
    if "deletionTimestamp" in metadata(namespace):
        why = f"unable to create new content in namespace {name} because it is being terminated"
        causes = [
            cause("NamespaceTerminating", f"namespace {name} is being terminated", "metadata.namespace")
        ]
        raise forbidden(resource.plural, resource.group, name_of(obj), why, causes)


def with_limit_defaults(store: Store, obj: Object, resource: Resource) -> Object:
    """A pod whose containers got the defaults of the limit ranges of its namespace."""
    if resource.key != _PODS:
        return obj
    limits = [
        item
        for found in store.all(_LIMITS, namespace_of(obj))
        for item in at(found, "spec", "limits") or ()
        if item.get("type") == "Container"
    ]
    if not limits:
        return obj
    changed: Object = clone(obj)
    for kind in ("initContainers", "containers"):
        for container in at(changed, "spec", kind) or ():
            for item in limits:
                _limit_defaults(container.setdefault("resources", {}), item)
    return changed


def _limit_defaults(resources: Object, item: Object) -> None:
    given = set(resources.get("limits") or ())
    limits = {**(item.get("default") or {}), **(resources.get("limits") or {})}
    requests = {**(item.get("defaultRequest") or {}), **(resources.get("requests") or {})}
    # A container that sets only a limit requests that much; the default request must not undercut it.
    requests |= {name: limits[name] for name in given if name not in (resources.get("requests") or {})}
    if limits:
        resources["limits"] = limits
    if requests:
        resources["requests"] = requests


def check_limits(store: Store, obj: Object, resource: Resource) -> None:
    """Refuses a pod outside the minimum and maximum of a limit range."""
    if resource.key != _PODS:
        return
    for found in store.all(_LIMITS, namespace_of(obj)):
        for item in at(found, "spec", "limits") or ():
            if item.get("type") != "Container":
                continue
            problems = [text for c in at(obj, "spec", "containers") or () for text in _outside(c, item)]
            if problems:
                text = problems[0] if len(problems) == 1 else f"[{', '.join(problems)}]"
                raise forbidden(resource.plural, resource.group, name_of(obj), text)


def _outside(container: Object, item: Object) -> list[str]:
    problems = []
    for name, most in (item.get("max") or {}).items():
        limit = at(container, "resources", "limits", name)
        if limit is None:
            problems.append(f"maximum {name} usage per Container is {most}.  No limit is specified")
        elif parse(limit) > parse(most):
            problems.append(f"maximum {name} usage per Container is {most}, but limit is {limit}")
    for name, least in (item.get("min") or {}).items():
        request = at(container, "resources", "requests", name)
        if request is None:
            problems.append(f"minimum {name} usage per Container is {least}.  No request is specified")
        elif parse(request) < parse(least):
            problems.append(f"minimum {name} usage per Container is {least}, but request is {request}")
    return problems


def check_pod_security(store: Store, obj: Object, resource: Resource) -> list[str]:
    """Refuses a pod that breaks the level its namespace enforces; warnings for pod templates that would."""
    namespace = store.get(NAMESPACES, "", namespace_of(obj))
    if namespace is None:
        return []
    (enforced, enforced_version), (warned, warned_version) = pod_security.policy(namespace)
    if resource.key == _PODS:
        if found := pod_security.violations(obj.get("spec") or {}, enforced):
            why = f'violates PodSecurity "{enforced}:{enforced_version}": {found}'
            raise forbidden(resource.plural, resource.group, name_of(obj), why)
    elif (resource.group, resource.kind) in _TEMPLATED:
        found = pod_security.violations(at(obj, "spec", "template", "spec") or {}, warned)
        if found:
            return [f'would violate PodSecurity "{warned}:{warned_version}": {found}']
    return []


def check_quota(store: Store, obj: Object, resource: Resource) -> None:
    """Refuses a new object that would exceed a quota of its namespace."""
    if not resource.namespaced:
        return
    for quota in store.all(_QUOTAS, namespace_of(obj)):
        hard = at(quota, "spec", "hard") or {}
        asked = {name: amount for name, amount in usage_of(obj, resource).items() if name in hard}
        _refuse_unsized(obj, resource, quota, hard)
        used = used_in(store, namespace_of(obj), hard)
        over = [name for name, amount in sorted(asked.items()) if used[name] + amount > parse(hard[name])]
        if over:
            why = (
                f"exceeded quota: {name_of(quota)}, requested: {_pairs(over, asked)}, used: {_pairs(over, used)}, "
                f"limited: {','.join(f'{name}={hard[name]}' for name in over)}"
            )
            raise forbidden(resource.plural, resource.group, name_of(obj), why)


def _refuse_unsized(obj: Object, resource: Resource, quota: Object, hard: Object) -> None:
    if resource.key != _PODS:
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
        for name, amount in _usage(key, obj).items():
            if name in used:
                used[name] += amount
    return used


def usage_of(obj: Object, resource: Resource) -> dict[str, Decimal]:
    """What one object counts for."""
    return _usage(resource.key, obj)


def _usage(key: tuple[str, str], obj: Object) -> dict[str, Decimal]:
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
    if key == _PODS:
        if at(obj, "status", "phase") in {"Succeeded", "Failed"}:
            return {}
        counted |= pod_usage(obj.get("spec") or {})
    return counted


def pod_usage(spec: Object) -> dict[str, Decimal]:
    """Requests and limits of a pod: the sum of its containers, or its largest init container if that is more."""
    found: dict[str, Decimal] = {}
    for kind in ("requests", "limits"):
        for name in ("cpu", "memory", "ephemeral-storage"):
            running = sum((_amount(c, kind, name) for c in spec.get("containers") or ()), Decimal(0))
            starting = max(
                (_amount(c, kind, name) for c in spec.get("initContainers") or ()), default=Decimal(0)
            )
            found[f"{kind}.{name}"] = max(running, starting)
            if kind == "requests":
                found[name] = found[f"{kind}.{name}"]
    return found


def _amount(container: Any, kind: str, name: str) -> Decimal:
    value = at(container, "resources", kind, name)
    return Decimal(0) if value is None else parse(value)


def _pairs(names: list[str], amounts: dict[str, Decimal]) -> str:
    return ",".join(f"{name}={show(amounts[name])}" for name in names)


def forbid_default_deletion(resource: Resource, name: str) -> None:
    """The namespaces that every cluster is born with stay."""
    if resource.key == NAMESPACES and name in {"default", "kube-system", "kube-public"}:
        raise ApiError(
            403,
            "Forbidden",
            f'namespaces "{name}" is forbidden: this namespace may not be deleted',
            {"name": name, "kind": "namespaces"},
        )
