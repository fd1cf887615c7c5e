"""What the status of an object says about it."""

from contextlib import nullcontext
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from activities.kubernetes.readiness import address_of, refuse_lost_causes, waits_for
from domain.errors import QuotaExceeded

JsonObject = dict[str, Any]


def deployment(wanted: int = 2, **status: Any) -> JsonObject:
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": "auth", "generation": 3},
        "spec": {"replicas": wanted},
        "status": status,
    }


def full(count: int, **more: Any) -> JsonObject:
    return {
        "observedGeneration": 3,
        "replicas": count,
        "updatedReplicas": count,
        "availableReplicas": count,
    } | more


def conditioned(kind: str, api_version: str, *conditions: JsonObject) -> JsonObject:
    return {
        "apiVersion": api_version,
        "kind": kind,
        "metadata": {"name": "web", "generation": 2},
        "status": {"conditions": list(conditions)},
    }


@pytest.mark.parametrize(
    ("found", "expected"),
    [
        (deployment(), "deployment auth: not looked at by its controller yet"),
        (deployment(**full(2, observedGeneration=2)), "deployment auth: not looked at by its controller yet"),
        (deployment(**full(2)), None),
        (deployment(**full(2, availableReplicas=1)), "deployment auth: 1 of 2 replicas ready"),
        (deployment(**full(2, updatedReplicas=1)), "deployment auth: 1 of 2 replicas ready"),
        (deployment(**full(2, replicas=3)), "deployment auth: 1 old replicas still running"),
        (deployment(0, **full(0)), None),
        (deployment(0, observedGeneration=3), None),
        (deployment(0, **full(2)), "deployment auth: 2 replicas still stopping"),
    ],
)
def test_a_rollout_is_ready_when_all_replicas_are_new_and_available(
    found: JsonObject, expected: str | None
) -> None:
    """Stale status, old, missing and unavailable replicas each make a deployment wait, in words."""
    wait = waits_for(found, {})
    assert (wait.text if wait else None) == expected


@pytest.mark.parametrize(("available", "ready"), [(1, False), (2, True), (4, True)])
def test_an_autoscaler_needs_only_its_minimum(available: int, ready: bool) -> None:
    """Under an autoscaler the minimum counts, wherever it has moved the replicas."""
    found = deployment(5, **full(5, availableReplicas=available))
    assert (waits_for(found, {"auth": 2}) is None) is ready


def test_a_stuck_rollout_says_why() -> None:
    """A rollout past its deadline keeps waiting with the controller's message."""
    condition = {
        "type": "Progressing",
        "status": "False",
        "reason": "ProgressDeadlineExceeded",
        "message": "late",
    }
    wait = waits_for(deployment(**full(2, availableReplicas=0), conditions=[condition]), {})
    assert wait is not None
    assert wait.text == "deployment auth: 0 of 2 replicas ready (ProgressDeadlineExceeded: late)"


def refused_pods(message: str = "exceeded quota: x", **more: Any) -> JsonObject:
    failure = {
        "type": "ReplicaFailure",
        "status": "True",
        "reason": "FailedCreate",
        "message": message,
        "lastTransitionTime": "2026-05-01T12:00:00Z",
    }
    return deployment(**{"observedGeneration": 3, "conditions": [failure], **more})


def moving(at: str) -> JsonObject:
    return {"type": "Progressing", "status": "True", "lastUpdateTime": at}


LASTING = refused_pods()


@pytest.mark.parametrize(
    ("found", "seconds", "lost"),
    [
        (LASTING, 119, False),
        (LASTING, 120, True),
        (refused_pods("webhook away"), 3600, False),
        (refused_pods(observedGeneration=2), 3600, False),
        (
            refused_pods(conditions=[*LASTING["status"]["conditions"], moving("2026-05-01T12:01:00Z")]),
            120,
            False,
        ),
        (
            refused_pods(conditions=[*LASTING["status"]["conditions"], moving("2026-05-01T12:01:00Z")]),
            180,
            True,
        ),
        (
            refused_pods(conditions=[*LASTING["status"]["conditions"], moving("2026-05-01T11:00:00Z")]),
            120,
            True,
        ),
        (refused_pods(conditions=[LASTING["status"]["conditions"][0] | {"status": "False"}]), 3600, False),
        (deployment(), 3600, False),
    ],
    ids=[
        "fresh",
        "lasting",
        "another",
        "older state",
        "moved since",
        "moved long ago",
        "before",
        "over",
        "none",
    ],
)
def test_pods_refused_by_quota_are_a_lost_cause_in_time(found: JsonObject, seconds: int, lost: bool) -> None:
    """Only a refusal for want of quota that stood two minutes without progress ends the wait for good."""
    now = datetime(2026, 5, 1, 12, tzinfo=UTC) + timedelta(seconds=seconds)
    with pytest.raises(QuotaExceeded, match="deployment auth: exceeded quota: x") if lost else nullcontext():
        refuse_lost_causes(found, now, timedelta(minutes=2))


def test_a_passing_refusal_is_waited_for_in_words() -> None:
    """The wait says what the quota refuses."""
    wait = waits_for(LASTING, {})
    assert wait is not None
    assert wait.text == "deployment auth: 0 of 2 replicas ready (FailedCreate: exceeded quota: x)"


@pytest.mark.parametrize(
    ("conditions", "expected"),
    [
        ([], "certificate web: not looked at by its operator yet"),
        ([{"type": "Ready", "status": "False", "message": "issuing"}], "certificate web: issuing"),
        (
            [{"type": "Ready", "status": "True", "observedGeneration": 1, "message": "ok"}],
            "certificate web: ok",
        ),
        ([{"type": "Ready", "status": "True", "observedGeneration": 2}], None),
        ([{"type": "Ready", "status": "True"}], None),
    ],
)
def test_operated_objects_are_ready_when_their_operator_says_so(
    conditions: list[JsonObject], expected: str | None
) -> None:
    """Silence, refusal and an opinion on an older version of the object all mean waiting."""
    wait = waits_for(conditioned("Certificate", "cert-manager.io/v1", *conditions), {})
    assert (wait.text if wait else None) == expected


def test_a_kind_without_conditions_is_ready_when_stored() -> None:
    """Custom kinds that never speak of readiness are not waited for; those that do are."""
    assert waits_for(conditioned("Widget", "example.dev/v1"), {}) is None
    assert (
        waits_for(conditioned("Widget", "example.dev/v1", {"type": "Ready", "status": "False"}), {})
        is not None
    )


@pytest.mark.parametrize("entry", [{"hostname": "lb.example.com"}, {"ip": "192.0.2.1"}])
def test_a_load_balancer_is_ready_with_a_name_or_an_address(entry: dict[str, str]) -> None:
    """Only a service of type LoadBalancer waits for an address."""
    service: JsonObject = {"apiVersion": "v1", "kind": "Service", "metadata": {"name": "proxy"}, "spec": {}}
    assert waits_for(service, {}) is None
    service["spec"] = {"type": "LoadBalancer"}
    wait = waits_for(service, {})
    assert wait is not None
    assert wait.load_balancer
    service["status"] = {"loadBalancer": {"ingress": [entry]}}
    assert waits_for(service, {}) is None
    assert address_of(service) == next(iter(entry.values()))
