"""What keeps an object from disappearing, in words that name it."""

import re

from activities.kubernetes.cluster import Cluster
from activities.kubernetes.objects import Key, conditions_of
from domain.errors import TenantryError
from domain.messages import JsonObject

REMAINING = re.compile(r"(\S+) has \d+ resource instances")
NAMED_AT_MOST = 5


def blockers(cluster: Cluster, going: JsonObject) -> str:
    """'namespace x is being deleted: held by widget w (finalizer example.dev/hold)'."""
    key = Key.of(going)
    held = finalizers_of(going)
    told = [f"finalizer {', '.join(held)}"] if held else []
    if key.is_namespace:
        told = [
            text
            for condition in conditions_of(going).values()
            if condition["status"] == "True"
            for text in _told(cluster, key.name, condition)
        ]
    return f"{key} is being deleted" + (f": held by {'; '.join(told)}" if told else "")


def finalizers_of(found: JsonObject) -> list[str]:
    return found["metadata"].get("finalizers") or []


def _told(cluster: Cluster, namespace: str, condition: JsonObject) -> list[str]:
    """The objects that a condition speaks of; its message if it names none or they cannot be read."""
    message = str(condition.get("message", condition["type"]))
    kinds = REMAINING.findall(message)
    try:
        found = [item for kind in kinds for item in cluster.remaining(kind, namespace)]
    except TenantryError:
        # The name is a help for the reader; not finding it must not stop the removal.
        return [message]
    return [_named(item) for item in found[:NAMED_AT_MOST]] or [message]


def _named(found: JsonObject) -> str:
    held = finalizers_of(found)
    return f"{Key.of(found)}" + (f" (finalizer {', '.join(held)})" if held else "")
