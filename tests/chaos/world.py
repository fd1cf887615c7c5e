"""Everything that exists in AWS and in the cluster, asked of them. Shares no code with the activities."""

import asyncio
from collections import Counter
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import httpx

from tests.audit import Auditor
from tests.workflows.stage import Json

WHOLE = Counter(
    bucket=1, database=1, identity=2, namespace=1, parameters=1, record=4, role=3, secret=3
)  # fmt: skip
"""What a tenant of the Teleport blueprint has, by kind."""
NAMESPACED = (
    "api/v1 configmaps",
    "api/v1 limitranges",
    "api/v1 resourcequotas",
    "api/v1 secrets",
    "api/v1 serviceaccounts",
    "api/v1 services",
    "apis/apps/v1 deployments",
    "apis/autoscaling/v2 horizontalpodautoscalers",
    "apis/cert-manager.io/v1 certificates",
    "apis/external-secrets.io/v1 externalsecrets",
    "apis/external-secrets.io/v1 secretstores",
    "apis/networking.k8s.io/v1 networkpolicies",
    "apis/policy/v1 poddisruptionbudgets",
    "apis/rbac.authorization.k8s.io/v1 rolebindings",
    "apis/rbac.authorization.k8s.io/v1 roles",
)
INVENTORY_KINDS = {
    "eks:pod-identity-association": "identity",
    "iam:role": "role",
    "rds:db-instance": "database",
    "rds:db-parameter-group": "parameters",
    "route53:record": "record",
    "s3:bucket": "bucket",
    "secretsmanager:secret": "secret",
    "v1/Namespace": "namespace",
}
"""The inventory's words for what is listed here."""


@dataclass(frozen=True)
class World:
    """One listing of all there is."""

    tenant_id: str
    everything: tuple[str, ...]
    """'<kind> <name>', of AWS and of namespaces."""
    objects: tuple[tuple[str, str, Json], ...]
    """What is in the tenant's namespace: resource, name, the object."""

    @cached_property
    def things(self) -> tuple[str, ...]:
        """Of the tenant."""
        return tuple(thing for thing in self.everything if self.tenant_id in thing)

    @cached_property
    def others(self) -> tuple[str, ...]:
        return tuple(thing for thing in self.everything if self.tenant_id not in thing)

    @property
    def kinds(self) -> Counter[str]:
        return Counter(thing.split()[0] for thing in self.things)

    @property
    def keys(self) -> set[str]:
        """Of all that is the tenant's: '<kind> <name>' in AWS, '<resource> <name>' in its namespace."""
        return {_plain(thing) for thing in self.things} | {
            f"{where} {name}" for where, name, _ in self.objects
        }

    def quotas(self) -> dict[str, Json]:
        """What the tenant may use."""
        return {name: found["spec"] for resource, name, found in self.objects if resource == "resourcequotas"}

    def replicas(self) -> dict[str, int]:
        """How many of each workload are wanted."""
        return {
            name: found["spec"].get("replicas", 1)
            for resource, name, found in self.objects
            if resource == "deployments"
        }


def inventory_key(kind: str, name: str) -> str:
    """A row of the inventory or of a certificate, named as the listing names it."""
    if kind in INVENTORY_KINDS:
        return f"{INVENTORY_KINDS[kind]} {name}"
    word = kind.rpartition("/")[2].lower()
    return f"{word[:-1]}ies {name}" if word.endswith("y") else f"{word}s {name}"


def _plain(thing: str) -> str:
    """Route 53 writes names with a last dot, and an asterisk in octal."""
    kind, _, name = thing.partition(" ")
    host, _, record = name.partition(" ")
    return f"record {host.rstrip('.').replace(chr(92) + '052', '*')} {record}" if kind == "record" else thing


async def look(auditor: Auditor, cluster: httpx.AsyncClient, tenant_id: str) -> World:
    """Lists it now."""
    everything = await asyncio.to_thread(auditor.things_of, "")
    spaces = [t.partition(" ")[2] for t in everything if t.startswith("namespace ") and tenant_id in t]
    objects: list[tuple[str, str, Json]] = []
    for space in spaces:
        objects += await _objects(cluster, space)
    return World(tenant_id, tuple(everything), tuple(objects))


async def _objects(cluster: httpx.AsyncClient, namespace: str) -> list[tuple[str, str, Json]]:
    found: list[tuple[str, str, Any]] = []
    for place in NAMESPACED:
        group, resource = place.split()
        answer = await cluster.get(f"/{group}/namespaces/{namespace}/{resource}")
        assert answer.status_code == 200, f"{place}: {answer.text}"
        found += [(resource, item["metadata"]["name"], item) for item in answer.json()["items"]]
    return found
