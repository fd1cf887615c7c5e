"""The bounds that autoscalers put on what they target."""

from devstack.kubernetes.controllers.api import (
    Api,
    collection,
    conditions,
    deleting,
    get,
    listed,
    set_scale,
    set_status,
)
from devstack.kubernetes.controllers.base import Controller, generation
from devstack.kubernetes.objects import Object, at, name_of, namespace_of, now


class Autoscalers(Controller):
    """Keeps the replicas of what an autoscaler targets between its bounds.

    With `reports` False the status is left to the cluster's own controller, which keeps the same bounds but
    looks at a new autoscaler only after its sync period, 15 s by default.
    """

    group, version, plural, delay = "autoscaling", "v2", "horizontalpodautoscalers", "deployment"
    prompt = True
    follows = (("apps", "deployments"),)

    def __init__(self, *, reports: bool = True) -> None:
        self._reports = reports

    def due(self, obj: Object) -> str:
        """Every change may move the bounds."""
        return "" if deleting(obj) else generation(obj)

    def finish(self, api: Api, obj: Object) -> None:
        """Raises to the minimum or lowers to the maximum; a target at 0 replicas is left alone."""
        path = _target_path(obj)
        target = get(api, f"{path}/scale") if path else None
        if target is None:
            self._report(api, obj, None)
            return
        current = at(target, "spec", "replicas") or 0
        low, high = at(obj, "spec", "minReplicas") or 1, at(obj, "spec", "maxReplicas")
        wanted = min(max(current, low), high) if current else 0
        if wanted != current:
            set_scale(api, path, wanted)
        self._report(api, obj, wanted)

    def related(self, api: Api, obj: Object) -> list[Object]:
        """The autoscalers that target a Deployment."""
        if obj.get("kind") != "Deployment":
            return []
        found = listed(api, self.collection(namespace_of(obj)))
        return [item for item in found if at(item, "spec", "scaleTargetRef", "name") == name_of(obj)]

    def _report(self, api: Api, obj: Object, replicas: int | None) -> None:
        """Writes the status; no replicas if the target was not found."""
        if not self._reports:
            return
        if replicas is None:
            rows = [_condition("AbleToScale", "False", "FailedGetScale", "the target was not found")]
        else:
            active = "the target's scale is 0" if not replicas else "no metrics are served here"
            reason = "FailedGetResourceMetric" if replicas else "ScalingDisabled"
            rows = [
                _condition("AbleToScale", "True", "SucceededGetScale", "the target's scale was read"),
                _condition("ScalingActive", "False", reason, active),
            ]
        found = conditions(obj, rows, now())
        count = replicas or 0
        status = {"currentReplicas": count, "desiredReplicas": count, "conditions": found}
        set_status(api, obj, self.plural, status)


def _condition(kind: str, status: str, reason: str, message: str) -> Object:
    return {"type": kind, "status": status, "reason": reason, "message": message}


def _target_path(obj: Object) -> str:
    target = at(obj, "spec", "scaleTargetRef") or {}
    group, _, version = str(target.get("apiVersion", "")).rpartition("/")
    plural = {"Deployment": "deployments", "StatefulSet": "statefulsets", "ReplicaSet": "replicasets"}.get(
        str(target.get("kind"))
    )
    return f"{collection(group, version, plural, namespace_of(obj))}/{target['name']}" if plural else ""
