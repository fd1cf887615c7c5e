"""What quotas and disruption budgets report of themselves."""

from typing import Any

import pytest

from tests.devstack.kubernetes_client import Client, deployment, manifest

pytest_plugins = ("tests.devstack.kubernetes_fixtures",)

_SIZE = {"requests": {"cpu": "250m", "memory": "64Mi"}}


def _quota(**hard: str) -> dict[str, Any]:
    return manifest("ResourceQuota", "q", spec={"hard": hard})


def _sized(replicas: int) -> dict[str, Any]:
    obj = deployment(replicas=replicas)
    obj["spec"]["template"]["spec"]["containers"][0]["resources"] = _SIZE
    return obj


def _status(cluster: Client) -> Any:
    return cluster.get("ResourceQuota", "q").body["status"]


def test_a_quota_shows_what_is_used(cluster: Client) -> None:
    """Use follows the pods of Deployments and the objects of each kind, up and down."""
    hard = {"pods": "5", "requests.cpu": "2", "services.loadbalancers": "1", "configmaps": "9"}
    cluster.apply(_quota(**hard))
    assert _status(cluster) == {"hard": hard, "used": dict.fromkeys(hard, "0")}
    cluster.apply(_sized(3))
    cluster.apply(manifest("Service", "web", spec={"type": "LoadBalancer", "ports": [{"port": 443}]}))
    cluster.apply(manifest("ConfigMap", "c"))
    used = {"pods": "3", "requests.cpu": "750m", "services.loadbalancers": "1", "configmaps": "1"}
    assert _status(cluster)["used"] == used
    cluster.apply(_sized(1))
    cluster.send("DELETE", cluster.path("Service", "web"))
    assert _status(cluster)["used"] == used | {
        "pods": "1",
        "requests.cpu": "250m",
        "services.loadbalancers": "0",
    }


def test_a_limit_that_is_dropped_is_shown_no_longer(cluster: Client) -> None:
    """The status names the same resources as the spec."""
    cluster.apply(_quota(pods="5", configmaps="9"))
    cluster.apply(_quota(pods="6"))
    assert _status(cluster) == {"hard": {"pods": "6"}, "used": {"pods": "0"}}


@pytest.mark.parametrize(
    ("rule", "desired", "allowed"),
    [
        ({"maxUnavailable": 1}, 2, 1),
        ({"minAvailable": 3}, 3, 0),
        ({"minAvailable": "50%"}, 2, 1),
        ({"maxUnavailable": "50%"}, 1, 2),
    ],
)
def test_a_budget_shows_what_it_allows(
    cluster: Client, rule: dict[str, Any], desired: int, allowed: int
) -> None:
    """Expected and healthy pods come from the Deployments that the budget selects."""
    cluster.apply(deployment(replicas=3))
    labels = cluster.get("Deployment", "web").body["spec"]["template"]["metadata"]["labels"]
    cluster.apply(manifest("PodDisruptionBudget", "b", spec={**rule, "selector": {"matchLabels": labels}}))
    status = cluster.get("PodDisruptionBudget", "b").body["status"]
    assert (status["expectedPods"], status["currentHealthy"]) == (3, 3)
    assert (status["desiredHealthy"], status["disruptionsAllowed"]) == (desired, allowed)
    assert status["conditions"][0]["status"] == ("True" if allowed else "False")
    cluster.apply(deployment(replicas=0))
    assert cluster.get("PodDisruptionBudget", "b").body["status"]["expectedPods"] == 0
