"""Readiness: what the controllers make of each kind, inside the stand-in and over HTTP."""

import base64
import json
from collections.abc import Iterator
from functools import partial
from typing import Any
from urllib.parse import urlsplit

import boto3
import pytest
from cryptography import x509
from moto.server import ThreadedMotoServer

from devstack.kubernetes import DEFAULT_TOKEN, StandIn
from devstack.kubernetes.controllers.aws import secrets_manager
from devstack.kubernetes.controllers.balancers import LoadBalancers
from devstack.kubernetes.controllers.certificates import Certificates
from devstack.kubernetes.controllers.pods import Pods
from devstack.kubernetes.controllers.runner import Runner
from devstack.kubernetes.controllers.secrets import ExternalSecrets, SecretStores
from devstack.kubernetes.controllers.workloads import Deployments
from devstack.kubernetes.timers import NAMES
from tests.devstack.kubernetes_client import MERGE, Client, container, deployment, manifest, until

pytest_plugins = ("tests.devstack.kubernetes_fixtures",)

_PROVIDER = {"aws": {"region": "eu-west-1", "service": "SecretsManager"}}
_STORE = manifest("SecretStore", "aws", spec={"provider": _PROVIDER})


def _external_secret(**remote: str) -> dict[str, Any]:
    data = [{"secretKey": "password", "remoteRef": {"key": "db", **remote}}]
    spec = {"secretStoreRef": {"name": "aws", "kind": "SecretStore"}, "target": {"name": "db"}, "data": data}
    return manifest("ExternalSecret", "db", spec=spec)


def _autoscaler(low: int, high: int) -> dict[str, Any]:
    target = {"apiVersion": "apps/v1", "kind": "Deployment", "name": "web"}
    spec = {"scaleTargetRef": target, "minReplicas": low, "maxReplicas": high}
    return manifest("HorizontalPodAutoscaler", "web", spec=spec)


def _ready(obj: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = next(item for item in obj["status"]["conditions"] if item["type"] == "Ready")
    return found


def _rolled_out(cluster: Client, path: str) -> bool:
    return bool(cluster.send("GET", path).body["status"].get("readyReplicas") == 2)


def test_rollout_follows_the_generation(cluster: Client) -> None:
    """Each new template is rolled out: the status is of its generation, with every replica ready."""
    cluster.apply(deployment(replicas=3))
    cluster.apply(deployment(replicas=3, image="app:2"))
    status = cluster.get("Deployment", "web").body["status"]
    counts = {
        key: status[key] for key in ("replicas", "updatedReplicas", "readyReplicas", "availableReplicas")
    }
    assert counts == dict.fromkeys(counts, 3)
    assert status["observedGeneration"] == 2
    shown = {item["type"]: item["reason"] for item in status["conditions"]}
    assert shown == {"Progressing": "NewReplicaSetAvailable", "Available": "MinimumReplicasAvailable"}


def test_stopped_deployment(cluster: Client) -> None:
    """A Deployment at 0 replicas reports none, and is available."""
    cluster.apply(deployment(replicas=2))
    cluster.apply(deployment(replicas=0))
    status = cluster.get("Deployment", "web").body["status"]
    assert (status["replicas"], status["availableReplicas"], status["observedGeneration"]) == (0, 0, 2)


def test_autoscaler_keeps_replicas_in_bounds(cluster: Client) -> None:
    """An autoscaler raises to its minimum, lowers to its maximum, owns replicas, and leaves 0 alone."""
    cluster.apply(deployment(replicas=None))
    cluster.apply(_autoscaler(2, 4))
    found = cluster.get("Deployment", "web").body
    assert (found["spec"]["replicas"], found["status"]["readyReplicas"]) == (2, 2)
    assert cluster.apply(deployment(replicas=None)).body["spec"]["replicas"] == 2
    assert cluster.apply(deployment(replicas=3)).fields == [".spec.replicas"]
    scale = cluster.path("Deployment", "web") + "/scale"
    cluster.send("PATCH", scale, {"spec": {"replicas": 9}}, MERGE)
    assert cluster.send("GET", scale).body["spec"]["replicas"] == 4
    cluster.send("PATCH", scale, {"spec": {"replicas": 0}}, MERGE)
    assert cluster.send("GET", scale).body["spec"] == {}


def test_load_balancer_gets_an_address(cluster: Client) -> None:
    """A Service of type LoadBalancer gets an address of its own, any other gets none."""
    for name, kind in (("a", "LoadBalancer"), ("b", "LoadBalancer"), ("c", "ClusterIP")):
        cluster.apply(manifest("Service", name, spec={"type": kind, "ports": [{"port": 80}]}))
    found = [cluster.get("Service", name).body["status"]["loadBalancer"] for name in "abc"]
    assert found[2] == {}
    names = {item["ingress"][0]["hostname"] for item in found[:2]}
    assert len(names) == 2


def test_external_secret_waits_for_its_store(cluster: Client) -> None:
    """An ExternalSecret is not ready before its store is there, and then makes a Secret that it owns."""
    cluster.apply(_external_secret())
    assert _ready(cluster.get("ExternalSecret", "db").body)["reason"] == "SecretSyncedError"
    cluster.apply(_STORE)
    assert _ready(cluster.get("ExternalSecret", "db").body)["reason"] == "SecretSynced"
    assert set(cluster.get("Secret", "db").body["data"]) == {"password"}
    cluster.send("DELETE", cluster.path("ExternalSecret", "db"))
    assert cluster.get("Secret", "db").status == 404


def test_certificate_is_issued(cluster: Client) -> None:
    """A Certificate gets a Secret with a certificate for its names, and is ready."""
    issuer = {"name": "letsencrypt", "kind": "ClusterIssuer"}
    spec = {"secretName": "tls", "dnsNames": ["a.example.com", "*.a.example.com"], "issuerRef": issuer}
    cluster.apply(manifest("Certificate", "c", spec=spec))
    assert _ready(cluster.get("Certificate", "c").body)["status"] == "True"
    secret = cluster.get("Secret", "tls").body
    assert secret["type"] == "kubernetes.io/tls"
    certificate = x509.load_pem_x509_certificate(base64.b64decode(secret["data"]["tls.crt"]))
    names = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    assert names.get_values_for_type(x509.DNSName) == ["a.example.com", "*.a.example.com"]


@pytest.fixture(scope="module")
def aws() -> Iterator[str]:
    """The URL of a Secrets Manager that holds one secret in one region."""
    server = ThreadedMotoServer("127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    url = f"http://{host}:{port}"
    session = boto3.session.Session(aws_access_key_id="tests", aws_secret_access_key="tests")
    client = session.client("secretsmanager", region_name="eu-west-1", endpoint_url=url)
    client.create_secret(Name="db", SecretString=json.dumps({"password": "from aws", "port": 5432}))
    yield url
    server.stop()


def test_values_come_from_secrets_manager(aws: str) -> None:
    """With an AWS endpoint the next read has the value of the store's region; a missing one is told."""
    with StandIn(["cell"], aws_endpoint=aws) as stand_in:
        cluster = Client(stand_in.url("cell")).make_namespace()
        cluster.apply(_STORE)
        cluster.apply(_external_secret(property="password"))
        assert _ready(cluster.get("ExternalSecret", "db").body)["status"] == "True"
        data = cluster.get("Secret", "db").body["data"]
        assert base64.b64decode(data["password"]) == b"from aws"
        absent = _external_secret(property="absent")
        absent["metadata"]["name"] = "absent"
        cluster.apply(absent)
        shown = _ready(cluster.get("ExternalSecret", "absent").body)
        assert (shown["status"], shown["message"]) == ("False", "key absent does not exist in secret db")


def test_touched_external_secret_is_read_again(aws: str) -> None:
    """An annotation on an ExternalSecret makes its Secret follow a rotated value."""
    provider = boto3.session.Session(aws_access_key_id="tests", aws_secret_access_key="tests").client(
        "secretsmanager", region_name="eu-west-1", endpoint_url=aws
    )
    provider.create_secret(Name="rotated", SecretString="old")
    with StandIn(["cell"], aws_endpoint=aws) as stand_in:
        cluster = Client(stand_in.url("cell")).make_namespace()
        cluster.apply(_STORE)
        secret = _external_secret(key="rotated")
        cluster.apply(secret)
        provider.put_secret_value(SecretId="rotated", SecretString="new")
        secret["metadata"]["annotations"] = {"force-sync": "1"}
        cluster.apply(secret)
        found = cluster.get("Secret", "db").body["data"]["password"]
        assert base64.b64decode(found) == b"new"


def test_unreachable_provider_is_reported() -> None:
    """A provider out of reach leaves the ExternalSecret unready with the reason, and nothing hangs."""
    with StandIn(["cell"], aws_endpoint="http://127.0.0.1:9") as stand_in:
        cluster = Client(stand_in.url("cell")).make_namespace()
        cluster.apply(_STORE)
        cluster.apply(_external_secret())
        shown = _ready(cluster.get("ExternalSecret", "db").body)
        assert shown["message"] == "could not reach the provider: EndpointConnectionError"


@pytest.fixture(scope="module")
def bare() -> Iterator[StandIn]:
    """A cluster that nothing makes ready."""
    with StandIn(["cell"], delays=dict.fromkeys(NAMES)) as stand_in:
        yield stand_in


def test_runner_makes_ready_over_http(bare: StandIn, aws: str) -> None:
    """The same controllers make objects ready in any cluster, over its API alone."""
    cluster = Client(bare.url("cell")).make_namespace()
    cluster.apply(deployment("early"))
    reader = secrets_manager(aws)
    controllers = [Deployments(), LoadBalancers(), SecretStores(), ExternalSecrets(reader), Certificates()]
    runner = Runner(cluster.url, DEFAULT_TOKEN, controllers, {"certificate": 0.2})
    runner.start()
    try:
        cluster.apply(deployment("web"))
        cluster.apply(_external_secret(property="password"))
        cluster.apply(_STORE)
        cluster.apply(manifest("Service", "s", spec={"type": "LoadBalancer", "ports": [{"port": 80}]}))
        cluster.apply(manifest("Certificate", "c", spec={"secretName": "tls", "issuerRef": {"name": "i"}}))
        for name in ("early", "web"):
            path = cluster.path("Deployment", name)
            until(partial(_rolled_out, cluster, path))
        until(lambda: cluster.get("Service", "s").body["status"]["loadBalancer"])
        until(lambda: cluster.get("Secret", "db").status == 200)
        until(lambda: cluster.get("Secret", "tls").status == 200)
        until(lambda: _ready(cluster.get("Certificate", "c").body)["status"] == "True")
    finally:
        runner.stop()


def test_runner_marks_pods_ready(bare: StandIn) -> None:
    """Where no kubelet runs, pods are reported as running and ready."""
    cluster = Client(bare.url("cell")).make_namespace()
    runner = Runner(cluster.url, DEFAULT_TOKEN, [Pods()])
    runner.start()
    try:
        cluster.create(manifest("Pod", "p", spec={"containers": [container()]}))
        until(lambda: cluster.get("Pod", "p").body["status"]["phase"] == "Running")
        status = cluster.get("Pod", "p").body["status"]
        assert [item["ready"] for item in status["containerStatuses"]] == [True]
        assert _ready({"status": status})["status"] == "True"
    finally:
        runner.stop()


def test_nothing_is_touched_without_an_end_of_delays(bare: StandIn) -> None:
    """Where no delay ends, no controller writes: neither a status nor a scale."""
    cluster = Client(bare.url("cell")).make_namespace()
    cluster.apply(deployment(replicas=1))
    cluster.apply(_autoscaler(2, 4))
    cluster.apply(_STORE)
    cluster.apply(deployment(replicas=1, image="app:2"))
    found = cluster.get("Deployment", "web").body
    assert (found["spec"]["replicas"], found["status"]) == (1, {})
    assert "status" not in cluster.get("SecretStore", "aws").body


def test_nothing_listens_elsewhere(bare: StandIn) -> None:
    """The stand-in listens on the loopback interface."""
    assert urlsplit(bare.url("cell")).hostname == "127.0.0.1"
