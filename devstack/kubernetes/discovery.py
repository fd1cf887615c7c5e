"""What clients ask first: groups, versions, resources."""

from typing import Final

from devstack.kubernetes.errors import PageNotFound
from devstack.kubernetes.objects import Object
from devstack.kubernetes.registry import Registry
from devstack.kubernetes.resources import Resource

VERSION: Final[Object] = {
    "major": "1",
    "minor": "36",
    "emulationMajor": "1",
    "emulationMinor": "36",
    "minCompatibilityMajor": "1",
    "minCompatibilityMinor": "35",
    "gitVersion": "v1.36.0+devstack",
    "gitCommit": "0000000000000000000000000000000000000000",
    "gitTreeState": "clean",
    "buildDate": "2026-04-22T00:00:00Z",
    "goVersion": "go1.26",
    "compiler": "gc",
    "platform": "linux/amd64",
}

# The form in which newer clients ask for all resources at once; they look for it in the answer's type.
AGGREGATED: Final = "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList"


def discover(registry: Registry, path: str, accept: str, address: str) -> Object:
    """The answer to `/api`, `/apis` and what lies under them."""
    parts = [part for part in path.split("/") if part]
    if len(parts) == 1:
        if AGGREGATED in accept:
            return _aggregated(registry, core=parts[0] == "api")
        return _versions(address) if parts[0] == "api" else _groups(registry)
    if parts[0] == "api" and len(parts) == 2 and parts[1] == "v1":
        return _resources(registry, "", "v1")
    if parts[0] == "apis" and len(parts) == 2 and parts[1] in registry.groups():
        return {"kind": "APIGroup", "apiVersion": "v1", **_group(parts[1], registry.groups()[parts[1]])}
    if parts[0] == "apis" and len(parts) == 3 and parts[2] in registry.groups().get(parts[1], ()):
        return _resources(registry, parts[1], parts[2])
    raise PageNotFound


def _versions(address: str) -> Object:
    return {
        "kind": "APIVersions",
        "versions": ["v1"],
        "serverAddressByClientCIDRs": [{"clientCIDR": "0.0.0.0/0", "serverAddress": address}],
    }


def _group(name: str, versions: list[str]) -> Object:
    found = [{"groupVersion": f"{name}/{version}", "version": version} for version in versions]
    return {"name": name, "versions": found, "preferredVersion": found[0]}


def _groups(registry: Registry) -> Object:
    groups = [_group(name, versions) for name, versions in registry.groups().items() if name]
    return {"kind": "APIGroupList", "apiVersion": "v1", "groups": groups}


def _resources(registry: Registry, group: str, version: str) -> Object:
    listed = [entry for item in registry.resources(group, version) for entry in _entries(item)]
    found: Object = {"kind": "APIResourceList"}
    if group:
        found["apiVersion"] = "v1"
    return {**found, "groupVersion": f"{group}/{version}" if group else version, "resources": listed}


def _entries(item: Resource) -> list[Object]:
    main: Object = {
        "name": item.plural,
        "singularName": item.singular,
        "namespaced": item.namespaced,
        "kind": item.kind,
        "verbs": list(item.verbs),
    }
    if item.short:
        main["shortNames"] = list(item.short)
    if item.categories:
        main["categories"] = list(item.categories)
    if "list" in item.verbs and item.plural != "componentstatuses":
        main["storageVersionHash"] = item.storage_hash
    found = [main]
    for sub in sorted(item.subresources, key=lambda entry: entry.name):
        entry: Object = {
            "name": f"{item.plural}/{sub.name}",
            "singularName": "",
            "namespaced": item.namespaced,
        }
        if sub.api:
            entry["group"], _, entry["version"] = sub.api.rpartition("/")
        found.append({**entry, "kind": sub.kind, "verbs": list(sub.verbs)})
    return found


def _aggregated(registry: Registry, *, core: bool) -> Object:
    items = []
    for group, versions in registry.groups().items():
        if (group == "") is not core:
            continue
        listed = [
            {
                "version": version,
                "freshness": "Current",
                "resources": [_aggregated_resource(item) for item in registry.resources(group, version)],
            }
            for version in versions
        ]
        items.append({"metadata": {"name": group, "creationTimestamp": None}, "versions": listed})
    return {
        "kind": "APIGroupDiscoveryList",
        "apiVersion": "apidiscovery.k8s.io/v2",
        "metadata": {},
        "items": items,
    }


def _aggregated_resource(item: Resource) -> Object:
    def kind(group: str, version: str, name: str) -> Object:
        return {"group": group, "version": version, "kind": name}

    found: Object = {
        "resource": item.plural,
        "responseKind": kind(item.group, item.version, item.kind),
        "scope": "Namespaced" if item.namespaced else "Cluster",
        "singularResource": item.singular,
        "verbs": list(item.verbs),
    }
    if item.short:
        found["shortNames"] = list(item.short)
    if item.categories:
        found["categories"] = list(item.categories)
    if item.subresources:
        found["subresources"] = [
            {
                "subresource": sub.name,
                "responseKind": kind(*((sub.api.rpartition("/")[::2]) if sub.api else ("", "")), sub.kind),
                "verbs": list(sub.verbs),
            }
            for sub in item.subresources
        ]
    return found
