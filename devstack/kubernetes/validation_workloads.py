"""Rules for what runs pods: workloads, pods, autoscalers, disruption budgets."""

from typing import Any

from devstack.kubernetes.errors import forbidden_field, invalid_value, required, unsupported
from devstack.kubernetes.objects import Object, at, dump, labels
from devstack.kubernetes.selectors import selects
from devstack.kubernetes.validation_meta import immutable, label_causes
from devstack.kubernetes.validation_pod import validate_pod_spec


def workload_causes(obj: Object) -> list[Object]:
    """The causes for which a Deployment or its like is refused."""
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


def workload_change_causes(obj: Object, live: Object) -> list[Object]:
    """The causes for which a change of a Deployment is refused."""
    return immutable(obj, live, "spec", "selector")


def _not_negative(value: Any, field: str) -> list[Object]:
    if isinstance(value, int) and value < 0:
        return [invalid_value(field, dump(value), "must be greater than or equal to 0")]
    return []


def pod_causes(obj: Object) -> list[Object]:
    """The causes for which a Pod is refused."""
    return validate_pod_spec(obj.get("spec"), "spec", ("Always", "OnFailure", "Never"))


def pod_change_causes(obj: Object, live: Object) -> list[Object]:
    """The causes for which a change of a Pod is refused."""
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


def autoscaler_causes(obj: Object) -> list[Object]:
    """The causes for which an autoscaler is refused."""
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


def budget_causes(obj: Object) -> list[Object]:
    """The causes for which a disruption budget is refused."""
    spec = obj.get("spec") or {}
    if "minAvailable" in spec and "maxUnavailable" in spec:
        why = "minAvailable and maxUnavailable cannot be both set"
        shown = dump(spec)
        return [invalid_value("spec", shown, why)]
    return []
