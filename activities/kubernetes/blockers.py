"""What keeps an object from disappearing, in words that name it."""

import re
from collections.abc import Iterable
from datetime import datetime, timedelta

from activities.kubernetes.cluster import Cluster
from activities.kubernetes.objects import Key, conditions_of
from domain.errors import TenantryError
from domain.messages import JsonObject

REMAINING = re.compile(r"(\S+) has \d+ resource instances")
COUNTING = frozenset({"NamespaceContentRemaining", "NamespaceFinalizersRemaining"})
"""Conditions that count what is left, kind by kind; all others say themselves what is wrong."""
NAMED_AT_MOST = 5


def blockers(cluster: Cluster, going: JsonObject, *, search: bool = False) -> str:
    """'namespace x is being deleted: held by widget w (finalizer example.dev/hold)'.

    With `search`, everything in a namespace is looked through if the cluster does not say what holds it: a
    call for each kind there is.
    """
    key = Key.of(going)
    held = finalizers_of(going)
    told = [f"finalizer {', '.join(held)}"] if held else []
    if key.is_namespace:
        told += _in_namespace(cluster, going, search=search)
    return f"{key} is being deleted" + (f": held by {'; '.join(told)}" if told else "")


def finalizers_of(found: JsonObject) -> list[str]:
    return found["metadata"].get("finalizers") or []


def lingering(going: JsonObject, now: datetime) -> timedelta:
    """How long ago the cluster accepted its deletion; `now` by the cluster's clock."""
    accepted = going["metadata"].get("deletionTimestamp")
    return now - datetime.fromisoformat(accepted) if accepted else timedelta()


def _in_namespace(cluster: Cluster, namespace: JsonObject, *, search: bool) -> list[str]:
    name = namespace["metadata"]["name"]
    holding = {kind: text for kind, text in _messages(namespace).items() if kind not in COUNTING}
    counted = " ".join(text for kind, text in _messages(namespace).items() if kind in COUNTING)
    try:
        found = [item for kind in REMAINING.findall(counted) for item in cluster.remaining(kind, name)]
        if search and not any(finalizers_of(item) for item in found):
            found = [item for item in cluster.everything_in(name) if finalizers_of(item)] or found
    except TenantryError:
        # The names are a help for the reader; not finding them must not stop the removal.
        found = []
    return [*(_named(found) or filter(None, [counted])), *holding.values()]


def _messages(namespace: JsonObject) -> dict[str, str]:
    """Of the conditions that say why it is not gone."""
    true = (c for c in conditions_of(namespace).values() if c["status"] == "True")
    return {condition["type"]: str(condition.get("message", condition["type"])) for condition in true}


def _named(found: Iterable[JsonObject]) -> list[str]:
    """What has finalizers first: all else goes by itself."""
    ordered = sorted(found, key=lambda item: not finalizers_of(item))
    return list(dict.fromkeys(map(_name, ordered)))[:NAMED_AT_MOST]


def _name(found: JsonObject) -> str:
    held = finalizers_of(found)
    return f"{Key.of(found)}" + (f" (finalizer {', '.join(held)})" if held else "")
