"""A group of objects is made, brought to the wanted state, and looked at."""

from concurrent.futures import ThreadPoolExecutor

import pytest

from domain.errors import NotReady, Unavailable
from domain.phases import Mode
from tests.activities.kubernetes.tenancy import Tenancy
from tests.activities.kubernetes.view import Control, View


def test_a_group_is_made_recorded_and_ready(tenancy: Tenancy, view: View) -> None:
    """Every object of the group exists, its row has its uid, and the load balancer is an output."""
    assert tenancy.ready("base").outputs == {}
    outcome = tenancy.ready("app")
    service = view.there("Service", "web", tenancy.namespace)
    entry = service["status"]["loadBalancer"]["ingress"][0]
    assert outcome.outputs == {"app.load_balancer": entry.get("hostname") or entry["ip"]}
    rows = tenancy.rows()
    made = {name for name, row in rows.items() if row.state == "made"}
    assert made == set(rows) - {"ConfigMap neighbour"}
    assert rows["Service web"].provider_id == service["metadata"]["uid"]
    deployment = view.there("Deployment", "web", tenancy.namespace)
    assert deployment["status"]["availableReplicas"] >= 2


def test_ensure_twice_changes_nothing(tenancy: Tenancy, view: View) -> None:
    """A second ensure leaves every object and every uid of the inventory as they were."""
    tenancy.ready("base")
    tenancy.ready("app")
    names = [("ConfigMap", "settings"), ("HorizontalPodAutoscaler", "web")]
    before = [view.there(kind, name, tenancy.namespace)["metadata"] for kind, name in names]
    generation = view.there("Deployment", "web", tenancy.namespace)["metadata"]["generation"]
    uids = {name: row.provider_id for name, row in tenancy.rows().items()}
    tenancy.ready("base")
    tenancy.ready("app")
    after = [view.there(kind, name, tenancy.namespace)["metadata"] for kind, name in names]
    assert [m["uid"] for m in before] == [m["uid"] for m in after]
    assert before[0]["resourceVersion"] == after[0]["resourceVersion"]
    web = view.there("Deployment", "web", tenancy.namespace)
    assert web["metadata"]["generation"] == generation
    assert {name: row.provider_id for name, row in tenancy.rows().items()} == uids


def test_a_newer_blueprint_changes_what_exists(tenancy: Tenancy, view: View) -> None:
    """Ensure brings an existing object to the values of a newer blueprint."""
    tenancy.ready("base")
    tenancy.ready("app")
    tenancy.values["note"] = "second"
    tenancy.ready("app")
    assert view.there("ConfigMap", "settings", tenancy.namespace)["data"] == {"note": "second"}


def test_the_autoscalers_replicas_stay(tenancy: Tenancy, view: View) -> None:
    """An ensure does not reset the replicas that an autoscaler has chosen."""
    tenancy.ready("base")
    tenancy.ready("app")
    view.scale("web", tenancy.namespace, 3)
    tenancy.values["note"] = "second"
    tenancy.ready("app")
    assert view.there("Deployment", "web", tenancy.namespace)["spec"]["replicas"] == 3


def test_stopping_and_starting_again(tenancy: Tenancy, view: View) -> None:
    """Stopped means no replicas, whatever the autoscaler chose, and no autoscaler; running restores both."""
    tenancy.ready("base")
    tenancy.ready("app")
    view.scale("web", tenancy.namespace, 3)
    tenancy.ready("app", Mode.STOPPED)
    deployment = view.there("Deployment", "web", tenancy.namespace)
    assert deployment["spec"]["replicas"] == 0
    assert not deployment["status"].get("replicas")
    assert view.get("HorizontalPodAutoscaler", "web", tenancy.namespace) is None
    assert tenancy.rows()["HorizontalPodAutoscaler web"].state == "gone"
    tenancy.ready("app")
    assert tenancy.rows()["HorizontalPodAutoscaler web"].state == "made"
    deployment = view.there("Deployment", "web", tenancy.namespace)
    assert deployment["status"]["availableReplicas"] >= 2


def test_what_is_not_there_is_not_ready(tenancy: Tenancy, view: View) -> None:
    """A look names what it waits for, and never takes a missing object for a usable one."""
    tenancy.ready("base")
    with pytest.raises(NotReady, match=r"deployment web: missing; service web: missing"):
        tenancy.await_ready("app")
    assert view.get("Deployment", "web", tenancy.namespace) is None


def test_what_is_on_its_way_is_named(tenancy: Tenancy, control: Control) -> None:
    """Ensure and the look say in words what they wait for, and are ready when it is."""
    tenancy.ready("base")
    expected = (
        "deployment web: not looked at by its controller yet; "
        "service web: no address of its load balancer yet"
    )
    with control.nothing_becomes_ready():
        outcome = tenancy.ensure("app")
        assert (outcome.ready, outcome.waiting_for, outcome.outputs) == (False, expected, {})
        with pytest.raises(NotReady, match=expected):
            tenancy.await_ready("app")
    outcome = tenancy.eventually("await_ready", tenancy.call("app", Mode.RUNNING))
    assert outcome.outputs["app.load_balancer"]


def test_a_fresh_group_costs_one_call_per_object(tenancy: Tenancy, control: Control) -> None:
    """A sign-up reads a namespace once per step and else only what was not usable when it was stored.

    By that second look a group that takes no time is ready without a poll.
    """
    with control.calls() as calls:
        tenancy.ensure("base")
    assert calls == ["create namespaces", "patch namespaces", "patch resourcequotas"]
    with control.calls() as calls:
        assert tenancy.ensure("app").ready
    read = [call for call in calls if not call.startswith("patch")]
    assert read[0] == "get namespaces"
    assert set(read[1:]) <= {"get deployments", "get services"}
    assert len(read) <= 3


def test_attempts_side_by_side(tenancy: Tenancy, view: View) -> None:
    """Attempts that run at the same time, as after a timeout, all succeed and make everything once."""
    with ThreadPoolExecutor(4) as threads:
        attempts = [threads.submit(tenancy.ensure, "base") for _ in range(4)]
        assert all(attempt.result().ready for attempt in attempts)
    uid = view.there("Namespace", tenancy.namespace)["metadata"]["uid"]
    assert tenancy.rows("base")[f"Namespace {tenancy.namespace}"].provider_id == uid


def test_what_is_still_being_deleted_is_not_taken_for_made(tenancy: Tenancy, view: View) -> None:
    """An object that would vanish after the apply is waited for, and then made anew."""
    tenancy.ready("base")
    tenancy.ready("other")
    view.change(
        "ConfigMap", "neighbour", tenancy.namespace, {"metadata": {"finalizers": ["example.dev/hold"]}}
    )
    view.delete("ConfigMap", "neighbour", tenancy.namespace)
    with pytest.raises(Unavailable, match=r"configmap neighbour is being deleted: held by finalizer"):
        tenancy.ensure("other")
    view.change("ConfigMap", "neighbour", tenancy.namespace, {"metadata": {"finalizers": None}})
    tenancy.ready("other")
    made = view.there("ConfigMap", "neighbour", tenancy.namespace)["metadata"]
    assert made["uid"] == tenancy.rows()["ConfigMap neighbour"].provider_id
