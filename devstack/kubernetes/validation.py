"""Rules per kind, with the causes and messages of the real server for the kinds that the engine uses."""

import ipaddress
import re
from collections.abc import Callable
from typing import Any

from devstack.kubernetes.errors import forbidden_field, invalid_value, required, unsupported
from devstack.kubernetes.objects import Object, at, dump, labels, quote
from devstack.kubernetes.registry import Resource
from devstack.kubernetes.schema import ListType, MapType, Type
from devstack.kubernetes.selectors import selects
from devstack.kubernetes.validation_meta import label_causes, validate_metadata
from devstack.kubernetes.validation_pod import port_number, quantities, resource_causes, validate_pod_spec

Check = Callable[[Object, Object], list[Object]]
_IMMUTABLE = "field is immutable"
_DATA_KEY = re.compile(r"[-._a-zA-Z0-9]+")


def validate(obj: Object, live: Object, resource: Resource) -> list[Object]:
    """The causes for which a built-in object is refused; `live` is empty for a create."""
    causes = validate_metadata(obj, live, resource)
    check = _CHECKS.get((resource.group, resource.kind))
    if check is None:
        return causes + _missing(obj, resource.type, "")
    return causes + check(obj, live)


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
    if not live or at(obj, *path) == at(live, *path):
        return []
    return [invalid_value(".".join(path), dump(at(obj, *path)), _IMMUTABLE)]


def _workload(obj: Object, live: Object) -> list[Object]:
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
    return causes + _immutable(obj, live, "spec", "selector")


def _not_negative(value: Any, field: str) -> list[Object]:
    if isinstance(value, int) and value < 0:
        return [invalid_value(field, dump(value), "must be greater than or equal to 0")]
    return []


def _pod(obj: Object, live: Object) -> list[Object]:
    causes = validate_pod_spec(obj.get("spec"), "spec", ("Always", "OnFailure", "Never"))
    if live and _unchangeable(obj) != _unchangeable(live):
        why = (
            "pod updates may not change fields other than `spec.containers[*].image`,`spec.initContainers[*].image`,"
            "`spec.activeDeadlineSeconds`,`spec.tolerations` (only additions to existing tolerations),"
            "`spec.terminationGracePeriodSeconds` (allow it to be set to 1 if it was previously negative)"
        )
        causes.append(forbidden_field("spec", why))
    return causes


def _unchangeable(obj: Object) -> Object:
    spec = {k: v for k, v in obj["spec"].items() if k not in {"activeDeadlineSeconds", "tolerations"}}
    for kind in ("containers", "initContainers"):
        spec[kind] = [{k: v for k, v in item.items() if k != "image"} for item in spec.get(kind) or ()]
    return spec


def _service(obj: Object, live: Object) -> list[Object]:
    spec = obj.get("spec") or {}
    kinds = ["ClusterIP", "ExternalName", "LoadBalancer", "NodePort"]
    causes = []
    if spec.get("type") not in kinds:
        causes.append(unsupported("spec.type", dump(spec.get("type")), kinds))
    ports = spec.get("ports") or []
    if not ports and spec.get("type") != "ExternalName" and spec.get("clusterIP") != "None":
        causes.append(required("spec.ports"))
    for index, port in enumerate(ports):
        here = f"spec.ports[{index}]"
        if len(ports) > 1 and not port.get("name"):
            causes.append(required(f"{here}.name"))
        causes += port_number(port.get("port"), f"{here}.port")
        if isinstance(port.get("targetPort"), int):
            causes += port_number(port["targetPort"], f"{here}.targetPort")
    before = at(live, "spec", "clusterIP")
    if before and at(live, "spec", "type") != "ExternalName" and spec.get("clusterIP") != before:
        why = "may not change once set"
        causes.append(invalid_value("spec.clusterIPs[0]", f'["{spec.get("clusterIP", "")}"]', why))
    return causes


def _autoscaler(obj: Object, live: Object) -> list[Object]:
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
    for key in ("kind", "name"):
        if not at(spec, "scaleTargetRef", key):
            causes.append(required(f"spec.scaleTargetRef.{key}"))
    return causes


def _budget(obj: Object, live: Object) -> list[Object]:
    spec = obj.get("spec") or {}
    if "minAvailable" in spec and "maxUnavailable" in spec:
        why = "minAvailable and maxUnavailable cannot be both set"
        shown = dump(spec)
        return [invalid_value("spec", shown, why)]
    return []


def _network_policy(obj: Object, live: Object) -> list[Object]:
    spec = obj.get("spec") or {}
    causes = []
    for direction, peers in (("ingress", "from"), ("egress", "to")):
        for i, rule in enumerate(spec.get(direction) or ()):
            for j, peer in enumerate(rule.get(peers) or ()):
                here = f"spec.{direction}[{i}].{peers}[{j}]"
                if not peer:
                    causes.append(required(here, "must specify a peer"))
                elif "ipBlock" in peer:
                    causes += _block(peer["ipBlock"], f"{here}.ipBlock")
            for j, port in enumerate(rule.get("ports") or ()):
                if isinstance(port.get("port"), int):
                    causes += port_number(port["port"], f"spec.{direction}[{i}].ports[{j}].port")
    for i, kind in enumerate(spec.get("policyTypes") or ()):
        if kind not in {"Ingress", "Egress"}:
            causes.append(unsupported(f"spec.policyTypes[{i}]", dump(kind), ["Egress", "Ingress"]))
    return causes


def _block(block: Object, field: str) -> list[Object]:
    causes = []
    shown = [(f"{field}.cidr", block.get("cidr", ""))]
    shown += [(f"{field}.except[{i}]", value) for i, value in enumerate(block.get("except") or ())]
    for where, value in shown:
        try:
            ipaddress.ip_network(value, strict=False)
        except ValueError:
            why = "must be a valid CIDR value, (e.g. 10.9.8.0/24 or 2001:db8::/64)"
            causes.append(invalid_value(where, quote(value), why))
    return causes


def _role(obj: Object, live: Object) -> list[Object]:
    causes = []
    for i, rule in enumerate(obj.get("rules") or ()):
        if not rule.get("verbs"):
            causes.append(required(f"rules[{i}].verbs", "verbs must contain at least one value"))
        elif not rule.get("apiGroups") and not rule.get("nonResourceURLs"):
            why = "resource rules must supply at least one api group"
            causes.append(required(f"rules[{i}].apiGroups", why))
        elif not rule.get("resources") and not rule.get("nonResourceURLs"):
            why = "resource rules must supply at least one resource"
            causes.append(required(f"rules[{i}].resources", why))
    return causes


def _binding(obj: Object, live: Object) -> list[Object]:
    reference = obj.get("roleRef") or {}
    causes = []
    if reference.get("kind") not in {"Role", "ClusterRole"}:
        causes.append(unsupported("roleRef.kind", dump(reference.get("kind", "")), ["ClusterRole", "Role"]))
    if not reference.get("name"):
        causes.append(required("roleRef.name"))
    for i, subject in enumerate(obj.get("subjects") or ()):
        if not subject.get("name"):
            causes.append(required(f"subjects[{i}].name"))
        if subject.get("kind") == "ServiceAccount" and not subject.get("namespace"):
            causes.append(required(f"subjects[{i}].namespace"))
    if live and reference != live.get("roleRef"):
        causes.append(invalid_value("roleRef", dump(reference), "cannot change roleRef"))
    return causes


def _data(obj: Object, live: Object) -> list[Object]:
    causes = []
    for section in ("data", "binaryData"):
        for key in obj.get(section) or {}:
            if not _DATA_KEY.fullmatch(key) or key in {".", ".."}:
                why = (
                    "a valid config key must consist of alphanumeric characters, '-', '_' or '.' (e.g. 'key.name',  or "
                    "'KEY_NAME',  or 'key-name', regex used for validation is '[-._a-zA-Z0-9]+')"
                )
                causes.append(invalid_value(f"{section}[{key}]", quote(key), why))
    if live.get("immutable"):
        for section in ("data", "binaryData"):
            if obj.get(section) != live.get(section):
                causes.append(forbidden_field(section, "field is immutable when `immutable` is set"))
    if live and "type" in live and obj.get("type") != live["type"]:
        causes.append(invalid_value("type", dump(obj.get("type")), _IMMUTABLE))
    if obj.get("type") == "kubernetes.io/tls":
        causes += [
            required(f"data[{key}]") for key in ("tls.crt", "tls.key") if key not in (obj.get("data") or {})
        ]
    return causes


def _quota(obj: Object, live: Object) -> list[Object]:
    return quantities(at(obj, "spec", "hard"), "spec.hard")[1]


def _limits(obj: Object, live: Object) -> list[Object]:
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


def _definition(obj: Object, live: Object) -> list[Object]:
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


def _nothing(obj: Object, live: Object) -> list[Object]:
    return []


_CHECKS: dict[tuple[str, str], Check] = {
    ("", "Namespace"): _nothing,
    ("", "ServiceAccount"): _nothing,
    ("", "ConfigMap"): _data,
    ("", "Secret"): _data,
    ("", "Pod"): _pod,
    ("", "Service"): _service,
    ("", "ResourceQuota"): _quota,
    ("", "LimitRange"): _limits,
    ("apps", "Deployment"): _workload,
    ("apps", "StatefulSet"): _workload,
    ("apps", "ReplicaSet"): _workload,
    ("autoscaling", "HorizontalPodAutoscaler"): _autoscaler,
    ("networking.k8s.io", "NetworkPolicy"): _network_policy,
    ("policy", "PodDisruptionBudget"): _budget,
    ("rbac.authorization.k8s.io", "Role"): _role,
    ("rbac.authorization.k8s.io", "ClusterRole"): _role,
    ("rbac.authorization.k8s.io", "RoleBinding"): _binding,
    ("rbac.authorization.k8s.io", "ClusterRoleBinding"): _binding,
    ("apiextensions.k8s.io", "CustomResourceDefinition"): _definition,
}
