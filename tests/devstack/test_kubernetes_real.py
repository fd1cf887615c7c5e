"""A real cluster that is given to the tests, played here by a server without kinds and controllers."""

import os
import sys
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

import pytest
import yaml

from devstack.kubernetes import DEFAULT_TOKEN, StandIn
from devstack.kubernetes.controllers.choice import NAMES as NAMES_OF_CONTROLLERS
from devstack.kubernetes.controllers.choice import wanted
from devstack.kubernetes.controllers.connection import HttpApi, of_context
from devstack.kubernetes.real import RealClusters, prepare
from devstack.kubernetes.timers import NAMES
from devstack.postgres import Postgres
from devstack.processes import spawn
from runtime.settings import ROOT
from store.migrate import upgrade
from tests.devstack.kubernetes_client import Client, container, deployment, manifest, until
from tests.devstack.kubernetes_tenant import Tenant
from tests.devstack.tls import TlsDoor, certificates

CELLS = ("use1", "euw1", "usw2")
PATIENCE_SECONDS = 30


@pytest.fixture
def bare() -> Iterator[StandIn]:
    """An API server and nothing else: no custom kinds, and nobody who makes anything ready."""
    with StandIn(["bare"], crds=False, delays=dict.fromkeys(NAMES)) as found:
        yield found


def _kubeconfig(folder: Path, url: str, user: dict[str, str], **cluster: str) -> Path:
    """One context, whose name is no cell's."""
    document = {
        "apiVersion": "v1",
        "kind": "Config",
        "clusters": [{"name": "kubernetes", "cluster": {"server": url, **cluster}}],
        "users": [{"name": "admin", "user": user}],
        "contexts": [{"name": "default", "context": {"cluster": "kubernetes", "user": "admin"}}],
        "current-context": "default",
    }
    path = folder / "given"
    path.write_text(yaml.safe_dump(document))
    return path


def test_teleport_becomes_ready_in_a_bare_cluster(bare: StandIn, postgres: Postgres, tmp_path: Path) -> None:
    """Every group of a tenant can be made once the kinds are installed, and is ready by the runner alone."""
    given = _kubeconfig(tmp_path, bare.url("bare"), {"token": DEFAULT_TOKEN})
    database = postgres.create_database("real_cluster")
    upgrade(database)
    file = prepare(given, CELLS, tmp_path / "prepared")
    tenant = Tenant(database, file)
    waiting = [call.step for call in tenant.groups() if not tenant.ensure(call)]
    assert waiting == ["certificate", "config", "auth", "proxy"]
    with RealClusters(file, CELLS, tmp_path / "again"):
        for call in tenant.groups():
            until(partial(tenant.is_ready, call))


def test_every_cell_has_a_context(bare: StandIn, tmp_path: Path) -> None:
    """Contexts of a cell's name are kept, the other cells share the current one, in a file of one's own."""
    given = _kubeconfig(tmp_path, bare.url("bare"), {"tokenFile": "token"})
    document = yaml.safe_load(given.read_text())
    document["contexts"].append({"name": "use1", "context": {"cluster": "kubernetes", "user": "else"}})
    document["users"].append({"name": "else", "user": {"token": DEFAULT_TOKEN}})
    given.write_text(yaml.safe_dump(document))
    (tmp_path / "token").write_text(DEFAULT_TOKEN)
    file = prepare(given, CELLS, tmp_path / "prepared")
    contexts = {
        item["name"]: item["context"]["user"] for item in yaml.safe_load(file.read_text())["contexts"]
    }
    assert contexts == {"default": "admin", "use1": "else", "euw1": "admin", "usw2": "admin"}
    assert file.stat().st_mode & 0o077 == 0


def test_no_context_to_stand_for_a_cell(tmp_path: Path) -> None:
    """A kubeconfig that leads nowhere is refused with the cell's name."""
    given = _kubeconfig(tmp_path, "http://127.0.0.1:1", {})
    given.write_text(given.read_text().replace("current-context: default", "current-context: ''"))
    with pytest.raises(ValueError, match="no context use1"):
        prepare(given, ["use1"], tmp_path / "prepared")


def test_a_managed_cluster_rolls_out_by_itself(bare: StandIn, tmp_path: Path) -> None:
    """Where a kube-controller-manager runs pods are reported ready, and its rollouts are left alone."""
    cluster = _managed(bare)
    given = _kubeconfig(tmp_path, bare.url("bare"), {"token": DEFAULT_TOKEN})
    with RealClusters(given, ["use1"], tmp_path / "prepared") as real:
        found = wanted(HttpApi(of_context(real.file, "use1"), "tests"))
        assert {item.plural for item in found} == set(NAMES_OF_CONTROLLERS) - {"deployments"}
        starting = {"containers": [container()], "initContainers": [container("first")]}
        cluster.create(manifest("Pod", "p", spec=starting))
        until(lambda: cluster.get("Pod", "p").body["status"]["phase"] == "Running")
        cluster.apply(deployment(replicas=1))
        target = {"apiVersion": "apps/v1", "kind": "Deployment", "name": "web"}
        bounds = {"scaleTargetRef": target, "minReplicas": 2, "maxReplicas": 4}
        cluster.apply(manifest("HorizontalPodAutoscaler", "web", spec=bounds))
        until(lambda: cluster.get("Deployment", "web").body["spec"]["replicas"] == 2)
    assert not cluster.get("Deployment", "web").body["status"]
    assert "conditions" not in cluster.get("HorizontalPodAutoscaler", "web").body["status"]
    status = cluster.get("Pod", "p").body["status"]
    true = {item["type"] for item in status["conditions"] if item["status"] == "True"}
    assert true == {"PodScheduled", "Initialized", "ContainersReady", "Ready"}
    assert "terminated" in status["initContainerStatuses"][0]["state"]


def test_client_certificate(bare: StandIn, tmp_path: Path) -> None:
    """A cluster behind TLS is reached with the CA and the client certificate that lie beside the file."""
    certificates(tmp_path)
    with TlsDoor(bare.url("bare"), tmp_path) as door:
        files = {"client-certificate": "client.crt", "client-key": "client.key"}
        given = _kubeconfig(tmp_path, door.url, files, **{"certificate-authority": "ca.crt"})
        cluster = _managed(bare)
        with RealClusters(given, CELLS, tmp_path / "prepared"):
            cluster.apply(_balanced("over-tls"))
            until(lambda: cluster.get("Service", "over-tls").body["status"]["loadBalancer"])


def test_controllers_as_a_program(bare: StandIn, tmp_path: Path) -> None:
    """The program installs the kinds, plays the operators, leaves be what it is told, and ends when asked."""
    given = _kubeconfig(tmp_path, bare.url("bare"), {"token": DEFAULT_TOKEN})
    cluster = _managed(bare)
    command = [sys.executable, "-m", "devstack.kubernetes.controllers", "--kubeconfig", str(given)]
    options = ["--context", "default", "--crds", "--without", "services"]
    log = tmp_path / "log"
    program = spawn("controllers", [*command, *options], log=log, env={**os.environ}, cwd=ROOT)
    try:
        cluster.apply(_balanced("balanced"))
        program.wait_until(lambda: "making ready" in log.read_text(), PATIENCE_SECONDS)
        cluster.apply(manifest("Certificate", "c", spec={"secretName": "tls", "issuerRef": {"name": "i"}}))
        until(lambda: cluster.get("Secret", "tls").status == 200)
        assert cluster.get("Service", "balanced").body["status"]["loadBalancer"] == {}
        program.ask_to_end()
        assert program.wait(PATIENCE_SECONDS) == 0
    finally:
        program.stop()


def _managed(bare: StandIn) -> Client:
    """A client of the cluster, which has what a kube-controller-manager makes first."""
    cluster = Client(bare.url("bare")).make_namespace()
    account = manifest("ServiceAccount", "default")
    cluster.send("POST", cluster.path("ServiceAccount", namespace="default"), account)
    return cluster


def _balanced(name: str) -> dict[str, Any]:
    return manifest("Service", name, spec={"type": "LoadBalancer", "ports": [{"port": 80}]})
