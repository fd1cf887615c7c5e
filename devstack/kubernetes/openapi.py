"""OpenAPI documents: each group's schemas, and that the server validates fields itself."""

import functools
import json
from typing import Any

from devstack.kubernetes.errors import PageNotFound
from devstack.kubernetes.objects import Object
from devstack.kubernetes.registry import Registry
from devstack.kubernetes.resources import Resource, definition_name
from devstack.kubernetes.schema import definitions

_PARAMETERS = [
    {"name": name, "in": "query", "schema": {"type": "string", "uniqueItems": True}}
    for name in ("dryRun", "fieldManager", "fieldValidation", "force")
]
_FROM, _TO = "#/$defs/", "#/components/schemas/"


def document(registry: Registry, path: str) -> Object:
    """The index of `/openapi/v3`, or the document of one group and version under it."""
    parts = [part for part in path.split("/") if part][1:]
    if parts == ["v3"]:
        paths = {}
        for group, versions in registry.groups().items():
            for version in versions:
                name = f"apis/{group}/{version}" if group else f"api/{version}"
                paths[name] = {"serverRelativeURL": f"/openapi/v3/{name}"}
        return {"paths": paths}
    if parts[:2] == ["v3", "api"] and len(parts) == 3:
        return _group_document(registry, "", parts[2])
    if parts[:2] == ["v3", "apis"] and len(parts) == 4:
        return _group_document(registry, parts[2], parts[3])
    raise PageNotFound


def _group_document(registry: Registry, group: str, version: str) -> Object:
    if not registry.serves(group, version):
        raise PageNotFound
    paths: Object = {}
    schemas: Object = {}
    for resource in registry.resources(group, version):
        base = f"/apis/{group}/{version}" if group else f"/api/{version}"
        space = "/namespaces/{namespace}" if resource.namespaced else ""
        paths[f"{base}{space}/{resource.plural}"] = {"post": _operation(resource, "post")}
        paths[f"{base}{space}/{resource.plural}/{{name}}"] = {
            verb: _operation(resource, verb) for verb in ("get", "put", "patch", "delete")
        }
        schemas |= _schemas(resource)
    info = {"title": "Kubernetes", "version": "v1.36.0"}
    return {"openapi": "3.0.0", "info": info, "paths": paths, "components": {"schemas": schemas}}


def _operation(resource: Resource, verb: str) -> Object:
    kind = {"group": resource.group, "version": resource.version, "kind": resource.kind}
    return {
        "x-kubernetes-action": verb,
        "x-kubernetes-group-version-kind": kind,
        "parameters": _PARAMETERS,
        "responses": {"200": {"description": "OK"}},
    }


def _schemas(resource: Resource) -> Object:
    kind = {"group": resource.group, "version": resource.version, "kind": resource.kind}
    if resource.custom:
        name = ".".join([*reversed(resource.group.split(".")), resource.version, resource.kind])
        return {name: {**(resource.structural or {}), "x-kubernetes-group-version-kind": [kind]}}
    return {name: _published(name) for name in _reachable(definition_name(*kind.values()))}


@functools.cache
def _reachable(name: str) -> frozenset[str]:
    found: set[str] = set()
    waiting = [name]
    while waiting:
        name = waiting.pop()
        if name not in found:
            found.add(name)
            text = json.dumps(definitions()[name])
            waiting += [part.partition('"')[0] for part in text.split(_FROM)[1:]]
    return frozenset(found)


def _published(name: str) -> Any:
    return _converted(definitions()[name])


def _converted(node: Any) -> Any:
    """A JSON schema node in OpenAPI 3.0, which has one type per node."""
    if isinstance(node, list):
        return [_converted(item) for item in node]
    if not isinstance(node, dict):
        return node
    out = {key: _converted(value) for key, value in node.items()}
    if isinstance(out.get("type"), list):
        out["type"] = next((item for item in out["type"] if item != "null"), "object")
    if isinstance(out.get("$ref"), str):
        reference = {"$ref": out.pop("$ref").replace(_FROM, _TO)}
        out = {**out, "allOf": [reference]} if out else reference
    return out
