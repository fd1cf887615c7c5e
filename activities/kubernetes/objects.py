"""How objects of a cluster are named, told apart and recognised as ours."""

from dataclasses import dataclass
from typing import Any

from domain.messages import JsonObject, ResourceRef, TenantContext
from domain.naming import TAG_INSTALL, TAG_STEP, TAG_TENANT


@dataclass(frozen=True, slots=True)
class Key:
    """One object of a cluster, as the inventory names it; no namespace if the kind is cluster-wide."""

    api_version: str
    kind: str
    name: str
    namespace: str = ""

    @classmethod
    def of(cls, manifest: JsonObject) -> "Key":
        metadata = manifest["metadata"]
        return cls(manifest["apiVersion"], manifest["kind"], metadata["name"], metadata.get("namespace", ""))

    @classmethod
    def of_ref(cls, ref: ResourceRef) -> "Key":
        api_version, _, kind = ref.kind.rpartition("/")
        return cls(api_version, kind, ref.name, ref.namespace)

    @property
    def ref_kind(self) -> str:
        """The inventory's word: 'apps/v1/Deployment'."""
        return f"{self.api_version}/{self.kind}"

    @property
    def is_namespace(self) -> bool:
        return self.kind == "Namespace" and self.api_version == "v1"

    def __str__(self) -> str:
        return f"{self.kind.lower()} {self.name}"


def namespace_key(name: str) -> Key:
    return Key("v1", "Namespace", name)


def labels_of(found: JsonObject) -> dict[str, str]:
    return found["metadata"].get("labels") or {}


def uid_of(found: JsonObject) -> str:
    return str(found["metadata"]["uid"])


def is_going(found: JsonObject) -> bool:
    """Whether its deletion has been accepted."""
    return "deletionTimestamp" in found["metadata"]


def is_ours(found: JsonObject, tenant: TenantContext) -> bool:
    """Whether it bears our install's and this tenant's labels."""
    labels = labels_of(found)
    return labels.get(TAG_INSTALL) == tenant.install and labels.get(TAG_TENANT) == tenant.id


def step_selector(tenant: TenantContext, step: str) -> str:
    """Label selector of everything that one step made for a tenant."""
    return f"{TAG_INSTALL}={tenant.install},{TAG_TENANT}={tenant.id},{TAG_STEP}={step}"


def conditions_of(found: JsonObject) -> dict[str, JsonObject]:
    """Status conditions by type."""
    status: Any = found.get("status") or {}
    return {condition["type"]: condition for condition in status.get("conditions") or []}
