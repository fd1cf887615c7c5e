"""Whether a scenario's changes can follow each other, also where something in one of them is wrong."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from catalog.scenario_forms import ACTIONS, instant

ALLOWED = {
    "suspend": ({"active"}, "suspended", "only an active tenant can be suspended"),
    "resume": ({"suspended"}, "active", "only a suspended tenant can be resumed"),
    "end": ({"active", "suspended"}, "ended", "the tenant has ended already"),
    "restore": ({"ended"}, "active", "only a tenant that has ended can be restored"),
}
"""State before, state after, and what is wrong otherwise."""
UNKNOWN = "unknown"


@dataclass(frozen=True)
class ToldChange:
    """What of a change in the file can be understood; its other fields may be wrong."""

    path: str
    at: datetime | None
    actions: tuple[str, ...]
    plan: str | None
    changed: tuple[str, ...]
    """The fields in it that change what a tenant has."""


def told_changes(items: Any) -> list[ToldChange]:
    if not isinstance(items, list):
        return []
    return [
        _told(f"changes.{index}", fields if isinstance(fields, dict) else {})
        for index, fields in enumerate(items)
    ]


def _told(path: str, fields: dict[Any, Any]) -> ToldChange:
    try:
        at = instant(fields.get("at"))
    except ValueError:
        at = None
    plan = fields.get("plan")
    return ToldChange(
        path,
        at,
        tuple(name for name in ACTIONS if fields.get(name) is True),
        plan if isinstance(plan, str) and plan else None,
        tuple(name for name in ("plan", "quantity") if fields.get(name) is not None),
    )


def change_problems(start: datetime | None, changes: Sequence[ToldChange]) -> Iterator[str]:
    """Changes go forward in time from the start, and each fits the state that it meets."""
    state, latest = "active", start
    for change in changes:
        if change.at and latest and change.at < latest:
            before = "start" if latest == start else "change before it"
            yield f"{change.path}.at: must not be before the {before}"
        latest = max(filter(None, (latest, change.at)), default=None)
        if len(change.actions) > 1:
            state = UNKNOWN
        elif change.actions:
            action = change.actions[0]
            fitting, after, otherwise = ALLOWED[action]
            if state not in {*fitting, UNKNOWN}:
                yield f"{change.path}.{action}: {otherwise}"
            state = after
        if state == "ended":
            for name in change.changed:
                yield f"{change.path}.{name}: a tenant that has ended has none before it is restored"
