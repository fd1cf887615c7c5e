"""Custom objects against their structural schema: defaults and validation, in the real server's words."""

import re
from collections.abc import Callable
from typing import Any

from devstack.kubernetes.errors import duplicate, invalid_value, required, unsupported
from devstack.kubernetes.objects import Object, clone, dump, quote

_TYPES: dict[str, tuple[type, ...]] = {
    "object": (dict,),
    "array": (list,),
    "string": (str,),
    "boolean": (bool,),
    "integer": (int,),
    "number": (int, float),
}
_BOUNDS: tuple[tuple[str, Callable[[Any, Any], bool], str], ...] = (
    ("minimum", lambda value, bound: value < bound, "should be greater than or equal to {}"),
    ("maximum", lambda value, bound: value > bound, "should be less than or equal to {}"),
    ("minLength", lambda value, bound: len(value) < bound, "should be at least {} chars long"),
    ("minItems", lambda value, bound: len(value) < bound, "should have at least {} items"),
    ("minProperties", lambda value, bound: len(value) < bound, "should have at least {} properties"),
)
_LIMITS = (("maxLength", "FieldValueTooLong", "bytes"), ("maxItems", "FieldValueTooMany", "items"))


def with_schema_defaults(value: Any, schema: Object) -> Any:
    """A value with the defaults of its schema; the value itself if nothing was added."""
    if isinstance(value, dict):
        properties = schema.get("properties") or {}
        out = dict(value)
        for key, node in properties.items():
            if key not in out and "default" in node:
                out[key] = clone(node["default"])
            if key in out:
                out[key] = with_schema_defaults(out[key], node)
        more = schema.get("additionalProperties")
        if isinstance(more, dict):
            out |= {key: with_schema_defaults(out[key], more) for key in out if key not in properties}
        return value if out == value else out
    if isinstance(value, list) and isinstance(schema.get("items"), dict):
        items = [with_schema_defaults(item, schema["items"]) for item in value]
        return value if items == value else items
    return value


def validate_structural(value: Any, schema: Object, path: str = "") -> list[Object]:
    """The causes for which a value does not fit its schema."""
    if value is None and (schema.get("nullable") or not path):
        return []
    kind = schema.get("type")
    if schema.get("x-kubernetes-int-or-string"):
        fits = isinstance(value, int | str) and not isinstance(value, bool)
        return [] if fits else [_wrong_type(value, "integer,string", path)]
    if kind and not _is(value, kind):
        return [_wrong_type(value, kind, path)]
    causes = _scalar(value, schema, path)
    if isinstance(value, dict):
        causes += _members(value, schema, path)
    elif isinstance(value, list):
        causes += _items(value, schema, path)
    return causes + _combined(value, schema, path)


def _is(value: Any, kind: str) -> bool:
    if isinstance(value, bool):
        return kind == "boolean"
    return isinstance(value, _TYPES[kind])


def _scalar(value: Any, schema: Object, path: str) -> list[Object]:
    causes = []
    for keyword, breaks, text in _BOUNDS:
        if keyword in schema and _measurable(value, keyword) and breaks(value, schema[keyword]):
            causes.append(_body(path, value, text.format(schema[keyword])))
    for keyword, reason, unit in _LIMITS:
        if keyword in schema and _measurable(value, keyword) and len(value) > schema[keyword]:
            many = (
                "Too long: may not be more than"
                if unit == "bytes"
                else f"Too many: {len(value)}: must have at most"
            )
            causes.append({"reason": reason, "message": f"{many} {schema[keyword]} {unit}", "field": path})
    if "pattern" in schema and isinstance(value, str) and not re.search(schema["pattern"], value):
        causes.append(_body(path, value, f"should match '{schema['pattern']}'"))
    if "enum" in schema and value not in schema["enum"]:
        causes.append(unsupported(path, dump(value), [str(item) for item in schema["enum"]]))
    return causes


def _measurable(value: Any, keyword: str) -> bool:
    if keyword in {"minimum", "maximum"}:
        return isinstance(value, int | float) and not isinstance(value, bool)
    return isinstance(value, {"Length": str, "Items": list}.get(keyword[3:], dict))


def _members(value: Object, schema: Object, path: str) -> list[Object]:
    properties = schema.get("properties") or {}
    causes = [required(_under(path, key)) for key in schema.get("required") or () if key not in value]
    for key, item in value.items():
        node = properties.get(key)
        if node is None and isinstance(schema.get("additionalProperties"), dict):
            node = schema["additionalProperties"]
        if node is not None:
            causes += validate_structural(item, node, _under(path, key))
    return causes


def _items(value: list[Any], schema: Object, path: str) -> list[Object]:
    node = schema.get("items")
    causes = []
    if isinstance(node, dict):
        causes += [
            cause for i, item in enumerate(value) for cause in validate_structural(item, node, f"{path}[{i}]")
        ]
    keys = schema.get("x-kubernetes-list-map-keys")
    seen: list[Any] = []
    for i, item in enumerate(value):
        if schema.get("x-kubernetes-list-type") == "set":
            identity = item
        elif keys and isinstance(item, dict):
            identity = {key: item.get(key) for key in keys}
        else:
            continue
        if identity in seen:
            causes.append(duplicate(f"{path}[{i}]", dump(identity)))
        seen.append(identity)
    return causes


def _combined(value: Any, schema: Object, path: str) -> list[Object]:
    causes = []
    for node in schema.get("allOf") or ():
        causes += validate_structural(value, node, path)
    if (any_of := schema.get("anyOf")) and not any(
        not validate_structural(value, node, path) for node in any_of
    ):
        causes.append(_body(path, value, "must validate at least one schema (anyOf)"))
    if one_of := schema.get("oneOf"):
        fitting = sum(not validate_structural(value, node, path) for node in one_of)
        if fitting != 1:
            causes.append(_body(path, value, "must validate one and only one schema (oneOf)"))
    if (not_node := schema.get("not")) and not validate_structural(value, not_node, path):
        causes.append(_body(path, value, "must not validate the schema (not)"))
    return causes


def _under(path: str, key: str) -> str:
    return f"{path}.{key}" if path else key


def _body(path: str, value: Any, why: str) -> Object:
    shown = f'"{path}"' if path == "" else (quote(value) if isinstance(value, str) else dump(value))
    return invalid_value(path, shown, f"{path} in body {why}")


def _wrong_type(value: Any, kind: str, path: str) -> Object:
    names = {str: "string", bool: "boolean", int: "integer", float: "number", list: "array", dict: "object"}
    found = names.get(type(value), "null")
    return {
        "reason": "FieldValueTypeInvalid",
        "message": f'Invalid value: "{found}": {path} in body must be of type {kind}: "{found}"',
        "field": path,
    }
