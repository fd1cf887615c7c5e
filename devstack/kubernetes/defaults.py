"""Default values per kind, as the real server sets them on every write."""

import base64
from collections.abc import Callable

from devstack.kubernetes.defaults_pod import pod_spec
from devstack.kubernetes.objects import Object, at, clone

Setter = Callable[[Object], None]


def with_defaults(obj: Object, group: str, kind: str) -> Object:
    """A copy of the object with its defaults; the object itself if its kind has none."""
    setter = _SETTERS.get((group, kind))
    if setter is None:
        return obj
    changed: Object = clone(obj)
    setter(changed)
    return changed


def _section(obj: Object, name: str = "spec") -> Object:
    found = obj.setdefault(name, {})
    return found if isinstance(found, dict) else {}


def _namespace(obj: Object) -> None:
    _section(obj).setdefault("finalizers", ["kubernetes"])
    _section(obj, "status").setdefault("phase", "Active")
    meta = _section(obj, "metadata")
    if "name" in meta:
        meta["labels"] = {"kubernetes.io/metadata.name": meta["name"], **(meta.get("labels") or {})}


def _workload(obj: Object) -> Object:
    spec = _section(obj)
    spec.setdefault("replicas", 1)
    template = spec.get("template")
    if isinstance(template, dict):
        pod_spec(_section(template))
    return spec


def _deployment(obj: Object) -> None:
    spec = _workload(obj)
    strategy = _section(spec, "strategy")
    if strategy.setdefault("type", "RollingUpdate") == "RollingUpdate":
        rolling = _section(strategy, "rollingUpdate")
        rolling.setdefault("maxUnavailable", "25%")
        rolling.setdefault("maxSurge", "25%")
    spec.setdefault("revisionHistoryLimit", 10)
    spec.setdefault("progressDeadlineSeconds", 600)


def _stateful_set(obj: Object) -> None:
    spec = _workload(obj)
    spec.setdefault("podManagementPolicy", "OrderedReady")
    update = _section(spec, "updateStrategy")
    if update.setdefault("type", "RollingUpdate") == "RollingUpdate":
        _section(update, "rollingUpdate").setdefault("partition", 0)
    spec.setdefault("revisionHistoryLimit", 10)
    retention = _section(spec, "persistentVolumeClaimRetentionPolicy")
    retention.setdefault("whenDeleted", "Retain")
    retention.setdefault("whenScaled", "Retain")


def _pod(obj: Object) -> None:
    spec = _section(obj)
    pod_spec(spec)
    spec.setdefault("enableServiceLinks", True)
    for container in [*(spec.get("initContainers") or ()), *(spec.get("containers") or ())]:
        resources = container.get("resources") if isinstance(container, dict) else None
        if isinstance(resources, dict) and resources.get("limits"):
            resources["requests"] = {**resources["limits"], **(resources.get("requests") or {})}


def _service(obj: Object) -> None:
    spec = _section(obj)
    kind = spec.setdefault("type", "ClusterIP")
    spec.setdefault("sessionAffinity", "None")
    for port in spec.get("ports") or ():
        if isinstance(port, dict):
            port.setdefault("protocol", "TCP")
            port.setdefault("targetPort", port.get("port"))
    if kind == "ExternalName":
        return
    spec.setdefault("internalTrafficPolicy", "Cluster")
    if kind in {"LoadBalancer", "NodePort"}:
        spec.setdefault("externalTrafficPolicy", "Cluster")
    if kind == "LoadBalancer":
        spec.setdefault("allocateLoadBalancerNodePorts", True)


def _secret(obj: Object) -> None:
    obj.setdefault("type", "Opaque")
    plain = obj.pop("stringData", None)
    if isinstance(plain, dict):
        encoded = {key: base64.b64encode(str(value).encode()).decode() for key, value in plain.items()}
        obj["data"] = {**(obj.get("data") or {}), **encoded}


def _autoscaler(obj: Object) -> None:
    spec = _section(obj)
    spec.setdefault("minReplicas", 1)
    if not spec.get("metrics"):
        target = {"type": "Utilization", "averageUtilization": 80}
        spec["metrics"] = [{"type": "Resource", "resource": {"name": "cpu", "target": target}}]
    behavior = spec.get("behavior")
    if not isinstance(behavior, dict):
        return
    percent = {"type": "Percent", "value": 100, "periodSeconds": 15}
    up, down = _section(behavior, "scaleUp"), _section(behavior, "scaleDown")
    up.setdefault("stabilizationWindowSeconds", 0)
    up.setdefault("selectPolicy", "Max")
    up.setdefault("policies", [{"type": "Pods", "value": 4, "periodSeconds": 15}, percent])
    down.setdefault("selectPolicy", "Max")
    down.setdefault("policies", [percent])


def _network_policy(obj: Object) -> None:
    spec = _section(obj)
    if not spec.get("policyTypes"):
        spec["policyTypes"] = ["Ingress", "Egress"] if spec.get("egress") else ["Ingress"]
    for rule in [*(spec.get("ingress") or ()), *(spec.get("egress") or ())]:
        for port in (rule.get("ports") if isinstance(rule, dict) else None) or ():
            port.setdefault("protocol", "TCP")


def _role_binding(obj: Object) -> None:
    group = "rbac.authorization.k8s.io"
    if isinstance(reference := obj.get("roleRef"), dict) and not reference.get("apiGroup"):
        reference["apiGroup"] = group
    for subject in obj.get("subjects") or ():
        if isinstance(subject, dict) and subject.get("kind") in {"User", "Group"}:
            subject.setdefault("apiGroup", group)


def _limit_range(obj: Object) -> None:
    for item in _section(obj).get("limits") or ():
        if not isinstance(item, dict) or item.get("type") != "Container":
            continue
        default = {**(item.get("max") or {}), **(item.get("default") or {})}
        request = {**default, **(item.get("min") or {}), **(item.get("defaultRequest") or {})}
        for name, value in (("default", default), ("defaultRequest", request)):
            if value:
                item[name] = value


def _definition(obj: Object) -> None:
    spec = _section(obj)
    names = _section(spec, "names")
    kind = str(names.get("kind", ""))
    names.setdefault("singular", kind.lower())
    names.setdefault("listKind", f"{kind}List")
    _section(spec, "conversion").setdefault("strategy", "None")


def _claim(obj: Object) -> None:
    _section(obj).setdefault("volumeMode", "Filesystem")


_SETTERS: dict[tuple[str, str], Setter] = {
    ("", "Namespace"): _namespace,
    ("", "Pod"): _pod,
    ("", "Service"): _service,
    ("", "Secret"): _secret,
    ("", "LimitRange"): _limit_range,
    ("", "PersistentVolumeClaim"): _claim,
    ("apps", "Deployment"): _deployment,
    ("apps", "StatefulSet"): _stateful_set,
    ("autoscaling", "HorizontalPodAutoscaler"): _autoscaler,
    ("networking.k8s.io", "NetworkPolicy"): _network_policy,
    ("rbac.authorization.k8s.io", "RoleBinding"): _role_binding,
    ("rbac.authorization.k8s.io", "ClusterRoleBinding"): _role_binding,
    ("apiextensions.k8s.io", "CustomResourceDefinition"): _definition,
}


def first_status(obj: Object, group: str, kind: str) -> Object | None:
    """The status that a new object is born with; None for kinds that have none."""
    if (group, kind) == ("apiextensions.k8s.io", "CustomResourceDefinition"):
        versions = at(obj, "spec", "versions") or ()
        stored = [item.get("name") for item in versions if item.get("storage")]
        return {"conditions": None, "acceptedNames": {"plural": "", "kind": ""}, "storedVersions": stored}
    return _FIRST_STATUS.get((group, kind))


_FIRST_STATUS: dict[tuple[str, str], Object] = {
    ("", "Namespace"): {"phase": "Active"},
    ("", "Pod"): {"phase": "Pending"},
    ("", "Service"): {"loadBalancer": {}},
    ("", "ResourceQuota"): {},
    ("", "PersistentVolumeClaim"): {"phase": "Pending"},
    ("apps", "Deployment"): {},
    ("apps", "ReplicaSet"): {"replicas": 0},
    ("apps", "StatefulSet"): {"replicas": 0, "availableReplicas": 0},
    ("autoscaling", "HorizontalPodAutoscaler"): {"desiredReplicas": 0, "currentMetrics": None},
    ("batch", "Job"): {},
    ("batch", "CronJob"): {},
    ("networking.k8s.io", "Ingress"): {"loadBalancer": {}},
    ("policy", "PodDisruptionBudget"): {
        "disruptionsAllowed": 0,
        "currentHealthy": 0,
        "desiredHealthy": 0,
        "expectedPods": 0,
    },
}
