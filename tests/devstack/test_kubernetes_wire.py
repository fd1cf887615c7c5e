"""The wire: faults, delays, recorded calls, tokens, watches, pages."""

import json
import threading
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from devstack.kubernetes import ADMIN, Identity, Rule, StandIn
from devstack.kubernetes.reads import watch_objects
from devstack.kubernetes.registry import Registry
from devstack.kubernetes.requests import Request, Target
from devstack.kubernetes.store import Store
from tests.devstack.kubernetes_client import MERGE, Client, deployment, manifest, until

pytest_plugins = ("tests.devstack.kubernetes_fixtures",)


@pytest.fixture(autouse=True)
def _clean(stand_in: StandIn) -> Iterator[None]:
    """Faults, delays and calls of one test do not reach the next."""
    yield
    client = Client(stand_in.url("cell"))
    client.control("DELETE", "faults")
    client.control("DELETE", "calls")
    client.control("PUT", "delays", dict.fromkeys(client.control("GET", "delays"), 0))


def test_refusal(cluster: Client) -> None:
    """A refused request has no effect, says when to come again, and the fault ends after its times."""
    match = {"verb": "patch", "resource": "configmaps", "namespace": cluster.namespace, "name": "c*"}
    fault = {"match": match, "action": "refuse", "status": 429, "reason": "TooManyRequests", "retry_after": 3}
    cluster.control("POST", "faults", {**fault, "message": "slow down", "times": 1})
    refused = cluster.apply(manifest("ConfigMap", "c"))
    assert (refused.status, refused.headers["retry-after"]) == (429, "3")
    assert refused.body["details"] == {"retryAfterSeconds": 3}
    assert cluster.get("ConfigMap", "c").status == 404
    assert cluster.apply(manifest("ConfigMap", "c")).status == 201
    assert cluster.control("GET", "faults") == {"faults": []}


def test_dropped_answer(cluster: Client) -> None:
    """A dropped answer leaves the effect and closes the connection."""
    cluster.control(
        "POST", "faults", {"id": "f", "match": {"resource": "configmaps"}, "action": "drop_answer"}
    )
    with pytest.raises(httpx.RemoteProtocolError):
        cluster.apply(manifest("ConfigMap", "c"))
    assert cluster.control("DELETE", "faults/f") == {"removed": 1}
    assert cluster.get("ConfigMap", "c").status == 200


def test_delayed_request(cluster: Client) -> None:
    """A delayed request waits before it takes effect, and others do not wait with it."""
    cluster.control(
        "POST", "faults", {"match": {"name": "slow"}, "action": "delay", "seconds": 0.3, "times": 1}
    )
    answers: list[int] = []
    thread = threading.Thread(
        target=lambda: answers.append(cluster.apply(manifest("ConfigMap", "slow")).status)
    )
    thread.start()
    until(lambda: not cluster.control("GET", "faults")["faults"])
    assert cluster.apply(manifest("ConfigMap", "quick")).status == 201
    assert not answers
    thread.join()
    assert answers == [201]


@pytest.mark.parametrize("times", [None, 1])
def test_a_removed_delay_lets_go(cluster: Client, times: int | None) -> None:
    """What a delay holds takes effect as soon as the fault is removed, also if it is used up."""
    fault = {"id": "hold", "match": {"name": "held"}, "action": "delay", "seconds": 60, "times": times}
    cluster.control("POST", "faults", fault)
    answers: list[int] = []
    thread = threading.Thread(
        target=lambda: answers.append(cluster.apply(manifest("ConfigMap", "held")).status)
    )
    thread.start()
    until(lambda: all(fault["taken"] for fault in cluster.control("GET", "faults")["faults"]))
    cluster.control("DELETE", "faults/hold")
    thread.join(timeout=10)
    assert answers == [201]


def test_a_fault_may_spare_dry_runs(cluster: Client) -> None:
    """Requests that change nothing are told from those that do."""
    cluster.control("POST", "faults", {"match": {"verb": "patch", "dry_run": "false"}, "action": "refuse"})
    assert cluster.apply(manifest("ConfigMap", "dry"), dryRun="All").status == 201
    assert cluster.apply(manifest("ConfigMap", "dry")).status == 503


@pytest.mark.parametrize(
    "fault",
    [
        {"action": "explode"},
        {"action": "delay", "match": {"colour": "red"}},
        {"action": "delay", "secs": 1},
        {"action": "delay", "share": 0},
        [],
    ],
)
def test_bad_fault(cluster: Client, fault: object) -> None:
    """A fault that cannot be understood is refused and not set."""
    assert cluster.send("POST", "/_devstack/faults", fault).status == 400
    assert cluster.control("GET", "faults") == {"faults": []}


@pytest.mark.parametrize("delays", [{"tea": 1}, {"deployment": -1}, {"deployment": "soon"}, []])
def test_bad_delays(cluster: Client, delays: object) -> None:
    """Delays that cannot be understood are refused and none is changed."""
    before = cluster.control("GET", "delays")
    assert cluster.send("PUT", "/_devstack/delays", delays).status == 400
    assert cluster.control("GET", "delays") == before


def test_delayed_rollout(cluster: Client) -> None:
    """Behind a delay a rollout is seen to progress, and shortening the delay finishes it."""
    cluster.control("PUT", "delays", {"deployment": 3600})
    cluster.apply(deployment())
    status = cluster.get("Deployment", "web").body["status"]
    assert (status["observedGeneration"], status["readyReplicas"], status["unavailableReplicas"]) == (1, 0, 2)
    cluster.control("PUT", "delays", {"deployment": 0})
    until(lambda: cluster.get("Deployment", "web").body["status"].get("readyReplicas") == 2)


def test_autoscaled_rollout_takes_one_delay(cluster: Client) -> None:
    """An autoscaler acts at once, so a rollout that it enlarges is ready after one delay and not two."""
    cluster.control("PUT", "delays", {"deployment": 3600})
    target = {"apiVersion": "apps/v1", "kind": "Deployment", "name": "web"}
    cluster.apply(deployment(replicas=None))
    spec = {"scaleTargetRef": target, "minReplicas": 3, "maxReplicas": 5}
    cluster.apply(manifest("HorizontalPodAutoscaler", "web", spec=spec))
    found = cluster.get("Deployment", "web").body
    assert (found["spec"]["replicas"], found["status"]["observedGeneration"]) == (3, 2)
    assert found["status"]["readyReplicas"] == 0


def test_a_rollout_that_is_never_ready(cluster: Client) -> None:
    """Without a delay's end nothing touches the status."""
    cluster.control("PUT", "delays", {"deployment": None})
    cluster.apply(deployment())
    assert cluster.get("Deployment", "web").body["status"] == {}


def test_calls_are_recorded(cluster: Client) -> None:
    """Each call is recorded with what it was about, by whom and how it ended, and never with a body."""
    cluster.control("DELETE", "calls")
    cluster.apply(manifest("Secret", "s", stringData={"password": "hidden"}))
    cluster.send("PATCH", cluster.path("Deployment", "web") + "/status", {"status": {}}, MERGE)
    calls = cluster.control("GET", "calls")["calls"]
    assert calls[0] == {
        "verb": "patch",
        "group": "",
        "version": "v1",
        "resource": "secrets",
        "subresource": "",
        "namespace": cluster.namespace,
        "name": "s",
        "user": ADMIN.user,
        "status": 201,
        "dry_run": False,
    }
    assert (calls[1]["resource"], calls[1]["subresource"], calls[1]["status"]) == (
        "deployments",
        "status",
        404,
    )
    assert "hidden" not in json.dumps(calls)


def test_tokens_have_rules() -> None:
    """A token may do what one of its rules allows; an unknown token and none at all may not."""
    reader = Identity(
        "reader", (Rule(verbs=frozenset({"get", "list"}), resources=frozenset({"configmaps"})),)
    )
    with StandIn(["cell"], tokens={"r": reader}) as stand_in:
        client = Client(stand_in.url("cell"), token="r")
        client.namespace = "default"
        assert client.get("ConfigMap", "absent").status == 404
        refused = client.create(manifest("ConfigMap", "c"))
        assert refused.body["message"] == (
            'configmaps is forbidden: User "reader" cannot create resource "configmaps" in API group "" '
            'in the namespace "default"'
        )
        assert client.get("Secret", "s").status == 403
        assert Client(stand_in.url("cell"), token="other").get("ConfigMap", "c").status == 401
        assert Client(stand_in.url("cell"), token="").get("ConfigMap", "c").status == 403
        assert Client(stand_in.url("cell"), token="").send("GET", "/readyz").body == "ok"


def test_watch_streams_changes(cluster: Client) -> None:
    """A watch tells changes as they come; one with a selector tells what begins and ceases to match."""
    version = cluster.send("GET", cluster.path("ConfigMap")).body["metadata"]["resourceVersion"]
    seen: list[tuple[str, str]] = []

    def follow() -> None:
        query = f"?watch=true&resourceVersion={version}&labelSelector=on%3Dyes"
        with cluster.http.stream("GET", cluster.path("ConfigMap") + query) as answer:
            for line in answer.iter_lines():
                event = json.loads(line)
                seen.append((event["type"], event["object"]["metadata"]["name"]))
                if len(seen) == 4:
                    return

    thread = threading.Thread(target=follow)
    thread.start()
    cluster.create(manifest("ConfigMap", "off"))
    cluster.create(manifest("ConfigMap", "a", labels={"on": "yes"}))
    cluster.send("PATCH", cluster.path("ConfigMap", "a"), {"data": {"x": "1"}}, MERGE)
    cluster.send("PATCH", cluster.path("ConfigMap", "a"), {"metadata": {"labels": None}}, MERGE)
    cluster.send("PATCH", cluster.path("ConfigMap", "off"), {"metadata": {"labels": {"on": "yes"}}}, MERGE)
    thread.join(10)
    assert seen == [("ADDED", "a"), ("MODIFIED", "a"), ("DELETED", "a"), ("ADDED", "off")]


def test_watch_of_a_forgotten_version() -> None:
    """A watch from a version after which not every change is remembered is told to list anew."""
    store = Store(history=2)
    obj = manifest("ConfigMap", "c")
    versions = [store.save(("", "configmaps"), obj)["metadata"]["resourceVersion"] for _ in range(4)]
    resource = Registry().stored(("", "configmaps"))
    assert resource is not None

    def first(version: str) -> list[dict[str, Any]]:
        request = Request("GET", "/api/v1/configmaps", {"resourceVersion": version})
        return watch_objects(store, resource, Target("watch"), request, lambda found: found).first

    (event,) = first(versions[0])
    assert (event["type"], event["object"]["code"], event["object"]["reason"]) == ("ERROR", 410, "Expired")
    assert [event["type"] for event in first(versions[1])] == ["MODIFIED", "MODIFIED"]


def test_initial_events_end_with_a_bookmark(cluster: Client) -> None:
    """A watch that asks for what exists is told where that ends."""
    cluster.create(manifest("ConfigMap", "a"))
    query = "?watch=true&sendInitialEvents=true&allowWatchBookmarks=true&resourceVersionMatch=NotOlderThan"
    answer = cluster.http.get(cluster.path("ConfigMap") + query + "&timeoutSeconds=1")
    events = [json.loads(line) for line in answer.text.splitlines()]
    assert [event["type"] for event in events] == ["ADDED", "BOOKMARK"]
    assert events[1]["object"]["metadata"]["annotations"] == {"k8s.io/initial-events-end": "true"}


def test_pages(cluster: Client) -> None:
    """Pages follow on each other without a gap or a repeat."""
    for number in range(5):
        cluster.create(manifest("ConfigMap", f"c{number}"))
    names, token, rest = [], "", []
    while True:
        page = cluster.send("GET", f"{cluster.path('ConfigMap')}?limit=2&continue={token}").body
        names += [item["metadata"]["name"] for item in page["items"]]
        rest.append(page["metadata"].get("remainingItemCount", 0))
        token = page["metadata"].get("continue", "")
        if not token:
            break
    assert names == [f"c{number}" for number in range(5)]
    assert rest == [3, 1, 0]


@pytest.mark.parametrize(
    ("selector", "names"),
    [
        ("labelSelector=tier in (a,b)", ["one", "two"]),
        ("labelSelector=tier notin (a)", ["bare", "two"]),
        ("labelSelector=tier,tier!=a", ["two"]),
        ("labelSelector=!tier", ["bare"]),
        ("fieldSelector=metadata.name=one", ["one"]),
        ("fieldSelector=metadata.name!=one", ["bare", "two"]),
    ],
)
def test_selectors(cluster: Client, selector: str, names: list[str]) -> None:
    """Label and field selectors choose as the real server's do."""
    for name, labels in (("one", {"tier": "a"}), ("two", {"tier": "b"}), ("bare", None)):
        cluster.create(manifest("ConfigMap", name, labels=labels))
    found = cluster.send("GET", f"{cluster.path('ConfigMap')}?{selector}").body["items"]
    assert sorted(item["metadata"]["name"] for item in found) == names


def test_cells_keep_apart() -> None:
    """Every cell has a state of its own, and a cluster without definitions lacks their kinds."""
    with StandIn(["one", "two"], crds=False) as stand_in:
        one, two = Client(stand_in.url("one")).make_namespace(), Client(stand_in.url("two"))
        assert two.send("GET", one.path("Namespace", one.namespace)).status == 404
        absent = one.apply(manifest("Certificate", "c"))
        assert (absent.status, absent.body) == (404, "404 page not found\n")


def test_connections_are_kept(cluster: Client) -> None:
    """Many requests of a client share one connection."""
    with httpx.Client(base_url=cluster.url) as http:
        sockets = {id(http.get("/readyz").extensions["network_stream"]) for _ in range(5)}
    assert len(sockets) == 1
