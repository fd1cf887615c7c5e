"""The Python client against the stand-in, and the stand-in as a process of its own."""

import json
import os
import signal
import stat
import subprocess
import sys
from pathlib import Path
from typing import Any

import psutil
import pytest
import yaml
from kubernetes import client, config, dynamic, watch

from devstack.kubernetes import StandIn, write_kubeconfig
from tests.devstack.kubernetes_client import Client, deployment, manifest, until

pytest_plugins = ("tests.devstack.kubernetes_fixtures",)


@pytest.fixture
def api(stand_in: StandIn, tmp_path: Path) -> client.ApiClient:
    """The client configured by a kubeconfig, as the engine's is."""
    path = tmp_path / "kubeconfig"
    write_kubeconfig(path, {"cell": stand_in.url("cell")})
    return config.new_client_from_config(str(path), context="cell")


def test_typed_client(api: client.ApiClient, cluster: Client) -> None:
    """Typed calls create without naming kind or version, read, list and delete."""
    core = client.CoreV1Api(api)
    body = client.V1ConfigMap(metadata=client.V1ObjectMeta(name="c"), data={"a": "1"})
    core.create_namespaced_config_map(cluster.namespace, body)
    assert core.read_namespaced_config_map("c", cluster.namespace).data == {"a": "1"}
    listed = core.list_namespaced_config_map(cluster.namespace)
    assert [item.metadata and item.metadata.name for item in listed.items] == ["c"]
    core.delete_namespaced_config_map("c", cluster.namespace)
    with pytest.raises(client.ApiException) as refused:
        core.read_namespaced_config_map("c", cluster.namespace)
    assert refused.value.status == 404


def test_dynamic_client(api: client.ApiClient, cluster: Client, tmp_path: Path) -> None:
    """The dynamic client discovers kinds and applies them, custom ones too."""
    # The stubs leave the dynamic client untyped.
    found: Any = dynamic.DynamicClient(api, cache_file=str(tmp_path / "discovery.json"))  # type: ignore[no-untyped-call]
    workloads = found.resources.get(api_version="apps/v1", kind="Deployment")
    made = found.server_side_apply(
        workloads, body=deployment(), name="web", namespace=cluster.namespace, field_manager="engine"
    )
    assert made.metadata.generation == 1
    assert workloads.get(name="web", namespace=cluster.namespace).status.readyReplicas == 2
    certificates = found.resources.get(api_version="cert-manager.io/v1", kind="Certificate")
    assert certificates.get(namespace=cluster.namespace).items == []


def test_watch_of_the_client(api: client.ApiClient, cluster: Client) -> None:
    """The client's watch yields what exists and ends with its timeout."""
    cluster.create(manifest("ConfigMap", "c"))
    follow: Any = watch.Watch().stream
    events = follow(client.CoreV1Api(api).list_namespaced_config_map, cluster.namespace, timeout_seconds=1)
    assert [(event["type"], event["object"].metadata.name) for event in events] == [("ADDED", "c")]


def test_kubeconfig_is_private(tmp_path: Path) -> None:
    """A kubeconfig is readable by its owner alone, even where a readable file was before."""
    path = tmp_path / "config"
    path.touch(mode=0o644)
    write_kubeconfig(path, {"a": "http://127.0.0.1:1", "b": "http://127.0.0.1:2"}, token="t")
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    found = yaml.safe_load(path.read_text())
    assert found["current-context"] == "a"
    assert [item["name"] for item in found["contexts"]] == ["a", "b"]


def test_process(tmp_path: Path) -> None:
    """As a process it serves every cell, tells when it is ready, prints no secret, and stops on SIGTERM."""
    kubeconfig, ready = tmp_path / "kubeconfig", tmp_path / "ready"
    files = ["--kubeconfig", str(kubeconfig), "--ready-file", str(ready)]
    options = ["--cells", "one,two,three", *files, "--delay", "deployment=60", "--delay", "certificate=never"]
    command = [sys.executable, "-m", "devstack.kubernetes", *options]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True) as process:
        try:
            until(ready.exists, 20)
            urls = json.loads(ready.read_text())
            assert set(urls) == {"one", "two", "three"}
            for url in urls.values():
                found = Client(url)
                assert found.send("GET", "/readyz").body == "ok"
                assert found.control("GET", "delays")["deployment"] == 60
                assert found.control("GET", "delays")["certificate"] is None
            assert psutil.Process(process.pid).memory_info().rss < 150 * 2**20
        finally:
            process.send_signal(signal.SIGTERM)
        printed, _ = process.communicate(timeout=10)
    assert (process.returncode, printed) == (0, "")


def test_bad_options() -> None:
    """Options that cannot be understood end the process with code 2 and name what is wrong."""
    command = [sys.executable, "-m", "devstack.kubernetes", "--cells", "a", "--delay", "tea=1"]
    done = subprocess.run(
        command, capture_output=True, text=True, env=dict(os.environ), check=False, timeout=30
    )
    assert done.returncode == 2
    assert "'tea'" in done.stderr


@pytest.mark.parametrize("cells", [[], ["a", "a"]])
def test_cells_are_named_once(cells: list[str]) -> None:
    """A stand-in needs at least one cell, and each once."""
    with pytest.raises(ValueError, match="at least one cell, and each once"):
        StandIn(cells)


def test_taken_port_is_told(stand_in: StandIn) -> None:
    """A port that something else listens on is an OSError at the start, and nothing keeps running."""
    port = int(stand_in.url("cell").rpartition(":")[2])
    second = StandIn(["cell"], ports={"cell": port})
    with pytest.raises(OSError, match="address already in use"):
        second.start()
