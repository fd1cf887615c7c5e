"""Sets of field paths in the form of `fieldsV1`, with the algebra that field ownership needs.

A node is a dict from path element (`f:name`, `k:{…}`, `v:…`) to node. An empty dict is a member; a node with
children is a member only if it holds ".". An empty root is the empty set.
"""

import json
from typing import Any

from devstack.kubernetes.objects import quote

FieldSet = dict[str, Any]

MEMBER = "."


def union(left: FieldSet, right: FieldSet) -> FieldSet:
    """The paths of either; `left` and `right` are nodes that both exist."""
    if left is right:
        return left
    if not left or not right:
        rest = left or right
        return rest if not rest or MEMBER in rest else {MEMBER: {}, **rest}
    out = dict(left)
    for key, node in right.items():
        out[key] = union(out[key], node) if key in out and key != MEMBER else node
    return out


def union_all(sets: list[FieldSet]) -> FieldSet:
    """The paths of any; empty sets are ignored."""
    out: FieldSet = {}
    for item in sets:
        if item:
            out = union(out, item) if out else item
    return out


def difference(left: FieldSet, right: FieldSet) -> FieldSet | None:
    """The paths of `left` that are not in `right`; None if none is left."""
    right_member = not right or MEMBER in right
    if not left:
        return None if right_member else left
    out: FieldSet = {}
    for key, node in left.items():
        if key == MEMBER:
            if not right_member:
                out[MEMBER] = {}
        elif key not in right:
            out[key] = node
        else:
            rest = difference(node, right[key])
            if rest is not None:
                out[key] = rest
    return _tidy(out)


def intersection(left: FieldSet, right: FieldSet) -> FieldSet | None:
    """The paths in both; None if there is none."""
    if not left:
        return left if not right or MEMBER in right else None
    if not right:
        return right if MEMBER in left else None
    out: FieldSet = {}
    for key, node in left.items():
        if key in right:
            both = {} if key == MEMBER else intersection(node, right[key])
            if both is not None:
                out[key] = both
    return _tidy(out)


def _tidy(node: FieldSet) -> FieldSet | None:
    if not node:
        return None
    return {} if len(node) == 1 and MEMBER in node else node


def with_parents(node: FieldSet) -> FieldSet:
    """The set with every named field or item on the way to a member made a member too."""
    if not node:
        return node
    return {MEMBER: {}, **{key: with_parents(child) for key, child in node.items() if key != MEMBER}}


def has(node: FieldSet) -> bool:
    """Whether the node itself is a member."""
    return not node or MEMBER in node


def paths(node: FieldSet, prefix: str = "") -> list[str]:
    """The members in the notation of conflict messages, in the order in which Go lists them."""
    found = []
    for key in sorted(key for key in node if key != MEMBER):
        child, path = node[key], prefix + element(key)
        if has(child):
            found.append(path)
        found += paths(child, path)
    return found


def element(key: str) -> str:
    """One path element as it is printed: `.spec`, `[name="a"]`, `[="a"]`."""
    kind, _, text = key.partition(":")
    if kind == "f":
        return f".{text}"
    if kind == "k":
        fields = json.loads(text)
        return "[" + ",".join(f"{name}={show(value)}" for name, value in sorted(fields.items())) + "]"
    if kind == "v":
        return f"[={show(json.loads(text))}]"
    return f"[{text}]"


def show(value: Any) -> str:
    """A scalar as it is printed inside a path element."""
    return quote(value) if isinstance(value, str) else json.dumps(value)
