"""The resources that a cluster serves: those built in, and those that custom resource definitions add."""

import base64
import functools
import hashlib
from dataclasses import dataclass
from importlib.resources import files
from typing import Any

import yaml

from devstack.kubernetes.objects import Object
from devstack.kubernetes.schema import Type, compile_type, definitions, named

ALL_VERBS = ("create", "delete", "deletecollection", "get", "list", "patch", "update", "watch")
_SUB_VERBS = ("get", "patch", "update")


@dataclass(frozen=True, slots=True, eq=False)
class Subresource:
    """One subresource as discovery lists it; `api` is the group and version of its kind, if another's."""

    name: str
    kind: str
    verbs: tuple[str, ...] = _SUB_VERBS
    api: str = ""


@dataclass(frozen=True, slots=True, eq=False)
class Resource:
    """A resource in one version."""

    group: str
    version: str
    plural: str
    singular: str
    kind: str
    namespaced: bool
    short: tuple[str, ...] = ()
    categories: tuple[str, ...] = ()
    verbs: tuple[str, ...] = ALL_VERBS
    subresources: tuple[Subresource, ...] = ()
    has_generation: bool = False
    name_rule: str = "subdomain"
    stored_version: str = ""
    list_kind: str = ""
    structural: Object | None = None
    columns: tuple[Object, ...] = ()

    @property
    def api_version(self) -> str:
        """`v1` or `apps/v1`."""
        return f"{self.group}/{self.version}" if self.group else self.version

    @property
    def key(self) -> tuple[str, str]:
        """What objects of every version of this resource are stored under."""
        return self.group, self.plural

    @property
    def custom(self) -> bool:
        """Whether a custom resource definition brought it."""
        return self.structural is not None

    @property
    def has_status(self) -> bool:
        """Whether status is written through a subresource of its own."""
        return any(sub.name == "status" for sub in self.subresources)

    def subresource(self, name: str) -> Subresource | None:
        """The subresource of that name, if it has one."""
        return next((sub for sub in self.subresources if sub.name == name), None)

    @property
    def type(self) -> Type:
        """The type that field ownership walks along."""
        return _custom_type(self) if self.custom else _builtin_type(self.group, self.version, self.kind)

    @property
    def storage_hash(self) -> str:
        """What discovery tells to tell whether stored objects are the same in two versions."""
        text = f"{self.group}/{self.stored_version or self.version}/{self.kind}"
        return base64.b64encode(hashlib.sha256(text.encode()).digest()[:8]).decode()


@functools.cache
def _definition_names() -> dict[tuple[str, str, str], str]:
    return {
        (item["group"], item["version"], item["kind"]): name
        for name, node in definitions().items()
        for item in node.get("x-kubernetes-group-version-kind", ())
    }


def definition_name(group: str, version: str, kind: str) -> str:
    """The name of the published definition of a built-in kind."""
    return _definition_names()[group, version, kind]


@functools.cache
def _builtin_type(group: str, version: str, kind: str) -> Type:
    return named(definition_name(group, version, kind))


@functools.cache
def _custom_type(resource: Resource) -> Type:
    schema = resource.structural or {}
    meta = {"$ref": "#/$defs/io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta"}
    text = {"type": "string"}
    properties = {**schema.get("properties", {}), "apiVersion": text, "kind": text, "metadata": meta}
    return compile_type({**schema, "properties": properties}, resource.kind)


@functools.cache
def builtin() -> dict[str, tuple[Resource, ...]]:
    """The built-in resources by `group/version`, in the order in which discovery lists the groups."""
    text = (files("devstack.kubernetes") / "resources.yaml").read_text(encoding="utf-8")
    table = yaml.load(text, yaml.CSafeLoader)
    own_kinds = table["subresources"]
    return {
        api: tuple(_parse(api, line, own_kinds) for line in lines) for api, lines in table["groups"].items()
    }


def _parse(api: str, line: str, own_kinds: dict[str, str]) -> Resource:
    group, _, version = api.rpartition("/")
    plural, singular, kind, scope, *rest = line.split()
    options = dict(item.partition("=")[::2] for item in rest)
    subs = (_subresource(plural, name, kind, own_kinds) for name in _words(options, "sub"))
    return Resource(
        group,
        version,
        plural,
        singular,
        kind,
        scope == "n",
        short=_words(options, "short"),
        categories=_words(options, "categories"),
        verbs=_words(options, "verbs") or ALL_VERBS,
        subresources=tuple(subs),
        has_generation="gen" in options,
        name_rule=options.get("names", "subdomain"),
        stored_version=options.get("stored", ""),
        list_kind=f"{kind}List",
    )


def _words(options: dict[str, str], name: str) -> tuple[str, ...]:
    return tuple(word for word in options.get(name, "").split(",") if word)


def _subresource(plural: str, name: str, kind: str, own_kinds: dict[str, str]) -> Subresource:
    found = own_kinds.get(f"{plural}/{name}") or own_kinds.get(f"*/{name}")
    if found is None:
        return Subresource(name, kind)
    own, *rest = found.split()
    verbs = tuple(rest[0].split(",")) if rest else _SUB_VERBS
    return Subresource(name, own, verbs, rest[1] if len(rest) > 1 else "")


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
