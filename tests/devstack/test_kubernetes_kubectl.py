"""kubectl against the stand-in."""

import os
import shutil
import subprocess
import time
from pathlib import Path
from typing import Any

import pytest
import yaml

from devstack.kubernetes import StandIn, write_kubeconfig
from tests.devstack.kubernetes_client import Client, deployment, manifest

pytest_plugins = ("tests.devstack.kubernetes_fixtures",)
_KUBECTL = shutil.which("kubectl")
pytestmark = pytest.mark.skipif(_KUBECTL is None, reason="kubectl is not installed")


class Kubectl:
    """kubectl with a home of its own, in one namespace."""

    def __init__(self, folder: Path, url: str, namespace: str) -> None:
        config = folder / "kubeconfig"
        write_kubeconfig(config, {"cell": url})
        self.command = [
            str(_KUBECTL),
            f"--kubeconfig={config}",
            f"--cache-dir={folder}/cache",
            f"-n={namespace}",
        ]
        self.environment = {"HOME": str(folder), "PATH": os.environ["PATH"]}

    def run(self, *arguments: str, given: list[dict[str, Any]] | None = None) -> str:
        """Runs a command that must succeed; returns what it printed."""
        text = None if given is None else yaml.safe_dump_all(given)
        done = subprocess.run(
            [*self.command, *arguments],
            input=text,
            env=self.environment,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        return done.stdout


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One home for all tests, so that discovery is cached as for a person."""
    return tmp_path_factory.mktemp("kubectl")


@pytest.fixture
def kubectl(home: Path, stand_in: StandIn, cluster: Client) -> Kubectl:
    """kubectl in a fresh namespace."""
    return Kubectl(home, stand_in.url("cell"), cluster.namespace)


def _service() -> dict[str, Any]:
    return manifest("Service", "web", spec={"type": "LoadBalancer", "ports": [{"port": 443}]})


def test_apply_and_get(kubectl: Kubectl) -> None:
    """Objects applied from a file are listed with the columns that people know."""
    applied = kubectl.run("apply", "--server-side", "-f", "-", given=[deployment(), _service()])
    assert applied == "deployment.apps/web serverside-applied\nservice/web serverside-applied\n"
    header, row, *_ = kubectl.run("get", "deployments").splitlines()
    assert header.split() == ["NAME", "READY", "UP-TO-DATE", "AVAILABLE", "AGE"]
    assert row.split()[:4] == ["web", "2/2", "2", "2"]
    _, row = kubectl.run("get", "svc").splitlines()
    assert row.split()[:2] == ["web", "LoadBalancer"]
    assert ".elb." in row


def test_create_by_name(kubectl: Kubectl, cluster: Client) -> None:
    """What `kubectl create` makes by name comes in protobuf and is made as it was asked for."""
    kubectl.run("create", "configmap", "c", "--from-literal=a=1")
    kubectl.run("create", "secret", "generic", "s", "--from-literal=a=1")
    kubectl.run("create", "serviceaccount", "x")
    kubectl.run("create", "quota", "q", "--hard=pods=2,requests.cpu=1500m")
    kubectl.run("create", "role", "r", "--verb=get,list", "--resource=pods")
    kubectl.run("create", "rolebinding", "b", "--role=r", f"--serviceaccount={cluster.namespace}:x")
    assert cluster.get("ConfigMap", "c").body["data"] == {"a": "1"}
    assert cluster.get("Secret", "s").body["data"] == {"a": "MQ=="}
    assert cluster.get("ResourceQuota", "q").body["spec"]["hard"] == {"pods": "2", "requests.cpu": "1500m"}
    rule = {"apiGroups": [""], "resources": ["pods"], "verbs": ["get", "list"]}
    assert cluster.get("Role", "r").body["rules"] == [rule]
    assert cluster.get("RoleBinding", "b").body["subjects"][0]["name"] == "x"
    assert "created" in kubectl.run("create", "namespace", f"{cluster.namespace}-more")


def test_get_as_yaml(kubectl: Kubectl) -> None:
    """An object read as YAML is the object."""
    kubectl.run("apply", "--server-side", "-f", "-", given=[manifest("ConfigMap", "c", data={"a": "1"})])
    found = yaml.safe_load(kubectl.run("get", "configmap", "c", "-o", "yaml"))
    assert (found["kind"], found["data"]) == ("ConfigMap", {"a": "1"})


def test_strict_apply_is_refused_by_the_server(kubectl: Kubectl, cluster: Client) -> None:
    """kubectl leaves the validation to the server, whose refusal it prints."""
    obj = deployment()
    obj["spec"]["replica"] = 2
    with pytest.raises(AssertionError, match=r"\.spec\.replica: field not declared in schema"):
        kubectl.run("apply", "--server-side", "-f", "-", given=[obj])
    assert cluster.get("Deployment", "web").status == 404


def test_describe(kubectl: Kubectl) -> None:
    """A description shows the rollout, the address and the conditions of a custom object."""
    certificate = manifest("Certificate", "c", spec={"secretName": "tls", "issuerRef": {"name": "i"}})
    kubectl.run("apply", "--server-side", "-f", "-", given=[deployment(), _service(), certificate])
    assert "2 desired | 2 updated | 2 total | 2 available | 0 unavailable" in kubectl.run(
        "describe", "deploy", "web"
    )
    assert ".elb." in kubectl.run("describe", "service", "web")
    assert "Certificate is up to date and has not expired" in kubectl.run("describe", "certificate", "c")


def test_rollout_status(kubectl: Kubectl) -> None:
    """kubectl waits for a rollout and sees it done."""
    kubectl.run("apply", "--server-side", "-f", "-", given=[deployment()])
    assert "successfully rolled out" in kubectl.run("rollout", "status", "deploy/web", "--timeout=20s")


def test_watch(kubectl: Kubectl, cluster: Client) -> None:
    """A watch prints what exists and then each change."""
    cluster.create(manifest("ConfigMap", "old"))
    command = [*kubectl.command, "get", "configmaps", "--watch", "--output=name"]
    with subprocess.Popen(command, env=kubectl.environment, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "configmap/old\n"
        cluster.create(manifest("ConfigMap", "new"))
        assert process.stdout.readline() == "configmap/new\n"
        process.terminate()


def test_delete_waits(kubectl: Kubectl, cluster: Client) -> None:
    """A delete returns when the namespace and what it held are gone."""
    kubectl.run("apply", "--server-side", "-f", "-", given=[deployment(), _service()])
    started = time.monotonic()
    assert f'namespace "{cluster.namespace}" deleted' in kubectl.run("delete", "namespace", cluster.namespace)
    assert time.monotonic() - started < 30
    assert cluster.get("Deployment", "web").status == 404


def test_short_names_and_explain(kubectl: Kubectl) -> None:
    """Short names of custom kinds are known, and fields can be looked up."""
    assert kubectl.run("get", "es,ss,cert") == ""
    assert "progressDeadlineSeconds" in kubectl.run("explain", "deployment.spec")
