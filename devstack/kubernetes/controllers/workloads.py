"""Rollouts of Deployments, and the bounds that autoscalers put on them."""

from decimal import Decimal, InvalidOperation

from devstack.kubernetes.controllers.api import (
    Api,
    conditions,
    deleting,
    listed,
    set_status,
)
from devstack.kubernetes.controllers.base import Controller, generation
from devstack.kubernetes.controllers.fitting import fitting, replica_set
from devstack.kubernetes.objects import Object, at, metadata, namespace_of, now


class Deployments(Controller):
    """Reports Deployments as rolled out, as far as the namespace's quota lets their pods exist."""

    group, version, plural, delay = "apps", "v1", "deployments", "deployment"
    follows = (("", "resourcequotas"), ("", "serviceaccounts"))

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
        made, refusal = fitting(api, obj, wanted)
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

    def related(self, api: Api, obj: Object) -> list[Object]:
        """The Deployments whose pods a changed quota or a new account may let exist."""
        found = listed(api, self.collection(namespace_of(obj)))
        return [item for item in found if _failed(item.get("status") or {})]

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
