"""Rules per kind, with the causes and messages of the real server for the kinds that the engine uses."""

import re
from collections.abc import Callable
from typing import Any

from devstack.kubernetes.errors import forbidden_field, invalid_value, required
from devstack.kubernetes.objects import Object, at, quote
from devstack.kubernetes.resources import Resource
from devstack.kubernetes.schema import ListType, MapType, Type
from devstack.kubernetes.validation_access import (
    binding_causes,
    binding_change_causes,
    network_policy_causes,
    role_causes,
    service_causes,
    service_change_causes,
)
from devstack.kubernetes.validation_meta import immutable, validate_metadata
from devstack.kubernetes.validation_pod import quantities, resource_causes
from devstack.kubernetes.validation_workloads import (
    autoscaler_causes,
    budget_causes,
    pod_causes,
    pod_change_causes,
    workload_causes,
    workload_change_causes,
)

Check = Callable[[Object], list[Object]]
Change = Callable[[Object, Object], list[Object]]
_DATA_KEY = re.compile(r"[-._a-zA-Z0-9]+")


def validate(obj: Object, live: Object, resource: Resource) -> list[Object]:
    """The causes for which a built-in object is refused; `live` is empty for a create."""
    causes = validate_metadata(obj, live, resource)
    kind = (resource.group, resource.kind)
    if kind not in _CHECKS:
        return causes + _missing(obj, resource.type, "")
    causes += _CHECKS[kind](obj)
    return causes + _CHANGES[kind](obj, live) if live and kind in _CHANGES else causes


def _missing(value: Any, kind: Type, path: str) -> list[Object]:
    """Fields that the published schema requires, for kinds that have no rules of their own here."""
    if isinstance(kind, MapType) and isinstance(value, dict) and path != "metadata":
        causes = [required(f"{path}.{key}".lstrip(".")) for key in kind.required if key not in value]
        for key, item in value.items():
            if (child := kind.child(key)) is not None and child is not kind:
                causes += _missing(item, child, f"{path}.{key}".lstrip("."))
        return causes
    if isinstance(kind, ListType) and isinstance(value, list):
        return [
            cause for i, item in enumerate(value) for cause in _missing(item, kind.element, f"{path}[{i}]")
        ]
    return []


def _data(obj: Object) -> list[Object]:
    causes = []
    for section in ("data", "binaryData"):
        for key in obj.get(section) or {}:
            if not _DATA_KEY.fullmatch(key) or key in {".", ".."}:
                why = (
                    "a valid config key must consist of alphanumeric characters, '-', '_' or '.' "
                    "(e.g. 'key.name',  or 'KEY_NAME',  or 'key-name', "
                    "regex used for validation is '[-._a-zA-Z0-9]+')"
                )
                causes.append(invalid_value(f"{section}[{key}]", quote(key), why))
    if obj.get("type") == "kubernetes.io/tls":
        causes += [
            required(f"data[{key}]") for key in ("tls.crt", "tls.key") if key not in (obj.get("data") or {})
        ]
    return causes


def _data_change(obj: Object, live: Object) -> list[Object]:
    causes = [] if "type" not in live else immutable(obj, live, "type")
    if live.get("immutable"):
        why = "field is immutable when `immutable` is set"
        changed = (section for section in ("data", "binaryData") if obj.get(section) != live.get(section))
        causes += [forbidden_field(section, why) for section in changed]
    return causes


def _quota(obj: Object) -> list[Object]:
    return quantities(at(obj, "spec", "hard"), "spec.hard")[1]


def _limits(obj: Object) -> list[Object]:
    causes = []
    for i, item in enumerate(at(obj, "spec", "limits") or ()):
        here = f"spec.limits[{i}]"
        if not item.get("type"):
            causes.append(required(f"{here}.type"))
        for name in ("default", "defaultRequest", "max", "min"):
            causes += quantities(item.get(name), f"{here}.{name}")[1]
        pair = {"limits": item.get("default"), "requests": item.get("defaultRequest")}
        causes += resource_causes({key: value for key, value in pair.items() if value}, here)
    return causes


def _definition(obj: Object) -> list[Object]:
    spec = obj.get("spec") or {}
    causes = [required(f"spec.{key}") for key in ("group", "scope", "versions") if not spec.get(key)]
    expected = f"{at(spec, 'names', 'plural')}.{spec.get('group')}"
    if not causes and at(obj, "metadata", "name") != expected:
        shown = quote(str(at(obj, "metadata", "name")))
        causes.append(invalid_value("metadata.name", shown, 'must be spec.names.plural+"."+spec.group'))
    for i, version in enumerate(spec.get("versions") or ()):
        if not at(version, "schema", "openAPIV3Schema"):
            causes.append(required(f"spec.versions[{i}].schema.openAPIV3Schema", "schemas are required"))
    return causes


_CHECKS: dict[tuple[str, str], Check] = {
    ("", "Namespace"): lambda _: [],
    ("", "ServiceAccount"): lambda _: [],
    ("", "ConfigMap"): _data,
    ("", "Secret"): _data,
    ("", "Pod"): pod_causes,
    ("", "Service"): service_causes,
    ("", "ResourceQuota"): _quota,
    ("", "LimitRange"): _limits,
    ("apps", "Deployment"): workload_causes,
    ("apps", "StatefulSet"): workload_causes,
    ("apps", "ReplicaSet"): workload_causes,
    ("autoscaling", "HorizontalPodAutoscaler"): autoscaler_causes,
    ("networking.k8s.io", "NetworkPolicy"): network_policy_causes,
    ("policy", "PodDisruptionBudget"): budget_causes,
    ("rbac.authorization.k8s.io", "Role"): role_causes,
    ("rbac.authorization.k8s.io", "ClusterRole"): role_causes,
    ("rbac.authorization.k8s.io", "RoleBinding"): binding_causes,
    ("rbac.authorization.k8s.io", "ClusterRoleBinding"): binding_causes,
    ("apiextensions.k8s.io", "CustomResourceDefinition"): _definition,
}

_CHANGES: dict[tuple[str, str], Change] = {
    ("", "ConfigMap"): _data_change,
    ("", "Secret"): _data_change,
    ("", "Pod"): pod_change_causes,
    ("", "Service"): service_change_causes,
    ("apps", "Deployment"): workload_change_causes,
    ("apps", "StatefulSet"): workload_change_causes,
    ("apps", "ReplicaSet"): workload_change_causes,
    ("rbac.authorization.k8s.io", "RoleBinding"): binding_change_causes,
    ("rbac.authorization.k8s.io", "ClusterRoleBinding"): binding_change_causes,
}
