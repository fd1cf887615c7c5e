"""Reading and rebuilding of JSON objects; stored objects are shared, so nothing here changes its argument."""

import json
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any

Object = dict[str, Any]


def now() -> str:
    """The present second in the form of `metav1.Time`."""
    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def at(obj: Any, *path: str) -> Any:
    """The value under a path of keys; None where any step is absent."""
    for key in path:
        if not isinstance(obj, dict):
            return None
        obj = obj.get(key)
    return obj


def put(obj: Object, value: Any, *path: str) -> Object:
    """A copy of the object with one value replaced; containers on the way are copied, the rest is shared."""
    head, *rest = path
    inner = obj.get(head)
    return {**obj, head: put(inner if isinstance(inner, dict) else {}, value, *rest) if rest else value}


def without(obj: Object, *path: str) -> Object:
    """A copy of the object that lacks the value under the path."""
    head, *rest = path
    if head not in obj:
        return obj
    if rest:
        inner = obj[head]
        return {**obj, head: without(inner, *rest)} if isinstance(inner, dict) else obj
    return {key: value for key, value in obj.items() if key != head}


def metadata(obj: Object) -> Object:
    """The metadata of an object, empty where it has none of the right form."""
    found = obj.get("metadata")
    return found if isinstance(found, dict) else {}


def labels(obj: Object) -> dict[str, str]:
    """The labels of an object."""
    return metadata(obj).get("labels") or {}


def name_of(obj: Object) -> str:
    """The name of an object, empty where it has none."""
    return metadata(obj).get("name") or ""


def namespace_of(obj: Object) -> str:
    """The namespace of an object, empty for cluster scope."""
    return metadata(obj).get("namespace") or ""


def dump(value: Any) -> str:
    """JSON as Go writes it: no spaces, keys sorted as for a map."""
    return json.dumps(value, separators=(",", ":"), sort_keys=True, ensure_ascii=False)


def quote(value: str) -> str:
    """A string as Go's %q prints it."""
    return json.dumps(value, ensure_ascii=False)


def drop_nulls(value: Any) -> Any:
    """The value without null members, which typed objects cannot hold; unchanged parts are shared."""
    if isinstance(value, dict):
        changed = {key: drop_nulls(item) for key, item in value.items() if item is not None}
        same = len(changed) == len(value) and all(changed[key] is value[key] for key in changed)
        return value if same else changed
    if isinstance(value, list):
        items = [drop_nulls(item) for item in value]
        return value if all(a is b for a, b in zip(items, value, strict=True)) else items
    return value


def join(parts: Iterable[str]) -> str:
    """Words joined as Kubernetes lists them in messages."""
    return ", ".join(parts)


def clone(value: Any) -> Any:
    """An independent copy that may be changed in place."""
    if isinstance(value, dict):
        return {key: clone(item) for key, item in value.items()}
    if isinstance(value, list):
        return [clone(item) for item in value]
    return value
