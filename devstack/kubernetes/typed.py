"""Checks a value against its type and finds the fields it holds, in the real server's words."""

from typing import Any

from devstack.kubernetes.fieldsets import MEMBER, FieldSet, element
from devstack.kubernetes.objects import dump, quote
from devstack.kubernetes.schema import ATOMIC, ListType, MapType, ScalarType, Type

# A path is a linked list (parent, printed element), rendered only for a message: most walks find no error.
Path = tuple[Any, str] | None


def field_set(value: Any, kind: Type) -> tuple[FieldSet, list[str]]:
    """The fields a value holds, and what does not fit its type (`.spec.x: field not declared in schema`)."""
    errors: list[str] = []
    return _walk(value, kind, None, errors), errors


def full_set(value: Any, kind: Type) -> FieldSet:
    """The fields of a value that appears where nothing was: containers are members too."""
    if isinstance(kind, MapType) and isinstance(value, dict) and value and not kind.atomic:
        node: FieldSet = {} if kind.fields else {MEMBER: {}}
        for key, item in value.items():
            node["f:" + key] = full_set(item, kind.child(key) or ATOMIC)
        return node
    if isinstance(kind, ListType) and isinstance(value, list) and value and kind.kind != "atomic":
        node = {MEMBER: {}}
        for key, item in keyed(value, kind).items():
            sub = full_set(item, kind.element) if kind.kind == "map" else {}
            node[key] = {MEMBER: {}, **sub} if sub else {}
        return node
    return {}


def list_key(item: Any, kind: ListType) -> str:
    """The path element of one item of a list owned per item; KeyError names a missing key."""
    if kind.kind == "set":
        return "v:" + dump(item)
    return "k:" + dump({key: item[key] if key in item else kind.defaults[key] for key in kind.keys})


def keyed(items: Any, kind: ListType) -> dict[str, Any]:
    """The items of a list by path element; later duplicates and items without keys are left out."""
    found: dict[str, Any] = {}
    for item in items or ():
        try:
            found.setdefault(list_key(item, kind), item)
        except (KeyError, TypeError):
            continue
    return found


def render(path: Path) -> str:
    """A linked path as text."""
    parts = []
    while path is not None:
        path, text = path
        parts.append(text)
    return "".join(reversed(parts))


def _walk(value: Any, kind: Type, path: Path, errors: list[str]) -> FieldSet:
    if value is None:
        return {}
    if isinstance(kind, ScalarType):
        _scalar(value, kind, path, errors)
        return {}
    if isinstance(kind, MapType):
        return _map(value, kind, path, errors)
    return _list(value, kind, path, errors)


def _map(value: Any, kind: MapType, path: Path, errors: list[str]) -> FieldSet:
    if not isinstance(value, dict):
        if kind.element is not kind:
            errors.append(_prefix(path) + f"expected map, got {_go_value(value)}")
        return {}
    node: FieldSet = {}
    for key, item in value.items():
        child = kind.child(key)
        here = (path, "." + key)
        if child is None:
            errors.append(_prefix(here) + "field not declared in schema")
            continue
        node["f:" + key] = _walk(item, child, here, errors)
    return {} if kind.atomic else node


def _list(value: Any, kind: ListType, path: Path, errors: list[str]) -> FieldSet:
    if not isinstance(value, list):
        errors.append(_prefix(path) + f"expected list, got {_go_value(value)}")
        return {}
    node: FieldSet = {}
    for index, item in enumerate(value):
        if kind.kind == "atomic":
            _walk(item, kind.element, (path, f"[{index}]"), errors)
            continue
        key = _item_key(item, index, kind, path, errors)
        if key is None:
            continue
        if key in node:
            errors.append(_prefix(path) + f"duplicate entries for key {element(key)}")
            continue
        sub = _walk(item, kind.element, (path, element(key)), errors)
        node[key] = {MEMBER: {}, **sub} if sub and kind.kind == "map" else {}
    return node


def _item_key(item: Any, index: int, kind: ListType, path: Path, errors: list[str]) -> str | None:
    try:
        return list_key(item, kind)
    except KeyError as error:
        missing = quote(str(error.args[0]))
        errors.append(
            _prefix(path)
            + f"element {index}: associative list with keys has an element that omits key field "
            f"{missing} (and doesn't have default value)"
        )
    except TypeError:
        errors.append(
            _prefix(path) + f"element {index}: associative list with keys may not have non-map elements"
        )
    return None


def _scalar(value: Any, kind: ScalarType, path: Path, errors: list[str]) -> None:
    if kind.kind == "untyped":
        if kind.format != "any" and isinstance(value, dict | list):
            errors.append(_prefix(path) + f"expected any scalar, got {_go_value(value)}")
    elif kind.kind == "string":
        if not isinstance(value, str):
            errors.append(_prefix(path) + f"expected string, got {_go_value(value)}")
    elif kind.kind == "boolean":
        if not isinstance(value, bool):
            errors.append(_prefix(path) + f"expected boolean, got {_go_value(value)}")
    elif isinstance(value, bool) or not isinstance(value, int | float):
        errors.append(_prefix(path) + f"expected numeric (int or float), got {go_type(value)}")


def _prefix(path: Path) -> str:
    text = render(path)
    return f"{text}: " if text else ""


def go_type(value: Any) -> str:
    """The Go type that JSON of this form is decoded to."""
    if isinstance(value, bool):
        return "bool"
    if isinstance(value, str):
        return "string"
    if isinstance(value, int):
        return "int64"
    if isinstance(value, float):
        return "float64"
    return "[]interface {}" if isinstance(value, list) else "map[string]interface {}"


def _go_value(value: Any) -> str:
    if isinstance(value, dict | list):
        inner = dump(value)
        return f"&{{{inner}}}"
    return quote(value) if isinstance(value, str) else dump(value)
