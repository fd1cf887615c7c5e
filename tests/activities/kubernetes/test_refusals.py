"""What a cluster refuses reaches the operation as what it means."""

import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy import Engine

from domain.errors import InvalidSpec, MissingKind, QuotaExceeded, TenantryError, Unavailable
from domain.plans import Cell
from tests.activities.kubernetes.tenancy import PATIENCE_SECONDS, Tenancy
from tests.activities.kubernetes.view import View

DEFINITION = "CustomResourceDefinition"


@pytest.fixture
def group(view: View) -> Iterator[str]:
    """An API group that no cluster serves; its definition is removed if a test made it."""
    name = f"t{uuid4().hex[:8]}.example.dev"
    yield name
    if view.get(DEFINITION, f"gadgets.{name}"):
        view.delete(DEFINITION, f"gadgets.{name}")


def definition(group: str) -> dict[str, Any]:
    """What an operator brings: gadgets with a size."""
    size = {"type": "object", "properties": {"size": {"type": "integer"}}}
    schema = {"openAPIV3Schema": {"type": "object", "properties": {"spec": size}}}
    return {
        "apiVersion": "apiextensions.k8s.io/v1",
        "kind": "CustomResourceDefinition",
        "metadata": {"name": f"gadgets.{group}"},
        "spec": {
            "group": group,
            "scope": "Namespaced",
            "names": {"plural": "gadgets", "singular": "gadget", "kind": "Gadget"},
            "versions": [{"name": "v1", "served": True, "storage": True, "schema": schema}],
        },
    }


def install(view: View, group: str) -> None:
    """Returns when the cluster serves gadgets."""
    view.make(definition(group))
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not _established(view.there(DEFINITION, f"gadgets.{group}")):
        assert time.monotonic() < deadline


def _established(found: dict[str, Any]) -> bool:
    conditions = found.get("status", {}).get("conditions", [])
    return any(c["type"] == "Established" and c["status"] == "True" for c in conditions)


def refused(tenancy: Tenancy, trap: str) -> TenantryError:
    tenancy.ready("base")
    tenancy.values["trap"] = trap
    with pytest.raises(TenantryError) as caught:
        tenancy.ready("other")
    return caught.value


def test_a_kind_that_the_cluster_lacks(tenancy: Tenancy, view: View, group: str) -> None:
    """A missing operator is a MissingKind that names the kind, and is found once it is installed."""
    tenancy.values["group"] = group
    error = refused(tenancy, "kind")
    assert isinstance(error, MissingKind)
    assert f"does not serve Gadget of {group}/v1" in str(error)
    assert tenancy.rows()["ConfigMap neighbour"].state == "made"
    install(view, group)
    tenancy.ready("other")
    assert tenancy.rows()["Gadget gadget"].state == "made"
    view.delete(DEFINITION, f"gadgets.{group}")
    tenancy.removed("other")
    assert tenancy.rows()["Gadget gadget"].state == "gone"


@pytest.mark.parametrize(("trap", "field"), [("field", "dta"), ("custom field", "sise")])
def test_a_misspelt_field(tenancy: Tenancy, view: View, group: str, trap: str, field: str) -> None:
    """A manifest that does not fit its schema is refused for good, with the field's name."""
    tenancy.values["group"] = group
    install(view, group)
    error = refused(tenancy, trap)
    assert isinstance(error, InvalidSpec)
    assert field in str(error)


def test_a_quota_in_the_way(tenancy: Tenancy) -> None:
    """What exceeds a quota is refused for good."""
    error = refused(tenancy, "quota")
    assert isinstance(error, QuotaExceeded)
    assert "exceeded quota: tight" in str(error)


def test_a_secret_is_not_quoted(tenancy: Tenancy) -> None:
    """The refusal of a Secret does not carry its value into a history."""
    error = refused(tenancy, "secret")
    assert isinstance(error, InvalidSpec)
    assert "hunter2" not in str(error)


@pytest.mark.parametrize("step", ["base", "app"])
def test_a_namespace_that_someone_deleted(tenancy: Tenancy, view: View, step: str) -> None:
    """The step that owns the namespace makes it again; another one fails with its name."""
    tenancy.ready("base")
    view.delete("Namespace", tenancy.namespace)
    tenancy.eventually("remove", tenancy.call("base", None))
    if step == "base":
        tenancy.ready("base")
        assert view.get("Namespace", tenancy.namespace)
    else:
        with pytest.raises(InvalidSpec, match=f"namespace {tenancy.namespace} is missing"):
            tenancy.ensure("app")


def test_a_cluster_that_is_away(engine: Engine, known_cells: list[Cell], tmp_path: Path) -> None:
    """No server, no kubeconfig and no context are all worth another try, and nothing is recorded as made."""
    nowhere = tmp_path / "kubeconfig"
    tenancy = Tenancy(engine, known_cells, nowhere)
    with pytest.raises(Unavailable, match="cell use1"):
        tenancy.ensure("base")
    nowhere.write_text(KUBECONFIG.replace("CONTEXT", "another"))
    with pytest.raises(Unavailable, match="cell use1"):
        tenancy.ensure("base")
    nowhere.write_text(KUBECONFIG.replace("CONTEXT", "use1"))
    with pytest.raises(Unavailable, match="the cluster cannot be reached") as caught:
        tenancy.ensure("base")
    assert "hunter2" not in str(caught.value)
    with pytest.raises(Unavailable):
        tenancy.remove("base")
    assert {row.state for row in tenancy.rows().values()} == {"intended"}


class Nothing(BaseHTTPRequestHandler):
    """A web server that is no cluster: every page is missing."""

    def do_GET(self) -> None:
        self.send_error(404)


def test_a_server_that_is_no_cluster_proves_nothing(
    engine: Engine, known_cells: list[Cell], tmp_path: Path
) -> None:
    """A wrong address, where every page is missing, does not make anything gone."""
    file = tmp_path / "kubeconfig"
    tenancy = Tenancy(engine, known_cells, file)
    with ThreadingHTTPServer(("127.0.0.1", 0), Nothing) as server:
        thread = Thread(target=server.serve_forever)
        thread.start()
        address = f"http://127.0.0.1:{server.server_port}"
        file.write_text(KUBECONFIG.replace("CONTEXT", "use1").replace("http://127.0.0.1:1", address))
        for ask in (tenancy.verify, lambda: tenancy.remove("base")):
            with pytest.raises(Unavailable, match="does not answer as a Kubernetes API"):
                ask()
        server.shutdown()
        thread.join()
    assert {row.state for row in tenancy.rows().values()} == {"intended"}


KUBECONFIG = """
apiVersion: v1
kind: Config
clusters: [{name: c, cluster: {server: "http://127.0.0.1:1"}}]
users: [{name: u, user: {token: hunter2}}]
contexts: [{name: CONTEXT, context: {cluster: c, user: u}}]
"""
