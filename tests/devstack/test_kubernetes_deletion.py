"""Deletion: preconditions, finalizers, namespaces, dependants."""

from tests.devstack.kubernetes_client import MERGE, Client, deployment, manifest, until

pytest_plugins = ("tests.devstack.kubernetes_fixtures",)


def _held(name: str, kind: str = "ConfigMap") -> dict[str, object]:
    obj = manifest(kind, name)
    obj["metadata"]["finalizers"] = ["tests.dev/hold"]
    return obj


def test_finalizer_holds_an_object(cluster: Client) -> None:
    """A finalizer keeps a deleted object until it is removed; no other may be added meanwhile."""
    cluster.create(_held("c"))
    path = cluster.path("ConfigMap", "c")
    assert cluster.send("DELETE", path).body["metadata"]["deletionTimestamp"]
    more = {"metadata": {"finalizers": ["tests.dev/hold", "tests.dev/more"]}}
    assert cluster.send("PATCH", path, more, MERGE).fields == ["metadata.finalizers"]
    assert cluster.create(manifest("ConfigMap", "c")).body["message"].startswith("object is being deleted: ")
    assert cluster.send("PATCH", path, {"metadata": {"finalizers": None}}, MERGE).status == 200
    assert cluster.get("ConfigMap", "c").status == 404


def test_precondition_on_version(cluster: Client) -> None:
    """A delete that names another version than the present one is refused."""
    cluster.create(manifest("ConfigMap", "c"))
    options = {"preconditions": {"resourceVersion": "1"}}
    answer = cluster.send("DELETE", cluster.path("ConfigMap", "c"), options)
    assert answer.status == 409
    assert cluster.get("ConfigMap", "c").status == 200


def test_namespace_goes_with_all_it_holds(cluster: Client) -> None:
    """Deleting a namespace deletes what is in it, and then it is gone."""
    cluster.apply(deployment())
    cluster.apply(manifest("Service", "s", spec={"ports": [{"port": 80}]}))
    answer = cluster.send("DELETE", f"/api/v1/namespaces/{cluster.namespace}")
    assert answer.body["status"]["phase"] == "Terminating"
    assert cluster.get("Deployment", "web").status == 404
    assert cluster.send("GET", f"/api/v1/namespaces/{cluster.namespace}").status == 404


def test_namespace_waits_for_finalizers(cluster: Client) -> None:
    """A namespace says what holds it, refuses new content, and goes when the last finalizer does."""
    cluster.create(_held("c"))
    path = f"/api/v1/namespaces/{cluster.namespace}"
    cluster.send("DELETE", path)
    shown = {item["type"]: item for item in cluster.send("GET", path).body["status"]["conditions"]}
    assert shown["NamespaceContentRemaining"]["message"].endswith("configmaps. has 1 resource instances")
    assert "tests.dev/hold in 1" in shown["NamespaceFinalizersRemaining"]["message"]
    assert cluster.create(manifest("ConfigMap", "late")).status == 403
    cluster.send("PATCH", cluster.path("ConfigMap", "c"), {"metadata": {"finalizers": None}}, MERGE)
    assert cluster.send("GET", path).status == 404


def test_namespace_finalizer_of_its_own(cluster: Client) -> None:
    """A finalizer on the namespace itself keeps it after its content is gone."""
    path = f"/api/v1/namespaces/{cluster.namespace}"
    cluster.send("PATCH", path, {"metadata": {"finalizers": ["tests.dev/hold"]}}, MERGE)
    cluster.create(manifest("ConfigMap", "c"))
    cluster.send("DELETE", path)
    assert cluster.get("ConfigMap", "c").status == 404
    assert cluster.send("GET", path).body["metadata"]["finalizers"] == ["tests.dev/hold"]
    cluster.send("PATCH", path, {"metadata": {"finalizers": None}}, MERGE)
    assert cluster.send("GET", path).status == 404


def _owned_by(owner: dict[str, object], name: str) -> dict[str, object]:
    obj = manifest("ConfigMap", name)
    meta = owner["metadata"]
    assert isinstance(meta, dict)
    reference = {"apiVersion": "v1", "kind": "ConfigMap", "name": meta["name"], "uid": meta["uid"]}
    obj["metadata"]["ownerReferences"] = [reference]
    return obj


def test_dependants_follow_their_owner(cluster: Client) -> None:
    """What an object owns is deleted after it, and what that owns too."""
    owner = cluster.create(manifest("ConfigMap", "owner")).body
    child = cluster.create(_owned_by(owner, "child")).body
    cluster.create(_owned_by(child, "grandchild"))
    cluster.send("DELETE", cluster.path("ConfigMap", "owner"))
    assert cluster.get("ConfigMap", "grandchild").status == 404


def test_orphans_stay(cluster: Client) -> None:
    """With the policy Orphan, dependants stay and forget their owner."""
    owner = cluster.create(manifest("ConfigMap", "owner")).body
    cluster.create(_owned_by(owner, "child"))
    cluster.send("DELETE", cluster.path("ConfigMap", "owner") + "?propagationPolicy=Orphan")
    assert "ownerReferences" not in cluster.get("ConfigMap", "child").body["metadata"]


def test_foreground_waits_for_dependants(cluster: Client) -> None:
    """With the policy Foreground, the owner stays until its dependants are gone."""
    owner = cluster.create(manifest("ConfigMap", "owner")).body
    child = _owned_by(owner, "child")
    assert isinstance(child["metadata"], dict)
    child["metadata"]["finalizers"] = ["tests.dev/hold"]
    cluster.create(child)
    cluster.send("DELETE", cluster.path("ConfigMap", "owner"), {"propagationPolicy": "Foreground"})
    assert cluster.get("ConfigMap", "owner").body["metadata"]["finalizers"] == ["foregroundDeletion"]
    cluster.send("PATCH", cluster.path("ConfigMap", "child"), {"metadata": {"finalizers": None}}, MERGE)
    assert cluster.get("ConfigMap", "owner").status == 404


def test_collection_by_label(cluster: Client) -> None:
    """A delete of a collection takes what its selector matches and nothing else."""
    cluster.create(manifest("ConfigMap", "a", labels={"x": "1"}))
    cluster.create(manifest("ConfigMap", "b", labels={"x": "2"}))
    answer = cluster.send("DELETE", cluster.path("ConfigMap") + "?labelSelector=x%3D1")
    assert [item["metadata"]["name"] for item in answer.body["items"]] == ["a"]
    assert cluster.get("ConfigMap", "b").status == 200


def test_definition_goes_with_its_objects(cluster: Client) -> None:
    """Deleting a definition removes its objects, and its kind is no longer served."""
    group = f"{cluster.namespace}.tests.dev"
    schema = {"openAPIV3Schema": {"type": "object", "x-kubernetes-preserve-unknown-fields": True}}
    spec = {
        "group": group,
        "scope": "Namespaced",
        "names": {"plural": "things", "kind": "Thing"},
        "versions": [{"name": "v1", "served": True, "storage": True, "schema": schema}],
    }
    definition = manifest("CustomResourceDefinition", f"things.{group}", spec=spec)
    assert cluster.apply(definition).status == 201
    path = f"/apis/{group}/v1/namespaces/{cluster.namespace}/things"
    thing = {"apiVersion": f"{group}/v1", "kind": "Thing", "metadata": {"name": "t"}, "any": {"thing": [1]}}
    assert cluster.send("POST", path, thing).body["any"] == {"thing": [1]}
    cluster.send("DELETE", cluster.path("CustomResourceDefinition", f"things.{group}"))
    assert until(lambda: cluster.send("GET", path).status == 404)
    assert cluster.send("GET", f"/apis/{group}").status == 404
