"""Rollouts of Deployments, and the bounds that autoscalers put on them."""

import hashlib
from decimal import Decimal, InvalidOperation

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
from devstack.kubernetes.objects import Object, at, dump, metadata, name_of, namespace_of, now


class Deployments(Controller):
    """Reports Deployments as rolled out, as far as the namespace's quota lets their pods exist."""

    group, version, plural, delay = "apps", "v1", "deployments", "deployment"

    def due(self, obj: Object) -> str:
        """A rollout is due while the status is behind the generation or the wanted replicas."""
        status = obj.get("status") or {}
        seen = status.get("observedGeneration") == metadata(obj).get("generation")
        wanted = at(obj, "spec", "replicas")
        ready = status.get("availableReplicas", 0) == wanted == status.get("updatedReplicas", 0)
        return "" if deleting(obj) or (seen and (ready or _failed(status))) else generation(obj)

    def begin(self, api: Api, obj: Object) -> None:
        """Acknowledges the generation; replicas that were available stay so, as in a rolling update."""
        wanted = at(obj, "spec", "replicas")
        old = obj.get("status") or {}
        available = min(old.get("availableReplicas", 0), wanted)
        counts = {
            "replicas": wanted,
            "updatedReplicas": 0,
            "readyReplicas": available,
            "availableReplicas": available,
            "unavailableReplicas": wanted - available,
        }
        message = f'ReplicaSet "{replica_set(obj)}" is progressing.'
        progressing = {"reason": "ReplicaSetUpdated", "message": message, "status": "True"}
        self._report(api, obj, counts, progressing)

    def finish(self, api: Api, obj: Object) -> None:
        """Reports as many pods as the quota allows; the rest as a failure to create them."""
        wanted = at(obj, "spec", "replicas")
        refusal = _refusal(api, obj) if wanted else ""
        made = 0 if refusal else wanted
        counts = {
            "replicas": made,
            "updatedReplicas": made,
            "readyReplicas": made,
            "availableReplicas": made,
            "unavailableReplicas": wanted - made or None,
        }
        message = f'ReplicaSet "{replica_set(obj)}" has successfully progressed.'
        progressing = {"reason": "NewReplicaSetAvailable", "message": message, "status": "True"}
        if refusal:
            progressing |= {
                "reason": "ReplicaSetUpdated",
                "message": f'ReplicaSet "{replica_set(obj)}" is progressing.',
            }
        self._report(api, obj, counts, progressing, refusal)

    def _report(self, api: Api, obj: Object, counts: Object, progressing: Object, refusal: str = "") -> None:
        enough = counts["availableReplicas"] >= at(obj, "spec", "replicas") - _unavailable(obj)
        available = {
            "type": "Available",
            "status": "True" if enough else "False",
            "reason": "MinimumReplicasAvailable" if enough else "MinimumReplicasUnavailable",
            "message": f"Deployment {'has' if enough else 'does not have'} minimum availability.",
        }
        rows = [{"type": "Progressing", **progressing}, available]
        if refusal:
            failure = {
                "type": "ReplicaFailure",
                "status": "True",
                "reason": "FailedCreate",
                "message": refusal,
            }
            rows.append(failure)
        stamp = now()
        found = conditions(obj, rows, stamp)
        known = {item["type"]: item for item in at(obj, "status", "conditions") or ()}
        if not refusal:
            found = [item for item in found if item["type"] != "ReplicaFailure"]
        found = [_stamped(item, known.get(item["type"], {}), stamp) for item in found]
        status = {"observedGeneration": metadata(obj).get("generation"), **counts, "conditions": found}
        set_status(api, obj, self.plural, status)


def _stamped(item: Object, old: Object, stamp: str) -> Object:
    same = all(old.get(key) == item[key] for key in ("status", "reason", "message"))
    return {**item, "lastUpdateTime": old["lastUpdateTime"] if same and "lastUpdateTime" in old else stamp}


def replica_set(obj: Object) -> str:
    """The name of the replica set of a Deployment's present template."""
    digest = hashlib.sha256(dump(at(obj, "spec", "template") or {}).encode()).hexdigest()
    return f"{name_of(obj)}-{digest[:10]}"


def _failed(status: Object) -> bool:
    return any(item["type"] == "ReplicaFailure" for item in status.get("conditions") or ())


def _unavailable(obj: Object) -> int:
    wanted = int(at(obj, "spec", "replicas") or 0)
    if at(obj, "spec", "strategy", "type") == "Recreate":
        return wanted
    limit = at(obj, "spec", "strategy", "rollingUpdate", "maxUnavailable")
    try:
        share = Decimal(str(limit).removesuffix("%"))
    except InvalidOperation:
        return 0
    return int(share * wanted / 100) if str(limit).endswith("%") else int(share)


def _refusal(api: Api, obj: Object) -> str:
    """Why a pod of this Deployment could not be created; found by a dry run, which leaves nothing."""
    template = at(obj, "spec", "template") or {}
    pod = {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {**(template.get("metadata") or {}), "generateName": f"{replica_set(obj)}-"},
        "spec": template.get("spec"),
    }
    status, body = api.send("POST", f"{collection('', 'v1', 'pods', namespace_of(obj))}?dryRun=All", pod)
    return str(at(body, "message")) if status in {403, 422} else ""


class Autoscalers(Controller):
    """Keeps the replicas of what an autoscaler targets between its bounds."""

    group, version, plural, delay = "autoscaling", "v2", "horizontalpodautoscalers", "deployment"
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
