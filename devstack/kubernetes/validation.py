"""Rules per kind, with the causes and messages of the real server for the kinds that the engine uses."""

import re
from collections.abc import Callable
from typing import Any

from devstack.kubernetes.errors import forbidden_field, invalid_value, required, unsupported
from devstack.kubernetes.objects import Object, at, dump, labels, quote
from devstack.kubernetes.resources import Resource
from devstack.kubernetes.schema import ListType, MapType, Type
from devstack.kubernetes.selectors import selects
from devstack.kubernetes.validation_access import (
    binding_causes,
    binding_change_causes,
    network_policy_causes,
    role_causes,
    service_causes,
    service_change_causes,
)
from devstack.kubernetes.validation_meta import label_causes, validate_metadata
from devstack.kubernetes.validation_pod import quantities, resource_causes, validate_pod_spec

Check = Callable[[Object], list[Object]]
Change = Callable[[Object, Object], list[Object]]
_IMMUTABLE = "field is immutable"
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


def _immutable(obj: Object, live: Object, *path: str) -> list[Object]:
    if at(obj, *path) == at(live, *path):
        return []
    return [invalid_value(".".join(path), dump(at(obj, *path)), _IMMUTABLE)]


def _workload(obj: Object) -> list[Object]:
    spec = obj.get("spec") or {}
    causes = _not_negative(spec.get("replicas"), "spec.replicas")
    selector, template = spec.get("selector"), spec.get("template") or {}
    found = labels(template)
    if not selector:
        causes.append(required("spec.selector"))
    elif not selector.get("matchLabels") and not selector.get("matchExpressions"):
        causes.append(
            invalid_value("spec.selector", dump(selector), "empty selector is invalid for deployment")
        )
    causes += label_causes(found, "spec.template.metadata.labels")
    if not selects(selector, found):
        why = "`selector` does not match template `labels`"
        causes.append(invalid_value("spec.template.metadata.labels", dump(found), why))
    causes += validate_pod_spec(template.get("spec"), "spec.template.spec", ("Always",))
    if (kind := at(spec, "strategy", "type")) not in {None, "Recreate", "RollingUpdate"}:
        causes.append(unsupported("spec.strategy.type", dump(kind), ["Recreate", "RollingUpdate"]))
    rolling = at(spec, "strategy", "rollingUpdate")
    if kind == "Recreate" and rolling is not None:
        why = "may not be specified when strategy `type` is 'Recreate'"
        causes.append(forbidden_field("spec.strategy.rollingUpdate", why))
    if rolling and rolling.get("maxUnavailable") in {0, "0%"} and rolling.get("maxSurge") in {0, "0%"}:
        shown, why = dump(rolling["maxUnavailable"]), "may not be 0 when `maxSurge` is 0"
        causes.append(invalid_value("spec.strategy.rollingUpdate.maxUnavailable", shown, why))
    return causes


def _workload_change(obj: Object, live: Object) -> list[Object]:
    return _immutable(obj, live, "spec", "selector")


def _not_negative(value: Any, field: str) -> list[Object]:
    if isinstance(value, int) and value < 0:
        return [invalid_value(field, dump(value), "must be greater than or equal to 0")]
    return []


def _pod(obj: Object) -> list[Object]:
    return validate_pod_spec(obj.get("spec"), "spec", ("Always", "OnFailure", "Never"))


def _pod_change(obj: Object, live: Object) -> list[Object]:
    if _unchangeable(obj) != _unchangeable(live):
        why = (
            "pod updates may not change fields other than `spec.containers[*].image`,"
            "`spec.initContainers[*].image`,`spec.activeDeadlineSeconds`,`spec.tolerations` "
            "(only additions to existing tolerations),`spec.terminationGracePeriodSeconds` "
            "(allow it to be set to 1 if it was previously negative)"
        )
        return [forbidden_field("spec", why)]
    return []


def _unchangeable(obj: Object) -> Object:
    spec = {k: v for k, v in obj["spec"].items() if k not in {"activeDeadlineSeconds", "tolerations"}}
    for kind in ("containers", "initContainers"):
        spec[kind] = [{k: v for k, v in item.items() if k != "image"} for item in spec.get(kind) or ()]
    return spec


def _autoscaler(obj: Object) -> list[Object]:
    spec = obj.get("spec") or {}
    causes = []
    low, high = spec.get("minReplicas"), spec.get("maxReplicas") or 0
    if low is not None and low < 1:
        causes.append(invalid_value("spec.minReplicas", dump(low), "must be greater than or equal to 1"))
    if high < 1:
        causes.append(invalid_value("spec.maxReplicas", dump(high), "must be greater than 0"))
    if low is not None and high < low:
        why = "must be greater than or equal to `minReplicas`"
        causes.append(invalid_value("spec.maxReplicas", dump(high), why))
    absent = (key for key in ("kind", "name") if not at(spec, "scaleTargetRef", key))
    return causes + [required(f"spec.scaleTargetRef.{key}") for key in absent]


def _budget(obj: Object) -> list[Object]:
    spec = obj.get("spec") or {}
    if "minAvailable" in spec and "maxUnavailable" in spec:
        why = "minAvailable and maxUnavailable cannot be both set"
        shown = dump(spec)
        return [invalid_value("spec", shown, why)]
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
    causes = [] if "type" not in live else _immutable(obj, live, "type")
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
    ("", "Pod"): _pod,
    ("", "Service"): service_causes,
    ("", "ResourceQuota"): _quota,
    ("", "LimitRange"): _limits,
    ("apps", "Deployment"): _workload,
    ("apps", "StatefulSet"): _workload,
    ("apps", "ReplicaSet"): _workload,
    ("autoscaling", "HorizontalPodAutoscaler"): _autoscaler,
    ("networking.k8s.io", "NetworkPolicy"): network_policy_causes,
    ("policy", "PodDisruptionBudget"): _budget,
    ("rbac.authorization.k8s.io", "Role"): role_causes,
    ("rbac.authorization.k8s.io", "ClusterRole"): role_causes,
    ("rbac.authorization.k8s.io", "RoleBinding"): binding_causes,
    ("rbac.authorization.k8s.io", "ClusterRoleBinding"): binding_causes,
    ("apiextensions.k8s.io", "CustomResourceDefinition"): _definition,
}

_CHANGES: dict[tuple[str, str], Change] = {
    ("", "ConfigMap"): _data_change,
    ("", "Secret"): _data_change,
    ("", "Pod"): _pod_change,
    ("", "Service"): service_change_causes,
    ("apps", "Deployment"): _workload_change,
    ("apps", "StatefulSet"): _workload_change,
    ("apps", "ReplicaSet"): _workload_change,
    ("rbac.authorization.k8s.io", "RoleBinding"): binding_change_causes,
    ("rbac.authorization.k8s.io", "ClusterRoleBinding"): binding_change_causes,
}
