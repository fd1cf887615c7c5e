"""Guardrails: pod security, limit ranges and quotas."""

from typing import Any

import pytest

from tests.devstack.kubernetes_client import Client, container, deployment, manifest

pytest_plugins = ("tests.devstack.kubernetes_fixtures",)


def _pod(name: str = "p", **spec: Any) -> dict[str, Any]:
    return manifest("Pod", name, spec={"containers": [container()], **spec})


def _quota(**hard: str) -> dict[str, Any]:
    return manifest(
        "ResourceQuota", "q", spec={"hard": {key.replace("_", "."): value for key, value in hard.items()}}
    )


def _cpu(amount: str) -> dict[str, Any]:
    return {"resources": {"requests": {"cpu": amount}, "limits": {"cpu": amount}}}


@pytest.mark.parametrize(
    ("spec", "words"),
    [
        ({"hostNetwork": True}, "host namespaces (hostNetwork=true)"),
        (
            {"volumes": [{"name": "v", "hostPath": {"path": "/"}}]},
            'volume "v" uses restricted volume type "hostPath"',
        ),
        ({"securityContext": {"runAsUser": 0}}, "runAsUser=0 (pod must not set runAsUser=0)"),
        (
            {"initContainers": [container("init", securityContext={})]},
            'container "init" must set securityContext.all',
        ),
    ],
)
def test_restricted_pods(cluster: Client, spec: dict[str, Any], words: str) -> None:
    """The restricted level refuses what hands a pod the node, and says where."""
    cluster.namespace += "-restricted"
    cluster.make_namespace(**{"pod-security.kubernetes.io/enforce": "restricted"})
    answer = cluster.create(_pod(**spec))
    assert answer.status == 403
    assert words in answer.body["message"]
    assert cluster.create(_pod()).status == 201


def test_privileged_namespace_lets_pass(cluster: Client) -> None:
    """A namespace without a level lets every pod pass."""
    assert cluster.create(_pod(hostNetwork=True)).status == 201


def test_limit_range_sets_defaults(cluster: Client) -> None:
    """A container without resources gets the namespace's defaults; what it sets stays."""
    limits = [
        {"type": "Container", "default": {"cpu": "1", "memory": "1Gi"}, "defaultRequest": {"cpu": "100m"}}
    ]
    cluster.apply(manifest("LimitRange", "l", spec={"limits": limits}))
    pod = cluster.create(_pod(containers=[container(resources={"limits": {"memory": "2Gi"}})])).body
    assert pod["spec"]["containers"][0]["resources"] == {
        "limits": {"cpu": "1", "memory": "2Gi"},
        "requests": {"cpu": "100m", "memory": "2Gi"},
    }


def test_limit_range_bounds(cluster: Client) -> None:
    """A container above the namespace's maximum is refused."""
    cluster.apply(manifest("LimitRange", "l", spec={"limits": [{"type": "Container", "max": {"cpu": "1"}}]}))
    answer = cluster.create(_pod(containers=[container(**_cpu("2"))]))
    assert answer.status == 403
    assert "maximum cpu usage per Container is 1, but limit is 2" in answer.body["message"]


def test_quota_counts_pods(cluster: Client) -> None:
    """Pods are counted against a quota until they are deleted."""
    cluster.apply(_quota(pods="1"))
    assert cluster.create(_pod("a")).status == 201
    answer = cluster.create(_pod("b"))
    assert answer.status == 403
    assert "exceeded quota: q, requested: pods=1, used: pods=1, limited: pods=1" in answer.body["message"]
    cluster.send("DELETE", cluster.path("Pod", "a"))
    assert cluster.create(_pod("b")).status == 201


def test_quota_wants_sizes(cluster: Client) -> None:
    """Under a quota for CPU, a container that asks for none is refused."""
    cluster.apply(_quota(requests_cpu="1"))
    answer = cluster.create(_pod())
    assert answer.status == 403
    assert "failed quota: q: must specify requests.cpu for: app" in answer.body["message"]


def test_quota_counts_load_balancers(cluster: Client) -> None:
    """Load balancers are counted against a quota."""
    cluster.apply(_quota(services_loadbalancers="1"))
    spec = {"type": "LoadBalancer", "ports": [{"port": 80}]}
    assert cluster.create(manifest("Service", "a", spec=spec)).status == 201
    assert cluster.create(manifest("Service", "b", spec=spec)).status == 403
    assert cluster.create(manifest("Service", "b", spec={"ports": [{"port": 80}]})).status == 201


def test_quota_bounds_a_rollout(cluster: Client) -> None:
    """A Deployment has as many replicas as the quota lets exist, says why, and grows with the quota."""
    cluster.apply(_quota(requests_cpu="2"))
    cluster.apply(deployment("first", replicas=1, **_cpu("500m")))
    cluster.apply(deployment("web", replicas=4, **_cpu("500m")))
    status = cluster.get("Deployment", "web").body["status"]
    assert (status["readyReplicas"], status["unavailableReplicas"]) == (3, 1)
    failure = next(item for item in status["conditions"] if item["type"] == "ReplicaFailure")
    assert "requested: requests.cpu=500m, used: requests.cpu=2, limited: requests.cpu=2" in failure["message"]
    cluster.apply(_quota(requests_cpu="3"))
    status = cluster.get("Deployment", "web").body["status"]
    assert status["readyReplicas"] == 4
    assert "ReplicaFailure" not in {item["type"] for item in status["conditions"]}


def test_rollout_waits_for_its_account(cluster: Client) -> None:
    """Pods of an absent service account cannot be created; the rollout goes on when it is there."""
    obj = deployment()
    obj["spec"]["template"]["spec"]["serviceAccountName"] = "runner"
    cluster.apply(obj)
    status = cluster.get("Deployment", "web").body["status"]
    failure = next(item for item in status["conditions"] if item["type"] == "ReplicaFailure")
    assert 'serviceaccount "runner" not found' in failure["message"]
    cluster.apply(manifest("ServiceAccount", "runner"))
    assert cluster.get("Deployment", "web").body["status"]["readyReplicas"] == 2


def test_pods_that_may_not_exist_leave_a_rollout_unready(cluster: Client) -> None:
    """A Deployment whose pods the namespace's level refuses is accepted with a warning and never ready."""
    cluster.namespace += "-restricted"
    cluster.make_namespace(**{"pod-security.kubernetes.io/enforce": "restricted"})
    answer = cluster.apply(deployment(securityContext={}))
    assert answer.status == 201
    assert "would violate PodSecurity" in answer.headers["warning"]
    status = cluster.get("Deployment", "web").body["status"]
    available = next(item for item in status["conditions"] if item["type"] == "Available")
    assert available["status"] == "False"
