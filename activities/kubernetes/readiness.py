"""Whether an object can be used yet, and in words what is missing. Pure functions over what the API shows."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from activities.kubernetes.objects import Key, conditions_of
from domain.errors import QuotaExceeded
from domain.messages import JsonObject

ROLLOUTS = frozenset({"Deployment", "StatefulSet"})
OPERATED_GROUPS = ("cert-manager.io/", "external-secrets.io/")
"""Their objects are ready when their operator says so, and silent until it has looked."""
INERT = frozenset(
    "Namespace ResourceQuota LimitRange NetworkPolicy ServiceAccount Role RoleBinding ClusterRole "
    "ClusterRoleBinding ConfigMap Secret HorizontalPodAutoscaler PodDisruptionBudget".split()
)
"""Usable as soon as they are stored."""


@dataclass(frozen=True, slots=True)
class Wait:
    text: str
    """'deployment auth: 1 of 2 replicas ready'."""
    load_balancer: bool = False


def becomes_ready(manifest: JsonObject) -> bool:
    """Whether objects like it need anything after they are stored."""
    if manifest["kind"] == "Service":
        return _wants_address(manifest)
    return manifest["kind"] not in INERT


def minimum_replicas(manifests: list[JsonObject]) -> dict[str, int]:
    """Deployments under an autoscaler, each with the least that it keeps."""
    return {
        manifest["spec"]["scaleTargetRef"]["name"]: manifest["spec"].get("minReplicas", 1)
        for manifest in manifests
        if manifest["kind"] == "HorizontalPodAutoscaler"
    }


def waits_for(found: JsonObject, minimums: Mapping[str, int]) -> Wait | None:
    """None if it is usable."""
    kind = found["kind"]
    if kind in ROLLOUTS:
        return _rollout(found, minimums.get(found["metadata"]["name"]))
    if kind == "Service":
        if _wants_address(found) and not address_of(found):
            return Wait(f"{Key.of(found)}: no address of its load balancer yet", load_balancer=True)
        return None
    return None if kind in INERT else _condition(found)


def address_of(service: JsonObject) -> str:
    """Host name or IP address that its load balancer got; empty before."""
    balancer: JsonObject = (service.get("status") or {}).get("loadBalancer") or {}
    entries: list[dict[str, str]] = balancer.get("ingress") or []
    return next((entry.get("hostname") or entry.get("ip") or "" for entry in entries), "")


def refuse_lost_causes(found: JsonObject, now: datetime, patience: timedelta) -> None:
    """Raises QuotaExceeded if a quota has refused pods of its newest state for longer than `patience`.

    Before, the refusal may pass: pods that are stopping count too, so a rolling update runs into its quota
    for as long as they take. `now` is by the cluster's clock.
    """
    conditions = conditions_of(found)
    failure = conditions.get("ReplicaFailure") or {}
    if failure.get("status") != "True" or "exceeded quota" not in failure.get("message", ""):
        return
    since = failure.get("lastTransitionTime")
    if since is None or not _is_observed(found):
        return
    # The refusal keeps its time while some pods are let in; then progress is newer.
    moved = conditions.get("Progressing", {}).get("lastUpdateTime", since)
    if now - max(map(datetime.fromisoformat, (since, moved))) >= patience:
        raise QuotaExceeded(f"{Key.of(found)}: {failure['message']}")


def _wants_address(service: JsonObject) -> bool:
    return (service.get("spec") or {}).get("type") == "LoadBalancer"


def _rollout(found: JsonObject, minimum: int | None) -> Wait | None:
    name = Key.of(found)
    status: JsonObject = found.get("status") or {}
    if not _is_observed(found):
        return Wait(f"{name}: not looked at by its controller yet")
    # Above its minimum an autoscaler may ask for more than fits; the tenant is served all the same.
    wanted: int = found["spec"].get("replicas", 1) if minimum is None else minimum
    present, updated = status.get("replicas", 0), status.get("updatedReplicas", 0)
    if wanted == 0:
        return Wait(f"{name}: {present} replicas still stopping") if present else None
    usable = min(status.get("availableReplicas", 0), updated)
    if usable < wanted:
        return Wait(f"{name}: {usable} of {wanted} replicas ready{_trouble(found)}")
    if present > updated:
        return Wait(f"{name}: {present - updated} old replicas still running{_trouble(found)}")
    return None


def _is_observed(found: JsonObject) -> bool:
    """Whether its status speaks of its newest state."""
    status: JsonObject = found.get("status") or {}
    observed: int = status.get("observedGeneration", 0)
    return bool(observed >= found["metadata"].get("generation", 1))


def _trouble(found: JsonObject) -> str:
    conditions = conditions_of(found)
    stuck = conditions.get("ReplicaFailure") or conditions.get("Progressing") or {}
    failed = stuck.get("type") == "ReplicaFailure" or stuck.get("reason") == "ProgressDeadlineExceeded"
    return f" ({stuck.get('reason')}: {stuck.get('message', '')})" if failed else ""


def _condition(found: JsonObject) -> Wait | None:
    ready = conditions_of(found).get("Ready")
    if ready is None:
        operated = found["apiVersion"].startswith(OPERATED_GROUPS)
        return Wait(f"{Key.of(found)}: not looked at by its operator yet") if operated else None
    generation = found["metadata"].get("generation", 0)
    seen = ready.get("observedGeneration", generation)
    if ready["status"] == "True" and seen >= generation:
        return _synchronised(found, generation)
    said = ready.get("message") or ready.get("reason") or "not ready"
    return Wait(f"{Key.of(found)}: {said}")


def _synchronised(found: JsonObject, generation: int) -> Wait | None:
    """The condition of an external secret does not say of which generation it speaks; this does."""
    synced: str = (found.get("status") or {}).get("syncedResourceVersion") or ""
    if not synced or synced.partition("-")[0] == str(generation):
        return None
    return Wait(f"{Key.of(found)}: not synchronised since it was changed")
