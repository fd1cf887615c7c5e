"""Reads request bodies as objects of the expected kind, with the complaints of the real decoder."""

import json
from dataclasses import dataclass, field
from typing import Any

import yaml

from devstack.kubernetes import protobuf
from devstack.kubernetes.errors import ApiError, bad_request
from devstack.kubernetes.objects import Object, drop_nulls, quote
from devstack.kubernetes.requests import Request
from devstack.kubernetes.resources import Resource
from devstack.kubernetes.schema import ListType, MapType, ScalarType, Type
from devstack.kubernetes.typed import go_type

_GO_STRUCT = (
    'struct { APIVersion string "json:\\"apiVersion,omitempty\\""; Kind string "json:\\"kind,omitempty\\"" }'
)
_GO_NAMES = {
    "int64": "number",
    "float64": "number",
    "[]interface {}": "array",
    "map[string]interface {}": "object",
}


@dataclass(slots=True)
class Decoded:
    """An object and the fields in it that its kind does not have."""

    obj: Object
    unknown: list[str] = field(default_factory=list)


def parse(request: Request, *, allow_yaml: bool = False) -> Any:
    """The body as JSON (or YAML where the content type says so); ApiError 400 if it cannot be read."""
    if not isinstance(request.body, bytes):
        return request.body
    if request.body.startswith(protobuf.MAGIC):
        return protobuf.decode(request.body)
    try:
        return json.loads(request.body)
    except ValueError as error:
        if not allow_yaml and "yaml" not in request.headers.get("content-type", ""):
            raise bad_request(f"error decoding JSON: {error}") from error
    try:
        return yaml.load(request.body, yaml.CSafeLoader)
    except yaml.YAMLError as error:
        raise bad_request(f"error decoding YAML: {error}") from error


def read_object(request: Request, resource: Resource) -> Decoded:
    """The body of a create or update, without fields that its kind does not have."""
    wanted = resource.kind
    value = parse(request)
    raw = request.body if isinstance(request.body, bytes) else b""
    if not isinstance(value, dict):
        found = _GO_NAMES.get(go_type(value), go_type(value))
        raise bad_request(
            f"the object provided is unrecognized (must be of type {wanted}): couldn't get version/kind; "
            f"json parse error: json: cannot unmarshal {found} into Go value of type {_GO_STRUCT} "
            f"({_summary(raw)})"
        )
    if not resource.custom:
        # Built-in endpoints know what they are sent; typed clients leave both out.
        value = {"kind": wanted, "apiVersion": resource.api_version} | value
    for key, shown in (("kind", "Kind"), ("apiVersion", "apiVersion")):
        if not isinstance(value.get(key), str) or not value[key]:
            raise bad_request(f"Object '{shown}' is missing in '{_summary(raw)}'")
    _check_kind(value, resource, wanted)
    return check(value, resource)


def _check_kind(value: Object, resource: Resource, wanted: str) -> None:
    version = value["apiVersion"]
    if value["kind"] != wanted:
        raise bad_request(
            f"{value['kind']} in version {quote(version.rpartition('/')[2])} "
            f"cannot be handled as a {wanted}: no kind {quote(value['kind'])} is registered "
            f"for version {quote(version)}"
        )
    if version != resource.api_version:
        expected = f"the expected API version ({resource.api_version})"
        raise bad_request(f"the API version in the data ({version}) does not match {expected}")


def check(value: Object, resource: Resource) -> Decoded:
    """Removes unknown fields and refuses values of the wrong type, as decoding into Go types does."""
    found = Decoded({})
    found.obj = _known(
        drop_nulls(value) if not resource.custom else value, resource.type, "", found.unknown, resource
    )
    return found


def refuse_unknown(decoded: Decoded, resource: Resource, validation: str) -> list[str]:
    """Warnings for unknown fields, or ApiError 400 where the client asked to be strict."""
    if not decoded.unknown or validation == "Ignore":
        return []
    problems = [f'unknown field "{path}"' for path in decoded.unknown]
    if validation == "Strict":
        raise bad_request(
            f"{resource.kind} in version {quote(resource.version)} cannot be handled as a {resource.kind}: "
            f"strict decoding error: {', '.join(problems)}"
        )
    return problems


def _known(value: Any, kind: Type, path: str, unknown: list[str], resource: Resource) -> Any:
    if value is None:
        return None
    if isinstance(kind, MapType) and isinstance(value, dict):
        out = {}
        for key, item in value.items():
            child = kind.child(key)
            here = f"{path}.{key}" if path else key
            if child is None:
                unknown.append(here)
            else:
                out[key] = _known(item, child, here, unknown, resource)
        return out
    if isinstance(kind, ListType) and isinstance(value, list):
        return [_known(item, kind.element, f"{path}[{i}]", unknown, resource) for i, item in enumerate(value)]
    if not resource.custom and not _fits(value, kind):
        raise _wrong_type(value, kind, path, resource)
    return value


def _fits(value: Any, kind: Type) -> bool:
    if isinstance(kind, ScalarType):
        if kind.kind == "untyped":
            return kind.format == "any" or not isinstance(value, dict | list)
        wanted = {"string": str, "boolean": bool, "numeric": int | float}[kind.kind]
        return isinstance(value, wanted) and (kind.kind != "numeric" or not isinstance(value, bool))
    return kind.element is kind if isinstance(kind, MapType) else False


def _wrong_type(value: Any, kind: Type, path: str, resource: Resource) -> ApiError:
    found = _GO_NAMES.get(go_type(value), go_type(value))
    if isinstance(kind, ScalarType):
        wanted = {"numeric": kind.format or "int32", "boolean": "bool"}.get(kind.kind, "string")
    else:
        wanted = "[]" if isinstance(kind, ListType) else "map"
    return bad_request(
        f"{resource.kind} in version {quote(resource.version)} cannot be handled as a {resource.kind}: "
        f"json: cannot unmarshal {found} into Go struct field {resource.kind}.{path} of type {wanted}"
    )


def _summary(raw: bytes) -> str:
    if not raw:
        return "<empty>"
    cut = raw[:30]
    shown = cut.decode(errors="replace") if raw.startswith(b"{") else cut.hex()
    return shown + (" ..." if len(raw) > len(cut) else "")
