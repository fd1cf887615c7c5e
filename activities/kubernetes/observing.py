"""Comparing a group of objects with what an apply of it would leave, by server-side dry runs."""

from typing import Any

from activities.drift.comparing import differences
from activities.kubernetes.cluster import Cluster
from activities.kubernetes.group import Group
from activities.kubernetes.objects import Key, is_going, is_ours, namespace_key
from activities.kubernetes.readiness import address_of
from domain.messages import Difference, DriftKind, JsonObject, StepCall
from domain.messages.drift import ABSENT, HIDDEN, PRESENCE, PRESENT, shown

SERVERS_OWN = frozenset(
    {
        "creationTimestamp",
        "generation",
        "managedFields",
        "resourceVersion",
        "selfLink",
        "uid",
    }
)
"""Metadata that the server writes; a dry run of an apply shows others than the object has."""
NOT_OURS = "something else bears its name: it lacks this tenant's labels, so it is left untouched"


def observe(cluster: Cluster, call: StepCall, group: Group, former: set[Key]) -> list[Difference]:
    """`former` are objects that the step made and today's blueprint no longer lists."""
    found: list[Difference] = []
    gone = {key for key in _namespaces(group) if cluster.get(key) is None}
    for manifest in group.manifests:
        key = Key.of(manifest)
        if key in gone or namespace_key(key.namespace) in gone:
            found.append(_difference(call, key, DriftKind.MISSING))
        else:
            found += _compared(cluster, call, manifest)
    unlisted = former - set(group.keys) - (group.elsewhere() if former else set())
    return found + [
        surplus(call, key)
        for key in sorted(unlisted, key=str)
        if not key.is_namespace and namespace_key(key.namespace) not in gone and _is_there(cluster, call, key)
    ]


def surplus(call: StepCall, key: Key) -> Difference:
    """It is there and shall not be."""
    return _difference(call, key, DriftKind.DRIFTED, PRESENCE, ABSENT, PRESENT)


def stranger(call: StepCall, key: Key) -> Difference:
    """Something foreign has its name."""
    return _difference(call, key, DriftKind.LOST, found=NOT_OURS)


def _namespaces(group: Group) -> set[Key]:
    return {key if key.is_namespace else namespace_key(key.namespace) for key in group.keys}


def _is_there(cluster: Cluster, call: StepCall, key: Key) -> bool:
    found = cluster.get(key)
    return found is not None and is_ours(found, call.tenant) and not is_going(found)


def _compared(cluster: Cluster, call: StepCall, manifest: JsonObject) -> list[Difference]:
    key = Key.of(manifest)
    present = cluster.get(key)
    if present is None:
        return [_difference(call, key, DriftKind.MISSING)]
    if is_going(present):
        return [_difference(call, key, DriftKind.MISSING, found="its deletion was accepted")]
    if not is_ours(present, call.tenant):
        return [stranger(call, key)]
    applied = cluster.dry_run(manifest)
    differing = [
        _difference(call, key, DriftKind.DRIFTED, field, *_values(key, field, wanted, found))
        for field, wanted, found in differences(_comparable(applied), _comparable(present))
    ]
    return differing + _moved(call, key, present)


def _moved(call: StepCall, key: Key, present: JsonObject) -> list[Difference]:
    """A load balancer that was made anew has another address than later steps were told."""
    known = call.outputs.get(f"{call.step}.load_balancer", "")
    address = address_of(present) if key.kind == "Service" else ""
    if not known or not address or address == known:
        return []
    return [_difference(call, key, DriftKind.DRIFTED, "load balancer", known, address)]


def _comparable(found: JsonObject) -> JsonObject:
    metadata = {name: value for name, value in found["metadata"].items() if name not in SERVERS_OWN}
    return {**found, "metadata": metadata, "status": None}


def _values(key: Key, field: str, wanted: Any, found: Any) -> tuple[str, str]:
    """What may leave the cluster: of a Secret only that something differs, never what."""
    if key.kind == "Secret" and not field.startswith("metadata.labels"):
        return HIDDEN, HIDDEN
    return shown(wanted), shown(found)


def _difference(
    call: StepCall, key: Key, what: DriftKind, field: str = "", wanted: str = "", found: str = ""
) -> Difference:
    return Difference(
        what=what,
        step=call.step,
        kind=key.ref_kind,
        name=key.name,
        namespace=key.namespace,
        field=field,
        wanted=wanted,
        found=found,
    )
