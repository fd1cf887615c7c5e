"""Field ownership and merging beyond what the recordings show."""

import concurrent.futures
from typing import Any

import pytest

from tests.devstack.kubernetes_client import (
    JSON_PATCH,
    MERGE,
    STRATEGIC,
    Client,
    container,
    deployment,
    manifest,
)

pytest_plugins = ("tests.devstack.kubernetes_fixtures",)


def _owned(obj: dict[str, Any], manager: str) -> dict[str, Any]:
    return next(item["fieldsV1"] for item in obj["metadata"]["managedFields"] if item["manager"] == manager)


def test_unchanged_apply_keeps_version(cluster: Client) -> None:
    """An apply that changes nothing keeps the version and the time of its entry."""
    first = cluster.apply(deployment()).body
    ready = cluster.get("Deployment", "web").body
    again = cluster.apply(deployment())
    assert again.status == 200
    assert again.body["metadata"]["resourceVersion"] == ready["metadata"]["resourceVersion"]
    assert _owned(again.body, "engine") == _owned(first, "engine")


def test_two_managers_share_a_value(cluster: Client) -> None:
    """Who applies the value that is there shares it, and it stays until the last of them leaves it out."""
    cluster.apply(manifest("ConfigMap", "c", data={"a": "1"}))
    assert cluster.apply(manifest("ConfigMap", "c", data={"a": "1"}), manager="other").status == 200
    kept = cluster.apply(manifest("ConfigMap", "c", data={"b": "2"}))
    assert kept.body["data"] == {"a": "1", "b": "2"}
    gone = cluster.apply(manifest("ConfigMap", "c", data={"c": "3"}), manager="other")
    assert gone.body["data"] == {"b": "2", "c": "3"}


def test_item_left_out_of_a_keyed_list(cluster: Client) -> None:
    """An item that its only owner leaves out of a keyed list is removed; another's item stays."""
    both = deployment()
    both["spec"]["template"]["spec"]["containers"].append(container("helper"))
    cluster.apply(both)
    mesh = deployment(replicas=None, name="web")
    mesh["spec"]["template"]["spec"]["containers"] = [{"name": "mesh", "image": "mesh:1"}]
    cluster.apply(mesh, manager="mesh")
    found = cluster.apply(deployment()).body["spec"]["template"]["spec"]["containers"]
    assert [item["name"] for item in found] == ["app", "mesh"]


def test_keys_of_ports_default(cluster: Client) -> None:
    """A port without a protocol is the TCP port: applying it under either spelling is one entry."""
    service = manifest("Service", "s", spec={"ports": [{"port": 80}], "selector": {"app": "web"}})
    first = cluster.apply(service).body["spec"]["ports"]
    service["spec"]["ports"][0]["protocol"] = "TCP"
    assert cluster.apply(service).body["spec"]["ports"] == first


def test_atomic_list_is_replaced(cluster: Client) -> None:
    """The rules of a role have one owner, and are replaced as a whole."""
    rules = [{"apiGroups": [""], "resources": ["secrets"], "verbs": ["get"]}]
    cluster.apply(manifest("Role", "r", rules=rules))
    other = [{"apiGroups": [""], "resources": ["pods"], "verbs": ["get"]}]
    refused = cluster.apply(manifest("Role", "r", rules=other), manager="other")
    assert refused.status == 409
    assert refused.fields == [".rules"]
    assert cluster.apply(manifest("Role", "r", rules=other)).body["rules"] == other


def test_several_conflicts_are_listed(cluster: Client) -> None:
    """Conflicts with one manager are listed under it, one cause each."""
    cluster.apply(manifest("ConfigMap", "c", data={"a": "1", "b": "1"}))
    refused = cluster.apply(manifest("ConfigMap", "c", data={"a": "2", "b": "2"}), manager="other")
    assert refused.body["message"] == (
        'Apply failed with 2 conflicts: conflicts with "engine":\n- .data.a\n- .data.b'
    )
    assert refused.fields == [".data.a", ".data.b"]


def test_update_takes_ownership(cluster: Client) -> None:
    """A merge patch takes the fields that it changes, so the next apply of them conflicts."""
    cluster.apply(manifest("ConfigMap", "c", data={"a": "1", "b": "1"}))
    cluster.send("PATCH", cluster.path("ConfigMap", "c") + "?fieldManager=hand", {"data": {"a": "9"}}, MERGE)
    refused = cluster.apply(manifest("ConfigMap", "c", data={"a": "1", "b": "1"}))
    assert refused.status == 409
    assert refused.body["details"]["causes"][0]["message"] == 'conflict with "hand" using v1'
    forced = cluster.apply(manifest("ConfigMap", "c", data={"a": "1", "b": "1"}), force="true")
    assert [item["manager"] for item in forced.body["metadata"]["managedFields"]] == ["engine"]


def test_finalizers_are_a_set(cluster: Client) -> None:
    """Finalizers of two managers are kept side by side, and each removes its own."""
    mine, other = manifest("ConfigMap", "c"), manifest("ConfigMap", "c")
    mine["metadata"]["finalizers"], other["metadata"]["finalizers"] = ["a.dev/x"], ["b.dev/y"]
    cluster.apply(mine)
    assert cluster.apply(other, manager="other").body["metadata"]["finalizers"] == ["a.dev/x", "b.dev/y"]
    assert cluster.apply(manifest("ConfigMap", "c")).body["metadata"]["finalizers"] == ["b.dev/y"]


def test_apply_of_status(cluster: Client) -> None:
    """Status is applied through its subresource alone, and nothing else is applied there."""
    obj = manifest(
        "SecretStore", "s", spec={"provider": {"aws": {"region": "r", "service": "SecretsManager"}}}
    )
    ignored = cluster.apply({**obj, "status": {"capabilities": "ReadOnly"}}).body
    assert "status" not in ignored
    path = cluster.path("SecretStore", "s") + "/status?fieldManager=operator&force=true"
    changed = {"provider": {"aws": {"region": "other", "service": "SecretsManager"}}}
    wanted = {**obj, "spec": changed, "status": {"capabilities": "ReadOnly"}}
    answer = cluster.send("PATCH", path, wanted, "application/apply-patch+yaml").body
    assert answer["status"]["capabilities"] == "ReadOnly"
    assert answer["spec"]["provider"]["aws"]["region"] == "r"


def test_yaml_body(cluster: Client) -> None:
    """An applied body may be YAML."""
    path = cluster.path("ConfigMap", "y") + "?fieldManager=engine"
    text = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: y}\ndata:\n  a: |\n    b\n"
    headers = {"Content-Type": "application/apply-patch+yaml"}
    assert cluster.http.patch(path, content=text, headers=headers).json()["data"] == {"a": "b\n"}


def test_strategic_merge_patch(cluster: Client) -> None:
    """A strategic patch merges containers by name, and deletes the one it is told to."""
    cluster.apply(deployment())
    items = [{"name": "extra", "image": "extra:1"}, {"name": "app", "image": "app:2"}]
    patch = {"spec": {"template": {"spec": {"containers": items}}}}
    found = cluster.send("PATCH", cluster.path("Deployment", "web"), patch, STRATEGIC).body
    shown = {item["name"]: item["image"] for item in found["spec"]["template"]["spec"]["containers"]}
    assert shown == {"app": "app:2", "extra": "extra:1"}
    items[:] = [{"name": "extra", "$patch": "delete"}]
    found = cluster.send("PATCH", cluster.path("Deployment", "web"), patch, STRATEGIC).body
    assert [item["name"] for item in found["spec"]["template"]["spec"]["containers"]] == ["app"]


def test_json_patch(cluster: Client) -> None:
    """A JSON patch is done as a whole or, if its test fails, not at all."""
    cluster.create(manifest("ConfigMap", "c", data={"a": "1"}))
    path = cluster.path("ConfigMap", "c")
    steps = [{"op": "test", "path": "/data/a", "value": "1"}, {"op": "add", "path": "/data/b", "value": "2"}]
    assert cluster.send("PATCH", path, steps, JSON_PATCH).body["data"] == {"a": "1", "b": "2"}
    steps = [{"op": "remove", "path": "/data/b"}, {"op": "test", "path": "/data/a", "value": "2"}]
    assert cluster.send("PATCH", path, steps, JSON_PATCH).status == 422
    assert cluster.get("ConfigMap", "c").body["data"] == {"a": "1", "b": "2"}


def test_one_of_many_writers_wins(cluster: Client) -> None:
    """Of writers that read the same version, one wins and the others are told that it was modified."""
    cluster.create(manifest("ConfigMap", "c", data={"n": "0"}))
    read = cluster.get("ConfigMap", "c").body

    def write(number: int) -> int:
        return cluster.send(
            "PUT", cluster.path("ConfigMap", "c"), {**read, "data": {"n": str(number)}}
        ).status

    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        statuses = sorted(pool.map(write, range(1, 9)))
    assert statuses == [200, *[409] * 7]


def test_racing_applies_make_one_object(cluster: Client) -> None:
    """Of many applies of a new object, one creates it and the others find it."""
    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda _: cluster.apply(deployment()), range(8)))
    assert sorted(answer.status for answer in answers) == [*[200] * 7, 201]
    assert len({answer.body["metadata"]["uid"] for answer in answers}) == 1


@pytest.mark.parametrize(
    ("change", "fields"),
    [
        ({"replicas": -1}, ["spec.replicas"]),
        ({"selector": None}, ["spec.selector", "spec.template.metadata.labels"]),
        ({"strategy": {"type": "Sideways"}}, ["spec.strategy.type"]),
    ],
)
def test_invalid_deployment(cluster: Client, change: dict[str, Any], fields: list[str]) -> None:
    """A Deployment that breaks a rule is refused with the fields that break it."""
    obj = deployment()
    obj["spec"] |= change
    answer = cluster.apply(obj)
    assert answer.status == 422
    assert answer.fields == fields


@pytest.mark.parametrize(
    ("obj", "fields"),
    [
        (manifest("Service", "s", spec={"selector": {"a": "b"}}), ["spec.ports"]),
        (
            manifest("Service", "s", spec={"ports": [{"port": 70000}]}),
            ["spec.ports[0].port", "spec.ports[0].targetPort"],
        ),
        (manifest("ConfigMap", "c", data={"not/allowed": ""}), ["data[not/allowed]"]),
        (manifest("ConfigMap", "c", labels={"a": "not allowed"}), ["metadata.labels"]),
        (
            manifest("Role", "r", rules=[{"apiGroups": [""], "resources": ["pods"], "verbs": []}]),
            ["rules[0].verbs"],
        ),
        (
            manifest(
                "NetworkPolicy",
                "n",
                spec={"podSelector": {}, "egress": [{"to": [{"ipBlock": {"cidr": "x"}}]}]},
            ),
            ["spec.egress[0].to[0].ipBlock.cidr"],
        ),
        (
            manifest(
                "HorizontalPodAutoscaler",
                "h",
                spec={
                    "minReplicas": 4,
                    "maxReplicas": 2,
                    "scaleTargetRef": {"kind": "Deployment", "name": "w"},
                },
            ),
            ["spec.maxReplicas"],
        ),
        (manifest("SecretStore", "s", spec={"provider": {"aws": {"service": "Other"}}}), None),
        (manifest("Certificate", "c", spec={"secretName": "s"}), ["spec.issuerRef"]),
    ],
    ids=lambda value: value["kind"] if isinstance(value, dict) else "",
)
def test_invalid_objects(cluster: Client, obj: dict[str, Any], fields: list[str] | None) -> None:
    """Objects that break a rule of their kind are refused with the fields that break it."""
    answer = cluster.apply(obj)
    assert answer.status == 422
    wanted = fields or ["spec.provider.aws.region", "spec.provider.aws.service"]
    assert answer.fields == wanted


def test_create_drops_and_names_unknown_fields(cluster: Client) -> None:
    """A create warns of fields that the kind lacks and drops them; a strict one refuses them."""
    obj = deployment()
    obj["spec"]["replica"] = 3
    assert cluster.create(obj, fieldValidation="Strict").body["message"] == (
        'Deployment in version "v1" cannot be handled as a Deployment: strict decoding error: '
        'unknown field "spec.replica"'
    )
    made = cluster.create(obj)
    assert made.headers["warning"] == '299 - "unknown field \\"spec.replica\\""'
    assert "replica" not in made.body["spec"]


def test_secret_type_is_immutable(cluster: Client) -> None:
    """The type of a Secret cannot be changed once it is set."""
    cluster.apply(manifest("Secret", "s", type="Opaque", stringData={"a": "b"}))
    answer = cluster.apply(manifest("Secret", "s", type="other", stringData={"a": "b"}))
    assert answer.status == 422
    assert answer.fields == ["type"]


def test_dry_run_changes_nothing(cluster: Client) -> None:
    """A dry run answers with what would be, and leaves object and addresses as they were."""
    cluster.apply(manifest("ConfigMap", "c", data={"a": "1"}))
    shown = cluster.apply(manifest("ConfigMap", "c", data={"a": "2"}), dryRun="All").body
    assert shown["data"] == {"a": "2"}
    assert cluster.get("ConfigMap", "c").body["data"] == {"a": "1"}
    assert [call["dry_run"] for call in cluster.control("GET", "calls")["calls"]][-3:] == [False, True, False]
    gone = cluster.send("DELETE", cluster.path("ConfigMap", "c") + "?dryRun=All")
    assert gone.body["status"] == "Success"
    assert cluster.get("ConfigMap", "c").status == 200
