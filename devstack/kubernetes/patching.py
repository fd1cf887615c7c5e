"""JSON merge patch, strategic merge patch and JSON patch."""

import json
from typing import Any

from devstack.kubernetes.errors import ApiError, bad_request
from devstack.kubernetes.resources import definition_name
from devstack.kubernetes.schema import definitions

_PREFIX = "#/$defs/"


def merge_patch(target: Any, patch: Any) -> Any:
    """RFC 7396."""
    if not isinstance(patch, dict):
        return patch
    out = dict(target) if isinstance(target, dict) else {}
    for key, value in patch.items():
        if value is None:
            out.pop(key, None)
        else:
            out[key] = merge_patch(out.get(key), value)
    return out


def strategic_patch(target: Any, patch: Any, group: str, version: str, kind: str) -> Any:
    """A strategic merge patch of a built-in kind: lists with a merge key are merged by it."""
    return _strategic(target, patch, definitions()[definition_name(group, version, kind)])


def _resolve(node: dict[str, Any]) -> dict[str, Any]:
    return definitions()[node["$ref"].removeprefix(_PREFIX)] if "$ref" in node else node


def _strategic(target: Any, patch: Any, schema: dict[str, Any]) -> Any:
    if not isinstance(patch, dict):
        return patch
    if patch.get("$patch") == "replace":
        return {key: value for key, value in patch.items() if key != "$patch"}
    out = dict(target) if isinstance(target, dict) else {}
    if "$retainKeys" in patch:
        out = {key: value for key, value in out.items() if key in patch["$retainKeys"]}
    properties = _resolve(schema).get("properties", {})
    for key, value in patch.items():
        name = key.rpartition("/")[2]
        if key.startswith("$deleteFromPrimitiveList/"):
            out[name] = [item for item in out.get(name) or () if item not in value]
        elif key.startswith("$"):
            continue
        elif value is None:
            out.pop(key, None)
        else:
            out[key] = _member(out.get(key), value, properties.get(key, {}))
    return out


def _member(target: Any, value: Any, schema: dict[str, Any]) -> Any:
    if not isinstance(value, list):
        return _strategic(target, value, schema)
    if "merge" not in schema.get("x-kubernetes-patch-strategy", "") or not isinstance(target, list):
        return [item for item in value if not (isinstance(item, dict) and "$patch" in item)]
    key = schema.get("x-kubernetes-patch-merge-key")
    if key is None:
        return target + [item for item in value if item not in target]
    return _merge_items(target, value, key, schema["items"])


def _merge_items(target: list[Any], value: list[Any], key: str, schema: dict[str, Any]) -> list[Any]:
    if any(item.get("$patch") == "replace" for item in value):
        return [item for item in value if "$patch" not in item]
    out = list(target)
    for item in value:
        index = next((i for i, old in enumerate(out) if old.get(key) == item.get(key)), None)
        if item.get("$patch") == "delete":
            out = [old for old in out if old.get(key) != item.get(key)]
        elif index is None:
            out.append(item)
        else:
            out[index] = _strategic(out[index], item, schema)
    return out


def json_patch(target: Any, operations: Any) -> Any:
    """RFC 6902; ApiError 422 for a test or path that does not hold."""
    if not isinstance(operations, list):
        raise bad_request("json: cannot unmarshal object into Go value of type jsonpatch.Patch")
    document = json.loads(json.dumps(target))
    for operation in operations:
        try:
            document = _operate(document, operation)
        except (KeyError, IndexError, ValueError, TypeError) as error:
            path = operation.get("path") if isinstance(operation, dict) else operation
            raise ApiError(
                422, "Invalid", f"the server rejected our request due to an error in our request ({path})"
            ) from error
    return document


def _operate(document: Any, operation: dict[str, Any]) -> Any:
    kind, path = operation["op"], _pointer(operation["path"])
    if kind == "test":
        if _find(document, path) != operation["value"]:
            raise ValueError(f"testing value {operation['path']} failed")
        return document
    value = operation.get("value")
    if kind in {"move", "copy"}:
        value = _find(document, _pointer(operation["from"]))
        if kind == "move":
            document = _change(document, _pointer(operation["from"]), "remove", None)
    return _change(document, path, "add" if kind in {"move", "copy"} else kind, value)


def _pointer(text: str) -> list[str]:
    return [part.replace("~1", "/").replace("~0", "~") for part in text.split("/")[1:]]


def _find(document: Any, path: list[str]) -> Any:
    for part in path:
        document = document[int(part)] if isinstance(document, list) else document[part]
    return document


def _change(document: Any, path: list[str], kind: str, value: Any) -> Any:
    if not path:
        return value
    parent, last = _find(document, path[:-1]), path[-1]
    if isinstance(parent, list):
        index = len(parent) if last == "-" else int(last)
        if kind == "add":
            parent.insert(index, value)
        elif kind == "replace":
            parent[index] = value
        else:
            del parent[index]
    elif kind == "remove":
        del parent[last]
    elif kind == "replace" and last not in parent:
        raise KeyError(last)
    else:
        parent[last] = value
    return document
