"""Whether a scenario's changes can follow each other."""

from collections.abc import Iterator, Sequence
from datetime import datetime

from catalog.scenario_forms import ChangeForm

ALLOWED = {
    "suspend": ({"active"}, "suspended", "only an active tenant can be suspended"),
    "resume": ({"suspended"}, "active", "only a suspended tenant can be resumed"),
    "end": ({"active", "suspended"}, "ended", "the tenant has ended already"),
    "restore": ({"ended"}, "active", "only a tenant that has ended can be restored"),
}
"""State before, state after, and what is wrong otherwise."""


def change_problems(start: datetime, changes: Sequence[tuple[int, ChangeForm]]) -> Iterator[str]:
    """Changes go forward in time from the start, and each fits the state that it meets."""
    state, latest = "active", start
    for index, change in changes:
        path = f"changes.{index}"
        if change.at < latest:
            yield f"{path}.at: must not be before the {'start' if latest == start else 'change before it'}"
        latest = max(latest, change.at)
        if change.action:
            before, after, otherwise = ALLOWED[change.action]
            if state not in before:
                yield f"{path}.{change.action}: {otherwise}"
            state = after
        if state == "ended" and (change.plan is not None or change.quantity is not None):
            yield f"{path}: after the end nothing changes before a restore"
