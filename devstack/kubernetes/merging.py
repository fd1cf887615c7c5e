"""Merges, prunes and compares typed values; unchanged parts of the live value are shared with the result."""

from typing import Any

from devstack.kubernetes.fieldsets import MEMBER, FieldSet, has
from devstack.kubernetes.schema import ATOMIC, ListType, MapType, Type
from devstack.kubernetes.typed import full_set, keyed


def merge(live: Any, config: Any, kind: Type) -> Any:
    """The live value with the configured one laid over it; the live value itself if nothing differs."""
    if config is None or live is None or (isinstance(kind, MapType) and kind.atomic):
        return live if same(live, config) else config
    if isinstance(kind, MapType) and isinstance(live, dict) and isinstance(config, dict):
        return _merge_map(live, config, kind)
    if isinstance(kind, ListType) and kind.kind != "atomic" and isinstance(live, list):
        return _merge_list(live, config, kind)
    return live if same(live, config) else config


def same(left: Any, right: Any) -> bool:
    """Deep equality that tells `true` from 1."""
    return left is right or (left == right and type(left) is type(right))


def _merge_map(live: dict[str, Any], config: dict[str, Any], kind: MapType) -> dict[str, Any]:
    out: dict[str, Any] | None = None
    for key, item in config.items():
        if key not in live:
            value = item
        else:
            value = merge(live[key], item, kind.child(key) or ATOMIC)
            if value is live[key]:
                continue
        if out is None:
            out = dict(live)
        out[key] = value
    return live if out is None else out


def _merge_list(live: list[Any], config: list[Any], kind: ListType) -> list[Any]:
    """Items of both, the applied order winning where an item is in both."""
    left, right = keyed(live, kind), keyed(config, kind)
    left_keys, right_keys = list(left), list(right)
    out: list[Any] = []
    done: set[str] = set()
    i = j = 0
    while i < len(left_keys) or j < len(right_keys):
        if i < len(left_keys):
            key = left_keys[i]
            if key not in right:
                out.append(left[key])
                i += 1
                continue
            if key in done:
                i += 1
                continue
        key = right_keys[j]
        done.add(key)
        out.append(merge(left[key], right[key], kind.element) if key in left else right[key])
        i += 1 if i < len(left_keys) and left_keys[i] == key else 0
        j += 1
    same_items = len(out) == len(live) and all(a is b for a, b in zip(out, live, strict=True))
    return live if same_items else out


def remove(value: Any, fields: FieldSet, kind: Type) -> Any:
    """The value without the members of the set; None if nothing of a container is left."""
    if isinstance(kind, MapType) and isinstance(value, dict) and not kind.atomic:
        out: dict[str, Any] = {}
        for key, item in value.items():
            node = fields.get("f:" + key)
            if node is None:
                out[key] = item
            elif not has(node):
                rest = remove(item, node, kind.child(key) or ATOMIC)
                if rest is not None:
                    out[key] = rest
        return out or None
    if isinstance(kind, ListType) and isinstance(value, list) and kind.kind != "atomic":
        kept = []
        for key, item in keyed(value, kind).items():
            node = fields.get(key)
            if node is None:
                kept.append(item)
            elif not has(node):
                kept.append(remove(item, node, kind.element))
        return kept or None
    return value


def compare(old: Any, new: Any, kind: Type) -> tuple[FieldSet | None, FieldSet | None]:
    """The fields that were changed or added, and those that were removed; None for none."""
    if old is new:
        return None, None
    if isinstance(kind, MapType) and isinstance(old, dict) and isinstance(new, dict) and not kind.atomic:
        return _compare_members(old, new, "f:", lambda key: kind.child(key) or ATOMIC)
    if (
        isinstance(kind, ListType)
        and kind.kind != "atomic"
        and isinstance(old, list)
        and isinstance(new, list)
    ):
        return _compare_members(keyed(old, kind), keyed(new, kind), "", lambda _: kind.element)
    return (None, None) if same(old, new) else ({}, None)


def _compare_members(
    old: Any, new: Any, prefix: str, kind_of: Any
) -> tuple[FieldSet | None, FieldSet | None]:
    changed: FieldSet = {}
    removed: FieldSet = {}
    for key, item in new.items():
        if key in old:
            more, less = compare(old[key], item, kind_of(key))
            if more is not None:
                changed[prefix + key] = more
            if less is not None:
                removed[prefix + key] = less
        else:
            changed[prefix + key] = _whole(item, key, prefix, kind_of)
    for key, item in old.items():
        if key not in new:
            removed[prefix + key] = _whole(item, key, prefix, kind_of)
    return changed or None, removed or None


def _whole(item: Any, key: str, prefix: str, kind_of: Any) -> FieldSet:
    found = full_set(item, kind_of(key))
    return {MEMBER: {}, **found} if not prefix and found else found
