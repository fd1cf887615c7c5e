"""What a tenant's sized things are like, to be compared with what they were like before."""

from collections.abc import Iterator

from activities.drift.comparing import differences
from activities.kubernetes.cluster import Cluster
from activities.kubernetes.observing import SERVERS_OWN
from tests.workflows.stage import Json, Stage

KINDS = (
    ("apps/v1", "Deployment"),
    ("autoscaling/v2", "HorizontalPodAutoscaler"),
    ("networking.k8s.io/v1", "NetworkPolicy"),
    ("policy/v1", "PodDisruptionBudget"),
    ("v1", "ConfigMap"),
    ("v1", "LimitRange"),
    ("v1", "ResourceQuota"),
    ("v1", "Service"),
    ("v1", "ServiceAccount"),
)
DATABASE = ("DBInstanceClass", "AllocatedStorage", "DeletionProtection", "MultiAZ")
PRESENCE = "presence"
AUTOSCALED = ("apps/v1/Deployment", "proxy", "spec.replicas")
"""Follows the autoscaler, whenever that has looked."""

Things = dict[tuple[str, str], Json]
Moved = set[tuple[str, str, str]]
"""Kind, name and field."""


def snapshot(stage: Stage, cluster: Cluster, tenant_id: str) -> Things:
    found: Things = {}
    for api_version, kind in KINDS:
        for one in cluster.find(api_version, kind, f"{stage.settings.install}-{tenant_id}-ns", ""):
            metadata = {key: value for key, value in one["metadata"].items() if key not in SERVERS_OWN}
            wanted = {key: value for key, value in one.items() if key != "status"}
            found[f"{api_version}/{kind}", one["metadata"]["name"]] = {**wanted, "metadata": metadata}
    database = stage.auditor.database(tenant_id, "us-east-1")
    found["rds:db-instance", database["DBInstanceIdentifier"]] = {key: database[key] for key in DATABASE}
    return found


def moved(before: Things, after: Things) -> Moved:
    found: Moved = {(*thing, PRESENCE) for thing in before.keys() ^ after.keys()}
    for thing in before.keys() & after.keys():
        found |= {(*thing, field) for field, _, _ in differences(after[thing], before[thing])}
    return found - {AUTOSCALED}


def previewed(preview: Json) -> Moved:
    return set(_previewed(preview)) - {AUTOSCALED}


def _previewed(preview: Json) -> Iterator[tuple[str, str, str]]:
    for one in preview["objects"]:
        if one["effect"] == "changed":
            yield from ((one["kind"], one["name"], change["field"]) for change in one["fields"])
        else:
            yield one["kind"], one["name"], PRESENCE
