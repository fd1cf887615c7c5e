"""What the quotas of a namespace are used for, as `kubectl describe quota` shows it."""

from collections import defaultdict
from decimal import Decimal

from devstack.kubernetes.controllers.api import Api, collection, deleting, listed, set_status
from devstack.kubernetes.controllers.base import Controller, generation
from devstack.kubernetes.objects import Object, at, namespace_of
from devstack.kubernetes.quantity import show
from devstack.kubernetes.quota import usage
from devstack.kubernetes.usage import pod_usage

_POD_RESOURCES = frozenset({"requests", "limits"})
_OF_PODS = frozenset({"pods", "cpu", "memory", "ephemeral-storage"})


class Quotas(Controller):
    """Writes hard limits and use into the status of quotas.

    A cluster with a kube-controller-manager has its own; pods that only a Deployment's status tells of count
    as if they were there, since no controller makes them here.
    """

    group, version, plural, delay = "", "v1", "resourcequotas", "deployment"
    prompt = True
    counts_deletions = True
    follows = (
        ("", "configmaps"),
        ("", "persistentvolumeclaims"),
        ("", "pods"),
        ("", "secrets"),
        ("", "services"),
        ("apps", "deployments"),
    )

    def due(self, obj: Object) -> str:
        """Every change may move the limits."""
        return "" if deleting(obj) else generation(obj)

    def finish(self, api: Api, obj: Object) -> None:
        """Counts what there is of everything that the quota names."""
        hard = at(obj, "spec", "hard") or {}
        found = _used(api, namespace_of(obj), set(hard))
        used = {name: show(found[name]) for name in hard}
        gone = {name: None for name in at(obj, "status", "hard") or {} if name not in hard}
        set_status(api, obj, self.plural, {"hard": {**hard, **gone}, "used": {**used, **gone}})

    def related(self, api: Api, obj: Object) -> list[Object]:
        """The quotas of the changed object's namespace."""
        return listed(api, self.collection(namespace_of(obj)))


def _used(api: Api, namespace: str, names: set[str]) -> dict[str, Decimal]:
    counted = {_counted(name) for name in names}
    used: dict[str, Decimal] = defaultdict(Decimal)
    for group, plural in counted:
        for item in listed(api, collection(group, "v1", plural, namespace)):
            _add(used, usage((group, plural), item), 1)
    if ("", "pods") in counted:
        for deployment in listed(api, collection("apps", "v1", "deployments", namespace)):
            one = pod_usage(at(deployment, "spec", "template", "spec") or {})
            _add(used, one, at(deployment, "status", "replicas") or 0)
    return used


def _add(used: dict[str, Decimal], amounts: dict[str, Decimal], times: int) -> None:
    for name, amount in amounts.items():
        used[name] += amount * times


def _counted(name: str) -> tuple[str, str]:
    """Group and plural of what a resource of a quota counts."""
    if name.startswith("count/"):
        plural, _, group = name.removeprefix("count/").partition(".")
        return group, plural
    head = name.partition(".")[0]
    return "", "pods" if head in _POD_RESOURCES or name in _OF_PODS else head
