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
    """Keeps the replicas of what an autoscaler targets between its bounds."""

    group, version, plural, delay = "autoscaling", "v2", "horizontalpodautoscalers", "deployment"
    prompt = True
    follows = (("apps", "deployments"),)

    def due(self, obj: Object) -> str:
        """Every change may move the bounds."""
        return "" if deleting(obj) else f"{generation(obj)}"

    def finish(self, api: Api, obj: Object) -> None:
        """Raises to the minimum or lowers to the maximum; a target at 0 replicas is left alone."""
        path = _target_path(obj)
        target = get(api, f"{path}/scale") if path else None
        if target is None:
            self._report(api, obj, 0, 0, able=False)
            return
        current = at(target, "spec", "replicas") or 0
        low, high = at(obj, "spec", "minReplicas") or 1, at(obj, "spec", "maxReplicas")
        wanted = min(max(current, low), high) if current else 0
        if wanted != current:
            set_scale(api, path, wanted)
        self._report(api, obj, current, wanted, able=True)

    def related(self, api: Api, obj: Object) -> list[Object]:
        """The autoscalers that target a Deployment."""
        if obj.get("kind") != "Deployment":
            return []
        found = listed(api, self.collection(namespace_of(obj)))
        return [item for item in found if at(item, "spec", "scaleTargetRef", "name") == name_of(obj)]

    def _report(self, api: Api, obj: Object, current: int, wanted: int, *, able: bool) -> None:
        rows = [
            {
                "type": "AbleToScale",
                "status": "True" if able else "False",
                "reason": "SucceededGetScale" if able else "FailedGetScale",
                "message": "the HPA controller was able to get the target's current scale"
                if able
                else "the HPA controller was unable to get the target's current scale",
            }
        ]
        if able:
            active = wanted > 0
            rows.append(
                {
                    "type": "ScalingActive",
                    "status": "False",
                    "reason": "FailedGetResourceMetric" if active else "ScalingDisabled",
                    "message": "the HPA was unable to compute the replica count: no metrics are served here"
                    if active
                    else "scaling is disabled since the replica count of the target is zero",
                }
            )
        found = conditions(obj, rows, now())
        status = {"currentReplicas": wanted, "desiredReplicas": wanted, "conditions": found}
        del current
        set_status(api, obj, self.plural, status)


def _target_path(obj: Object) -> str:
    target = at(obj, "spec", "scaleTargetRef") or {}
    group, _, version = str(target.get("apiVersion", "")).rpartition("/")
    plural = {"Deployment": "deployments", "StatefulSet": "statefulsets", "ReplicaSet": "replicasets"}.get(
        str(target.get("kind"))
    )
    return f"{collection(group, version, plural, namespace_of(obj))}/{target['name']}" if plural else ""
