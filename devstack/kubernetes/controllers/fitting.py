"""How many pods of a Deployment a namespace would let exist, where no controller makes them."""

import hashlib
from decimal import Decimal

from devstack.kubernetes.controllers.api import Api, collection, listed
from devstack.kubernetes.objects import Object, at, dump, name_of, namespace_of
from devstack.kubernetes.quantity import parse
from devstack.kubernetes.usage import exceeded, pod_usage


def replica_set(obj: Object) -> str:
    """The name of the replica set of a Deployment's present template."""
    digest = hashlib.sha256(dump(at(obj, "spec", "template") or {}).encode()).hexdigest()
    return f"{name_of(obj)}-{digest[:10]}"


def fitting(api: Api, obj: Object, wanted: int) -> tuple[int, str]:
    """How many of the wanted pods fit, and why the others could not be created."""
    if not wanted:
        return 0, ""
    namespace = namespace_of(obj)
    template = at(obj, "spec", "template") or {}
    meta = {**(template.get("metadata") or {}), "generateName": f"{replica_set(obj)}-"}
    pod = {"apiVersion": "v1", "kind": "Pod", "metadata": meta, "spec": template.get("spec")}
    status, body = api.send("POST", f"{collection('', 'v1', 'pods', namespace)}?dryRun=All", pod)
    if status in {403, 422}:
        return 0, str(at(body, "message"))
    quotas = listed(api, collection("", "v1", "resourcequotas", namespace))
    if not quotas:
        return wanted, ""
    asked = pod_usage(at(body, "spec") or {})
    used = _used_by_others(api, obj)
    return min(
        (_share(quota, asked, used, wanted, name_of(body)) for quota in quotas), key=lambda share: share[0]
    )


def _used_by_others(api: Api, obj: Object) -> dict[str, Decimal]:
    """What the pods of the namespace's other Deployments use, as far as their templates say."""
    found: dict[str, Decimal] = {}
    for other in listed(api, collection("apps", "v1", "deployments", namespace_of(obj))):
        count = at(other, "status", "replicas") or 0
        if count and name_of(other) != name_of(obj):
            for name, amount in pod_usage(at(other, "spec", "template", "spec") or {}).items():
                found[name] = found.get(name, Decimal(0)) + amount * count
    return found


def _share(
    quota: Object, asked: dict[str, Decimal], used: dict[str, Decimal], wanted: int, pod: str
) -> tuple[int, str]:
    hard = at(quota, "spec", "hard") or {}
    counted = [name for name in hard if asked.get(name)]
    zero = Decimal(0)
    fits = [max(0, int((parse(hard[name]) - used.get(name, zero)) // asked[name])) for name in counted]
    made = min([wanted, *fits])
    if made == wanted:
        return made, ""
    total = {name: used.get(name, zero) + asked[name] * made for name in counted}
    over = [name for name in counted if total[name] + asked[name] > parse(hard[name])]
    why = exceeded(name_of(quota), over, asked, total, hard)
    return made, f'pods "{pod}" is forbidden: {why}'
