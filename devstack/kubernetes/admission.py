"""Admission: the life of namespaces, limit ranges and pod security."""

from typing import Final

from devstack.kubernetes import pod_security
from devstack.kubernetes.errors import ApiError, cause, forbidden, not_found
from devstack.kubernetes.objects import Object, at, clone, metadata, name_of, namespace_of
from devstack.kubernetes.quantity import parse
from devstack.kubernetes.resources import Resource
from devstack.kubernetes.store import Store

NAMESPACES: Final = ("", "namespaces")
PODS: Final = ("", "pods")
_ACCOUNTS: Final = ("", "serviceaccounts")
_LIMITS: Final = ("", "limitranges")
_TEMPLATED: Final = {
    ("apps", "Deployment"),
    ("apps", "ReplicaSet"),
    ("apps", "StatefulSet"),
    ("apps", "DaemonSet"),
    ("batch", "Job"),
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


def check_account(store: Store, obj: Object, resource: Resource) -> None:
    """Refuses a pod whose service account is absent; `default` counts as there, as it always is."""
    name = at(obj, "spec", "serviceAccountName") if resource.key == PODS else None
    space = namespace_of(obj)
    if name and name != "default" and store.get(_ACCOUNTS, space, name) is None:
        why = f'error looking up service account {space}/{name}: serviceaccount "{name}" not found'
        raise forbidden(resource.plural, resource.group, name_of(obj), why)


def with_limit_defaults(store: Store, obj: Object, resource: Resource) -> Object:
    """A pod whose containers got the defaults of the limit ranges of its namespace."""
    if resource.key != PODS:
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
    if resource.key != PODS:
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
    if resource.key == PODS:
        if found := pod_security.violations(obj.get("spec") or {}, enforced):
            why = f'violates PodSecurity "{enforced}:{enforced_version}": {found}'
            raise forbidden(resource.plural, resource.group, name_of(obj), why)
    elif (resource.group, resource.kind) in _TEMPLATED:
        found = pod_security.violations(at(obj, "spec", "template", "spec") or {}, warned)
        if found:
            return [f'would violate PodSecurity "{warned}:{warned_version}": {found}']
    return []


def forbid_default_deletion(resource: Resource, name: str) -> None:
    """The namespaces that every cluster is born with stay."""
    if resource.key == NAMESPACES and name in {"default", "kube-system", "kube-public"}:
        raise ApiError(
            403,
            "Forbidden",
            f'namespaces "{name}" is forbidden: this namespace may not be deleted',
            {"name": name, "kind": "namespaces"},
        )
