"""Field ownership: what `apply` and other writes do to `metadata.managedFields`."""

from collections.abc import Sequence
from dataclasses import dataclass

from devstack.kubernetes import errors
from devstack.kubernetes.fieldsets import (
    FieldSet,
    difference,
    intersection,
    paths,
    union,
    union_all,
    with_parents,
)
from devstack.kubernetes.merging import compare, merge, remove
from devstack.kubernetes.objects import Object, drop_nulls, metadata, name_of, namespace_of, now, quote
from devstack.kubernetes.schema import Type
from devstack.kubernetes.typed import field_set

_UNTRACKED: FieldSet = {
    "f:apiVersion": {},
    "f:kind": {},
    "f:metadata": {
        "f:" + key: {}
        for key in (
            "name",
            "namespace",
            "creationTimestamp",
            "selfLink",
            "uid",
            "generation",
            "managedFields",
            "resourceVersion",
            "deletionTimestamp",
            "deletionGracePeriodSeconds",
        )
    },
}


@dataclass(frozen=True, slots=True)
class Manager:
    """Who writes: one entry of `managedFields` belongs to each."""

    name: str
    operation: str
    api_version: str
    subresource: str = ""

    def owns(self, entry: Object) -> bool:
        """Whether the entry is this manager's; an applier keeps its entry across API versions."""
        return (
            entry["manager"] == self.name
            and entry["operation"] == self.operation
            and entry.get("subresource", "") == self.subresource
            and (self.operation == "Apply" or entry["apiVersion"] == self.api_version)
        )

    def entry(self, fields: FieldSet) -> Object:
        """An entry that holds these fields from now on."""
        found = {
            "manager": self.name,
            "operation": self.operation,
            "apiVersion": self.api_version,
            "time": now(),
            "fieldsType": "FieldsV1",
            "fieldsV1": fields,
        }
        return {**found, "subresource": self.subresource} if self.subresource else found


def entries(obj: Object) -> list[Object]:
    """The entries of an object that hold fields."""
    return [item for item in metadata(obj).get("managedFields") or () if item.get("fieldsV1")]


def with_entries(obj: Object, found: Sequence[Object]) -> Object:
    """The object with these entries, in the server's order."""
    ordered = sorted(found, key=lambda item: (item["operation"], item.get("time", ""), item["manager"]))
    kept = {key: value for key, value in metadata(obj).items() if key != "managedFields"}
    return {**obj, "metadata": {**kept, "managedFields": ordered} if ordered else kept}


def apply(
    live: Object, config: Object, kind: Type, manager: Manager, reset: FieldSet, *, force: bool
) -> Object:
    """The live object (empty to create) with an applied configuration; ApiError for a bad body or a conflict.

    `reset` names fields that this endpoint ignores.
    """
    fields, problems = field_set(config, kind)
    if problems:
        raise errors.ApiError(500, "", _typed_patch_message(config, problems))
    owned = _tracked(fields, reset)
    before = entries(live)
    mine = next((item for item in before if manager.owns(item)), None)
    others = [item for item in before if item is not mine]
    config = drop_nulls({key: value for key, value in config.items() if "f:" + key not in reset})
    merged = merge(live, _identity_of(live, config), kind)
    if mine is not None:
        merged = _prune(merged, mine["fieldsV1"], fields, others, kind)
    others = _take(live, merged, others, kind, force=force)
    if owned is None:
        return with_entries(merged, others)
    if mine is not None and mine["fieldsV1"] == owned and mine["apiVersion"] == manager.api_version:
        kept = mine if merged is live or _unmanaged(merged) == _unmanaged(live) else manager.entry(owned)
        return with_entries(merged, [kept, *others])
    return with_entries(merged, [manager.entry(owned), *others])


def update(live: Object, new: Object, kind: Type, manager: Manager, reset: FieldSet) -> Object:
    """The new object with ownership of what it changes given to this manager."""
    changed, removed = compare(live, new, kind)
    changed = _tracked(changed or {}, reset)
    before = entries(new if metadata(new).get("managedFields") is not None else live)
    kept = [_shrunk(item, removed) for item in before]
    kept = [item if item and manager.owns(item) else _shrunk(item, changed) for item in kept]
    remaining = [item for item in kept if item is not None]
    if changed is None:
        return with_entries(new, remaining)
    mine = next((item for item in remaining if manager.owns(item)), None)
    fields = union(changed, mine["fieldsV1"]) if mine else changed
    others = [item for item in remaining if item is not mine]
    return with_entries(new, [*others, manager.entry(fields)])


def _unmanaged(obj: Object) -> Object:
    return {**obj, "metadata": {k: v for k, v in metadata(obj).items() if k != "managedFields"}}


def _identity_of(live: Object, config: Object) -> Object:
    """The configuration without members of metadata that a client cannot set on what exists."""
    fixed = ("uid", "resourceVersion", "creationTimestamp", "generation", "managedFields", "selfLink")
    meta = {key: value for key, value in metadata(config).items() if key not in fixed or not live}
    return {**config, "metadata": meta}


def _tracked(fields: FieldSet, reset: FieldSet) -> FieldSet | None:
    found = difference(fields, _UNTRACKED) if fields else None
    if found and "f:metadata" in found and not found["f:metadata"]:
        found = {key: node for key, node in found.items() if key != "f:metadata"}
    return (difference(found, reset) if reset else found) if found else None


def _shrunk(item: Object | None, taken: FieldSet | None) -> Object | None:
    if item is None or not taken:
        return item
    rest = difference(item["fieldsV1"], taken)
    if not rest:
        return None
    return item if rest == item["fieldsV1"] else {**item, "fieldsV1": rest}


def _prune(merged: Object, last: FieldSet, fields: FieldSet, others: list[Object], kind: Type) -> Object:
    """Removes what this manager applied before, applies no longer, and nobody else owns."""
    gone = difference(last, fields)
    if not gone:
        return merged
    gone = difference(with_parents(last), with_parents(fields))
    claims = [item["fieldsV1"] for item in others]
    if gone and claims:
        gone = difference(gone, with_parents(union_all(claims)))
    if not gone:
        return merged
    pruned: Object = remove(merged, gone, kind) or {}
    return pruned


def _take(live: Object, merged: Object, others: list[Object], kind: Type, *, force: bool) -> list[Object]:
    """The other managers' entries after this write; a conflict unless forced."""
    if not others or merged is live:
        return others
    changed, removed = compare(live, merged, kind)
    if changed:
        clashes = [(item, intersection(item["fieldsV1"], changed)) for item in others]
        found = [(item, clash) for item, clash in clashes if clash]
        if found and not force:
            raise _conflict(found)
    shrunk = [_shrunk(_shrunk(item, changed), removed) for item in others]
    return [item for item in shrunk if item is not None]


def _conflict(found: list[tuple[Object, FieldSet]]) -> errors.ApiError:
    listed = [(_printed(item), path) for item, clash in found for path in paths(clash)]
    causes = [errors.cause("FieldManagerConflict", f"conflict with {who}", path) for who, path in listed]
    if len(listed) == 1:
        who, path = listed[0]
        text = f"Apply failed with 1 conflict: conflict with {who}: {path}"
    else:
        lines = []
        for who in sorted({who for who, _ in listed}):
            lines += [f"conflicts with {who}:", *(f"- {path}" for other, path in listed if other == who)]
        text = f"Apply failed with {len(listed)} conflicts: " + "\n".join(lines)
    return errors.ApiError(409, "Conflict", text, {"causes": causes})


def _printed(item: Object) -> str:
    text = quote(item["manager"])
    if item.get("subresource"):
        text += f" with subresource {quote(item['subresource'])}"
    return text if item["operation"] == "Apply" else f"{text} using {item['apiVersion']}"


def _typed_patch_message(config: Object, problems: list[str]) -> str:
    group, _, version = config.get("apiVersion", "").rpartition("/")
    kind = f"{group}/{version}, Kind={config.get('kind', '')}"
    text = problems[0] if len(problems) == 1 else "\n".join(["errors:", *("  " + line for line in problems)])
    return f"failed to create typed patch object ({namespace_of(config)}/{name_of(config)}; {kind}): {text}"
