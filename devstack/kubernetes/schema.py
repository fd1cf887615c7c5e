"""Types that field ownership and validation walk along, compiled on first use from OpenAPI definitions."""

import functools
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from importlib.resources import files
from typing import Any, Literal

VERSION = "1.36.0"
_PREFIX = "#/$defs/"

Scalar = Literal["numeric", "string", "boolean", "untyped"]
ListKind = Literal["map", "set", "atomic"]


@dataclass(slots=True)
class ScalarType:
    """A value that is owned and replaced as one."""

    kind: Scalar
    format: str = ""


@dataclass(slots=True)
class MapType:
    """A struct (`fields`) or a map (`element`), or both; atomic if owned as one."""

    load: Callable[[], dict[str, "Type"]] | None = None
    element: "Type | None" = None
    atomic: bool = False
    required: tuple[str, ...] = ()
    name: str = ""
    _fields: dict[str, "Type"] | None = field(default=None, repr=False)

    @property
    def fields(self) -> dict[str, "Type"]:
        """The declared fields; compiled when first asked for."""
        if self._fields is None:
            self._fields = self.load() if self.load else {}
        return self._fields

    def child(self, key: str) -> "Type | None":
        """The type of one member; None if it is not declared."""
        return self.fields.get(key, self.element)


@dataclass(slots=True)
class ListType:
    """A list: owned per item (by keys, or by value as a set), or as one."""

    element: "Type"
    kind: ListKind = "atomic"
    keys: tuple[str, ...] = ()
    defaults: Mapping[str, Any] = field(default_factory=dict)


Type = ScalarType | MapType | ListType

UNTYPED = MapType(name="untyped")
UNTYPED.element = UNTYPED
ATOMIC = ScalarType("untyped", "any")
_SCALARS: dict[str, Scalar] = {
    "string": "string",
    "integer": "numeric",
    "number": "numeric",
    "boolean": "boolean",
}
# The server's own schema gives these keys a default; the published one does not carry it.
_KEY_DEFAULTS = {"protocol": "TCP"}


@functools.cache
def definitions() -> dict[str, Any]:
    """Every published definition by its name."""
    folder = files("kubernetes_validate") / "kubernetes-json-schema" / f"v{VERSION}-local"
    text = (folder / "_definitions.json").read_text(encoding="utf-8")
    found: dict[str, Any] = json.loads(text)["$defs"]
    return found


@functools.cache
def named(definition: str) -> Type:
    """The type of a definition such as `io.k8s.api.core.v1.Container`."""
    return compile_type(definitions()[definition], definition)


def compile_type(node: dict[str, Any], name: str = "") -> Type:
    """The type that a schema node describes; works for published definitions and for structural schemas."""
    if "$ref" in node:
        found = named(node["$ref"].removeprefix(_PREFIX))
        return _with_map_type(found, node)
    if node.get("x-kubernetes-int-or-string") or ("oneOf" in node and "properties" not in node):
        return ScalarType("untyped")
    kind = _json_type(node)
    if kind == "array":
        return _list_type(node)
    if kind in _SCALARS:
        return ScalarType(_SCALARS[kind], node.get("format", ""))
    return _object_type(node, name, declared=bool(kind))


def _object_type(node: dict[str, Any], name: str, *, declared: bool) -> Type:
    if "properties" in node or isinstance(node.get("additionalProperties"), dict):
        return _map_type(node, name)
    if node.get("x-kubernetes-preserve-unknown-fields"):
        return UNTYPED
    return ATOMIC if name or not declared else UNTYPED


def _json_type(node: dict[str, Any]) -> str:
    kind = node.get("type", "")
    return next((item for item in kind if item != "null"), "") if isinstance(kind, list) else kind


def _with_map_type(found: Type, node: dict[str, Any]) -> Type:
    if node.get("x-kubernetes-map-type") == "atomic" and isinstance(found, MapType) and not found.atomic:
        return MapType(found.load, found.element, atomic=True, required=found.required, name=found.name)
    return found


def _list_type(node: dict[str, Any]) -> ListType:
    kind: ListKind = node.get("x-kubernetes-list-type", "atomic")
    keys = tuple(node.get("x-kubernetes-list-map-keys", ()))
    items = node.get("items") or {}
    defaults = {key: _KEY_DEFAULTS[key] for key in keys if key in _KEY_DEFAULTS}
    declared = items.get("properties", {})
    defaults |= {key: declared[key]["default"] for key in keys if "default" in declared.get(key, {})}
    return ListType(compile_type(items), kind, keys, defaults)


def _map_type(node: dict[str, Any], name: str) -> MapType:
    more = node.get("additionalProperties")
    element = compile_type(more) if isinstance(more, dict) else None
    if node.get("x-kubernetes-preserve-unknown-fields"):
        element = UNTYPED

    def load() -> dict[str, Type]:
        return {key: compile_type(child) for key, child in node.get("properties", {}).items()}

    atomic = node.get("x-kubernetes-map-type") == "atomic"
    return MapType(load, element, atomic, tuple(node.get("required", ())), name)
