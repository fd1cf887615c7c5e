"""The teleport blueprint: how auth and proxy run, roll out and stop."""

from typing import Any

import pytest

from catalog import Catalog
from domain.phases import Mode
from tests.catalog.samples import object_of, objects_of, pod_of, tenant_of

NAMESPACE = "tenantry-tabcdefghijk-ns"


@pytest.mark.parametrize(
    ("users", "strategy"),
    [
        (50, {"type": "Recreate"}),
        (120, {"type": "RollingUpdate", "rollingUpdate": {"maxSurge": 0, "maxUnavailable": 1}}),
    ],
)
def test_auth_never_runs_a_new_version_beside_all_of_the_old(
    catalog: Catalog, users: int, strategy: dict[str, Any]
) -> None:
    """A single auth is recreated; several go down one at a time before a new one comes."""
    auth = object_of(catalog, tenant_of(catalog, "team", users=users), "Deployment", "auth")
    assert auth["spec"]["strategy"] == strategy


def test_proxy_waits_for_auth_of_the_same_major_version(catalog: Catalog) -> None:
    """The proxy's init container waits until the name of the previous major's auths resolves to nobody."""
    tenant = tenant_of(catalog, "team")
    (waiting,) = pod_of(catalog, "proxy")["initContainers"]
    assert waiting["command"] == [
        "teleport",
        "wait",
        "no-resolve",
        f"auth-previous.{NAMESPACE}.svc.cluster.local",
    ]
    previous = object_of(catalog, tenant, "Service", "auth-previous")["spec"]
    assert previous["clusterIP"] == "None"
    assert previous["publishNotReadyAddresses"] is True
    auth = object_of(catalog, tenant, "Deployment", "auth")["spec"]["template"]["metadata"]["labels"]
    assert (
        int(previous["selector"]["teleport.dev/majorVersion"]) == int(auth["teleport.dev/majorVersion"]) - 1
    )


@pytest.mark.parametrize("component", ["auth", "proxy"])
def test_pods_are_probed_and_drained(catalog: Catalog, component: str) -> None:
    """Probes ask /healthz and /readyz on 3000, and a pod that stops waits for traffic to leave."""
    pod = pod_of(catalog, component)
    (container,) = pod["containers"]
    ports = {port["name"]: port["containerPort"] for port in container["ports"]}
    for probe, path in (("livenessProbe", "/healthz"), ("readinessProbe", "/readyz")):
        asked = container[probe]["httpGet"]
        assert (asked["path"], ports[asked["port"]]) == (path, 3000)
    assert container["lifecycle"]["preStop"]["exec"]["command"][-1] == "30s"
    assert pod["terminationGracePeriodSeconds"] > 30


@pytest.mark.parametrize("component", ["auth", "proxy"])
def test_pods_have_no_token_of_kubernetes(catalog: Catalog, component: str) -> None:
    """No pod of a tenant can speak to the Kubernetes API."""
    account = object_of(catalog, tenant_of(catalog, "team"), "ServiceAccount", component)
    assert account["automountServiceAccountToken"] is False
    pod = pod_of(catalog, component)
    assert pod["automountServiceAccountToken"] is False
    assert pod["serviceAccountName"] == component


def test_replicas_belong_to_the_autoscaler_while_it_runs(catalog: Catalog) -> None:
    """A running proxy states no replicas, so that applying it again does not undo the autoscaler's choice."""
    tenant = tenant_of(catalog, "business", users=2000)
    proxy = object_of(catalog, tenant, "Deployment", "proxy")
    assert "replicas" not in proxy["spec"]
    scaler = object_of(catalog, tenant, "HorizontalPodAutoscaler", "proxy")["spec"]
    size = tenant.desired.sizes.components["proxy"]
    assert (scaler["minReplicas"], scaler["maxReplicas"]) == (size.replicas, size.max_replicas)
    assert scaler["minReplicas"] >= 2


def test_a_stopped_tenant_has_no_pods_and_keeps_the_rest(catalog: Catalog) -> None:
    """Suspended means auth and proxy at 0 and no autoscaler; every other object stays as it is."""
    running, stopped = (objects_of(catalog, tenant_of(catalog, "team", mode=mode)) for mode in Mode)
    gone = [item for item in running if _id(item) not in map(_id, stopped)]
    assert [_id(item) for item in gone] == [("HorizontalPodAutoscaler", "proxy")]
    changed = [item for item in stopped if item not in running]
    assert {_id(item): item["spec"]["replicas"] for item in changed} == {
        ("Deployment", "auth"): 0,
        ("Deployment", "proxy"): 0,
    }


@pytest.mark.parametrize("component", ["auth", "proxy"])
def test_pods_restart_when_their_configuration_changes(catalog: Catalog, component: str) -> None:
    """Another configuration gives another pod template; the other component's leaves it alone."""
    here, there = (
        {
            name: object_of(catalog, tenant_of(catalog, "team", slug=slug), "Deployment", name)["spec"][
                "template"
            ]["metadata"]["annotations"]
            for name in ("auth", "proxy")
        }
        for slug in ("acme", "umbrella")
    )
    assert here[component] != there[component]
    assert here["auth"] != here["proxy"]


def _id(manifest: dict[str, Any]) -> tuple[str, str]:
    return manifest["kind"], manifest["metadata"]["name"]
