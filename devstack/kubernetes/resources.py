"""What a resource is: its names, its verbs, its type."""

import base64
import functools
import hashlib
from dataclasses import dataclass

from devstack.kubernetes.objects import Object
from devstack.kubernetes.schema import Type, compile_type, definitions, named

ALL_VERBS = ("create", "delete", "deletecollection", "get", "list", "patch", "update", "watch")
SUB_VERBS = ("get", "patch", "update")


@dataclass(frozen=True, slots=True, eq=False)
class Subresource:
    """One subresource as discovery lists it; `api` is the group and version of its kind, if another's."""

    name: str
    kind: str
    verbs: tuple[str, ...] = SUB_VERBS
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
