"""The Kubernetes calls of one sign-up: a step's objects are applied, then waited for.

Takes the tenant as `tenants.py` describes it, and knows nothing else of Tenantry.
"""

import json
import time
from collections.abc import Callable
from typing import Any

from bench.peers.clients import Json, Providers

FIELD_MANAGER = "peers"
LOOK_AGAIN_SECONDS = 0.05
PATIENCE_SECONDS = 600
OPERATED = ("Certificate", "SecretStore", "ExternalSecret")


def group(providers: Providers, tenant: Json, step: str, outputs: dict[str, str]) -> str:
    """Applies the objects of one step and waits until all can be used; the load balancer's address or ''."""
    manifests = filled(tenant, step, outputs)
    for manifest in manifests:
        providers.kind_of(tenant, manifest).server_side_apply(
            body=manifest,
            name=manifest["metadata"]["name"],
            namespace=manifest["metadata"].get("namespace"),
            field_manager=FIELD_MANAGER,
        )
    waits = [
        _wait(providers.kind_of(tenant, manifest), manifest)
        for manifest in manifests
        if _becomes_ready(manifest)
    ]
    return next((address for address in waits if address), "")


def filled(tenant: Json, step: str, outputs: dict[str, str]) -> list[Json]:
    """With the values that are known by now in the place of their marks."""
    text = json.dumps(tenant["groups"][step])
    for output, value in outputs.items():
        text = text.replace(tenant["marks"][output], value)
    manifests: list[Json] = json.loads(text)
    return manifests


def _becomes_ready(manifest: Json) -> bool:
    if manifest["kind"] == "Service":
        return bool(manifest["spec"].get("type") == "LoadBalancer")
    return manifest["kind"] in ("Deployment", *OPERATED)


def _wait(kind: Any, manifest: Json) -> str:
    """Raises TimeoutError. The address of a load balancer, else nothing."""
    name, namespace = manifest["metadata"]["name"], manifest["metadata"]["namespace"]
    deadline = time.monotonic() + PATIENCE_SECONDS
    while time.monotonic() < deadline:
        found = kind.get(name=name, namespace=namespace).to_dict()
        if READY[manifest["kind"]](found):
            return _address(found)
        time.sleep(LOOK_AGAIN_SECONDS)
    raise TimeoutError(f"{manifest['kind']} {namespace}/{name} was not ready in {PATIENCE_SECONDS} s")


def _address(found: Json) -> str:
    entries = found.get("status", {}).get("loadBalancer", {}).get("ingress") or []
    return next((one.get("hostname") or one.get("ip") or "" for one in entries), "")


def _rolled_out(found: Json) -> bool:
    """As `kubectl rollout status` has it."""
    status, replicas = found.get("status", {}), found["spec"]["replicas"]
    return bool(
        status.get("observedGeneration", 0) >= found["metadata"]["generation"]
        and status.get("updatedReplicas", 0) == replicas
        and status.get("availableReplicas", 0) == replicas
    )


def _says_ready(found: Json) -> bool:
    conditions = found.get("status", {}).get("conditions", [])
    return any(one["type"] == "Ready" and one["status"] == "True" for one in conditions)


READY: dict[str, Callable[[Json], Any]] = {
    "Deployment": _rolled_out,
    "Service": _address,
    **dict.fromkeys(OPERATED, _says_ready),
}
