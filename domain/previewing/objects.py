"""From differences between wanted and found to what becomes of each object."""

from collections.abc import Iterable, Sequence
from enum import StrEnum

from domain.messages import Difference, DriftKind
from domain.plans import Model


class Effect(StrEnum):
    ADDED = "added"
    CHANGED = "changed"
    REMOVED = "removed"
    BLOCKED = "blocked"
    """Something that is not ours bears its name, or it takes no change: the step would fail on it."""


class FieldChange(Model):
    """One field, in the provider's words; empty where it is not set."""

    field: str
    now: str
    then: str


class ObjectChange(Model):
    """What becomes of one object or thing. Never holds a secret's value."""

    effect: Effect
    step: str
    kind: str
    """The inventory's word: 's3:bucket', 'apps/v1/Deployment'."""
    name: str
    namespace: str = ""
    fields: list[FieldChange] = []
    """Those that change."""
    detail: str = ""
    """What there is to say of it beyond that."""

    def field(self, name: str) -> FieldChange | None:
        return next((one for one in self.fields if one.field == name), None)

    def changes_below(self, path: str) -> bool:
        return any(one.field.startswith(path) for one in self.fields)


def object_changes(differences: Iterable[Difference]) -> list[ObjectChange]:
    """One for each object that differs, in the order of the differences."""
    found: dict[tuple[str, ...], list[Difference]] = {}
    for one in differences:
        found.setdefault((one.step, one.kind, one.namespace, one.name), []).append(one)
    return [_change(group) for group in found.values()]


def _change(differences: Sequence[Difference]) -> ObjectChange:
    first = differences[0]
    effect = _effect(first)
    fields = (
        [FieldChange(field=one.field, now=one.found, then=one.wanted) for one in differences]
        if effect is Effect.CHANGED
        else []
    )
    return ObjectChange(
        effect=effect,
        step=first.step,
        kind=first.kind,
        name=first.name,
        namespace=first.namespace,
        fields=fields,
        detail=first.found if effect in {Effect.ADDED, Effect.BLOCKED} else "",
    )


def _effect(difference: Difference) -> Effect:
    if difference.surplus:
        return Effect.REMOVED
    effects = {
        DriftKind.MISSING: Effect.ADDED,
        DriftKind.DRIFTED: Effect.CHANGED,
        DriftKind.LOST: Effect.BLOCKED,
    }
    return effects[difference.what]
