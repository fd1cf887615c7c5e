"""The resources that a cluster serves: those built in, and those that custom resource definitions add."""

from typing import Any

from devstack.kubernetes.builtin import builtin
from devstack.kubernetes.objects import Object
from devstack.kubernetes.resources import Resource, Subresource


class Registry:
    """What one cluster serves now."""

    def __init__(self) -> None:
        self._custom: dict[str, dict[str, Resource]] = {}
        self._by_api = {api: {item.plural: item for item in items} for api, items in builtin().items()}
        self._stored = self._index()

    def find(self, group: str, version: str, plural: str) -> Resource | None:
        """The resource under these names, if it is served."""
        return self._by_api.get(f"{group}/{version}", {}).get(plural)

    def serves(self, group: str, version: str) -> bool:
        """Whether the group has this version."""
        return f"{group}/{version}" in self._by_api

    def resources(self, group: str, version: str) -> list[Resource]:
        """The resources of one version of a group, by name."""
        found = self._by_api.get(f"{group}/{version}", {})
        return [found[name] for name in sorted(found)]

    def groups(self) -> dict[str, list[str]]:
        """Versions by group, in discovery's order; the core group is the empty name."""
        found: dict[str, list[str]] = {}
        for api in self._by_api:
            group, _, version = api.rpartition("/")
            found.setdefault(group, []).append(version)
        return found

    def stored(self, key: tuple[str, str]) -> Resource | None:
        """A version of the resource whose objects are stored under this key."""
        return self._stored.get(key)

    def storage(self) -> list[Resource]:
        """One version of each resource that can be listed."""
        return list(self._stored.values())

    def _index(self) -> dict[tuple[str, str], Resource]:
        found: dict[tuple[str, str], Resource] = {}
        for items in self._by_api.values():
            for item in items.values():
                if "list" in item.verbs:
                    found.setdefault(item.key, item)
        return found

    def define(self, name: str, resources: list[Resource]) -> None:
        """Serves the versions of a custom resource definition in place of those it had."""
        self.withdraw(name)
        self._custom[name] = {f"{item.group}/{item.version}": item for item in resources}
        for api, item in self._custom[name].items():
            self._by_api.setdefault(api, {})[item.plural] = item
        self._stored = self._index()

    def withdraw(self, name: str) -> None:
        """Stops serving a custom resource definition."""
        for api, item in self._custom.pop(name, {}).items():
            del self._by_api[api][item.plural]
            if not self._by_api[api]:
                del self._by_api[api]
        self._stored = self._index()


def custom_resources(definition: Object) -> list[Resource]:
    """The served versions that a `CustomResourceDefinition` describes, the preferred one first."""
    spec = definition["spec"]
    names: dict[str, Any] = spec["names"]
    found = []
    for version in spec["versions"]:
        if not version.get("served"):
            continue
        subs = version.get("subresources") or {}
        found.append(
            Resource(
                spec["group"],
                version["name"],
                names["plural"],
                names.get("singular") or names["kind"].lower(),
                names["kind"],
                spec["scope"] == "Namespaced",
                short=tuple(names.get("shortNames") or ()),
                categories=tuple(names.get("categories") or ()),
                subresources=tuple(Subresource(name, names["kind"]) for name in ("status",) if name in subs),
                has_generation=True,
                list_kind=names.get("listKind") or f"{names['kind']}List",
                structural=(version.get("schema") or {}).get("openAPIV3Schema") or {},
                columns=tuple(version.get("additionalPrinterColumns") or ()),
            )
        )
    return found
