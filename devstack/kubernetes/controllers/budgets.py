"""How many pods a disruption budget would let go now."""

from decimal import ROUND_CEILING, Decimal

from devstack.kubernetes.controllers.api import Api, collection, conditions, deleting, listed, set_status
from devstack.kubernetes.controllers.base import Controller, generation
from devstack.kubernetes.objects import Object, at, metadata, namespace_of, now
from devstack.kubernetes.selectors import selects


class Budgets(Controller):
    """Writes the status of disruption budgets from the Deployments whose pods they select."""

    group, version, plural, delay = "policy", "v1", "poddisruptionbudgets", "deployment"
    prompt = True
    counts_deletions = True
    follows = (("apps", "deployments"),)

    def due(self, obj: Object) -> str:
        """A budget is due after each change of its spec."""
        return "" if deleting(obj) else generation(obj)

    def finish(self, api: Api, obj: Object) -> None:
        """Counts the pods that are wanted and those that are available."""
        mine = [
            item
            for item in listed(api, collection("apps", "v1", "deployments", namespace_of(obj)))
            if selects(at(obj, "spec", "selector"), at(item, "spec", "template", "metadata", "labels") or {})
        ]
        expected = sum(at(item, "spec", "replicas") or 0 for item in mine)
        healthy = sum(at(item, "status", "availableReplicas") or 0 for item in mine)
        desired = _desired(obj, expected)
        allowed = max(0, healthy - desired)
        row = {
            "type": "DisruptionAllowed",
            "status": "True" if allowed else "False",
            "reason": "SufficientPods" if allowed else "InsufficientPods",
            "message": "",
            "observedGeneration": metadata(obj).get("generation"),
        }
        status = {
            "observedGeneration": metadata(obj).get("generation"),
            "expectedPods": expected,
            "currentHealthy": healthy,
            "desiredHealthy": desired,
            "disruptionsAllowed": allowed,
            "conditions": conditions(obj, [row], now()),
        }
        set_status(api, obj, self.plural, status)

    def related(self, api: Api, obj: Object) -> list[Object]:
        """The budgets that select a Deployment's pods."""
        labels = at(obj, "spec", "template", "metadata", "labels") or {}
        found = listed(api, self.collection(namespace_of(obj)))
        return [item for item in found if selects(at(item, "spec", "selector"), labels)]


def _desired(obj: Object, expected: int) -> int:
    """How many must stay healthy; shares of the expected pods are rounded up, as the real controller does."""
    least, most = at(obj, "spec", "minAvailable"), at(obj, "spec", "maxUnavailable")
    if least is not None:
        return _share(least, expected)
    return max(0, expected - _share(most, expected)) if most is not None else expected


def _share(value: int | str, expected: int) -> int:
    text = str(value)
    if not text.endswith("%"):
        return int(text)
    share = Decimal(text.removesuffix("%")) * expected / 100
    return int(share.to_integral_value(ROUND_CEILING))
