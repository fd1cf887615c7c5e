"""Bodies in Kubernetes' protobuf encoding: what `kubectl create` sends for the kinds that it makes by name.

Only these kinds are read, and of their fields those that clients set; a field beyond them is refused rather
than lost. Numbers are those of the published generated.proto files.
"""

import base64
from collections.abc import Iterator
from typing import Any, Final, NamedTuple

from devstack.kubernetes.errors import ApiError
from devstack.kubernetes.objects import Object

MAGIC: Final = b"k8s\x00"


class _Field(NamedTuple):
    name: str
    kind: str
    """str, bytes, bool, quantity or a message; `*` after it for a list, `map:` before it for a map."""


_STATUS = _Field("status", "")
"""Not read: a server takes none when a thing is made."""
_MESSAGES: Final[dict[str, dict[int, _Field]]] = {
    "Meta": {
        1: _Field("name", "str"),
        2: _Field("generateName", "str"),
        3: _Field("namespace", "str"),
        11: _Field("labels", "map:str"),
        12: _Field("annotations", "map:str"),
        14: _Field("finalizers", "str*"),
    },
    "Namespace": {1: _Field("metadata", "Meta"), 2: _Field("spec", "NamespaceSpec"), 3: _STATUS},
    "NamespaceSpec": {1: _Field("finalizers", "str*")},
    "ConfigMap": {
        1: _Field("metadata", "Meta"),
        2: _Field("data", "map:str"),
        3: _Field("binaryData", "map:bytes"),
        4: _Field("immutable", "bool"),
    },
    "Secret": {
        1: _Field("metadata", "Meta"),
        2: _Field("data", "map:bytes"),
        3: _Field("type", "str"),
        4: _Field("stringData", "map:str"),
        5: _Field("immutable", "bool"),
    },
    "ServiceAccount": {1: _Field("metadata", "Meta"), 4: _Field("automountServiceAccountToken", "bool")},
    "ResourceQuota": {1: _Field("metadata", "Meta"), 2: _Field("spec", "QuotaSpec"), 3: _STATUS},
    "QuotaSpec": {1: _Field("hard", "map:quantity"), 2: _Field("scopes", "str*")},
    "Role": {1: _Field("metadata", "Meta"), 2: _Field("rules", "Rule*")},
    "Rule": {
        1: _Field("verbs", "str*"),
        2: _Field("apiGroups", "str*"),
        3: _Field("resources", "str*"),
        4: _Field("resourceNames", "str*"),
    },
    "RoleBinding": {
        1: _Field("metadata", "Meta"),
        2: _Field("subjects", "Subject*"),
        3: _Field("roleRef", "RoleRef"),
    },
    "Subject": {
        1: _Field("kind", "str"),
        2: _Field("apiGroup", "str"),
        3: _Field("name", "str"),
        4: _Field("namespace", "str"),
    },
    "RoleRef": {1: _Field("apiGroup", "str"), 2: _Field("kind", "str"), 3: _Field("name", "str")},
}
_KINDS: Final = ("Namespace", "ConfigMap", "Secret", "ServiceAccount", "ResourceQuota", "Role", "RoleBinding")


class _Unreadable(Exception):
    """The body is cut off, or no message of the kind that it names."""


def decode(body: bytes) -> Object:
    """The object in an enveloped body. ApiError 415 for what is not read here, 400 for what cannot be."""
    try:
        envelope = dict(_fields(body[len(MAGIC) :]))
        named = dict(_fields(envelope[1]))
        version, kind = named[1].decode(), named[2].decode()
        if kind not in _KINDS:
            raise _unsupported(f"{kind} in protobuf")
        return {"apiVersion": version, "kind": kind, **_message(kind, envelope[2])}
    except (_Unreadable, KeyError, IndexError, AttributeError, UnicodeDecodeError) as error:
        raise ApiError(400, "BadRequest", f"error decoding protobuf: {error}") from error


def _unsupported(what: str) -> ApiError:
    way = "send application/json or application/yaml; kubectl does so in `apply` and for a file"
    return ApiError(415, "UnsupportedMediaType", f"this stand-in does not read {what}: {way}")


def _message(name: str, raw: bytes) -> Object:
    known = _MESSAGES[name]
    found: Object = {}
    for number, value in _fields(raw):
        field = known.get(number)
        if field is None:
            if value:  # what is empty is left out of JSON as well
                raise _unsupported(f"field {number} of {name} in protobuf")
        elif field is _STATUS:
            continue
        elif field.kind.startswith("map:"):
            entry = dict(_fields(_raw(value)))
            of = field.kind.removeprefix("map:")
            found.setdefault(field.name, {})[_raw(entry.get(1, b"")).decode()] = _value(of, entry.get(2, b""))
        elif field.kind.endswith("*"):
            found.setdefault(field.name, []).append(_value(field.kind.removesuffix("*"), value))
        else:
            decoded = _value(field.kind, value)
            if decoded not in ("", {}):
                found[field.name] = decoded
    return found


def _value(kind: str, value: bytes | int) -> Any:
    match kind:
        case "bool":
            return bool(value)
        case "str":
            return _raw(value).decode()
        case "bytes":
            return base64.b64encode(_raw(value)).decode()
        case "quantity":
            return _raw(dict(_fields(_raw(value)))[1]).decode()
        case _:
            return _message(kind, _raw(value))


def _raw(value: bytes | int) -> bytes:
    if isinstance(value, int):
        raise _Unreadable("a number where a text or a message belongs")
    return value


def _fields(raw: bytes) -> Iterator[tuple[int, Any]]:
    """Number and value of each field: varints as numbers, everything with a length as bytes."""
    at = 0
    while at < len(raw):
        tag, at = _varint(raw, at)
        value, at = _varint(raw, at)
        match tag & 7:
            case 0:
                yield tag >> 3, value
            case 2:
                if at + value > len(raw):
                    raise _Unreadable("it is cut off")
                yield tag >> 3, raw[at : at + value]
                at += value
            case other:
                raise _Unreadable(f"wire type {other} is not used by these kinds")


def _varint(raw: bytes, at: int) -> tuple[int, int]:
    value = shift = 0
    while True:
        byte = raw[at]
        value |= (byte & 0x7F) << shift
        at, shift = at + 1, shift + 7
        if byte < 0x80:
            return value, at
