"""A lost answer, or a refusal for now: the same call again ends where one alone would have."""

from contextlib import AbstractContextManager
from datetime import timedelta
from typing import Any

import pytest

from domain.errors import TemporaryError, Throttled, Unavailable
from tests.activities.kubernetes.tenancy import Tenancy
from tests.activities.kubernetes.view import Control, View


@pytest.mark.parametrize(
    ("step", "verb", "resource"),
    [
        ("base", "create", "namespaces"),
        ("base", "patch", "namespaces"),
        ("base", "patch", "resourcequotas"),
        ("app", "get", "namespaces"),
        ("app", "patch", "configmaps"),
        ("app", "patch", "deployments"),
        ("app", "patch", "services"),
        ("app", "patch", "horizontalpodautoscalers"),
    ],
)
def test_ensure_after_a_lost_answer(
    tenancy: Tenancy, view: View, control: Control, step: str, verb: str, resource: str
) -> None:
    """Whichever answer of ensure is lost, ensure again ends with everything made once and recorded."""
    if step == "app":
        tenancy.ready("base")
    with lost(control, verb, resource), pytest.raises(Unavailable):
        tenancy.ensure(step)
    made_before = view.get("Namespace", tenancy.namespace)
    tenancy.ready("base")
    tenancy.ready("app")
    if made_before:
        uid = made_before["metadata"]["uid"]
        assert view.there("Namespace", tenancy.namespace)["metadata"]["uid"] == uid
    assert {row.state for row in tenancy.rows("base").values()} == {"made"}
    assert {row.state for row in tenancy.rows("app").values()} == {"made"}


@pytest.mark.parametrize(
    ("step", "verb", "resource"),
    [
        ("app", "delete", "deployments"),
        ("app", "delete", "configmaps"),
        ("app", "get", "services"),
        ("base", "delete", "namespaces"),
    ],
)
def test_removal_after_a_lost_answer(
    tenancy: Tenancy, view: View, control: Control, step: str, verb: str, resource: str
) -> None:
    """Whichever answer of a removal is lost, the removal again ends with nothing left and all rows proven."""
    tenancy.ready("base")
    tenancy.ready("app")
    with lost(control, verb, resource), pytest.raises(Unavailable):
        tenancy.removed(step)
    tenancy.removed("app", "other", "base")
    assert view.get("Namespace", tenancy.namespace) is None
    assert {row.state for row in tenancy.rows().values()} == {"gone"}


def test_verification_after_a_lost_answer(tenancy: Tenancy, control: Control) -> None:
    """A verification whose question went unanswered says nothing, and the next one says all."""
    tenancy.ready("base")
    tenancy.removed("base")
    with lost(control, "get", "namespaces"), pytest.raises(Unavailable):
        tenancy.verify()
    assert tenancy.verify().survivors == []


def test_the_look_after_a_lost_answer(tenancy: Tenancy, control: Control) -> None:
    """A look whose question went unanswered is no look: neither ready nor failed for good."""
    tenancy.ready("base")
    tenancy.ready("app")
    with lost(control, "get", "deployments"), pytest.raises(Unavailable):
        tenancy.await_ready("app")
    assert tenancy.await_ready("app").ready


@pytest.mark.parametrize(("status", "kind"), [(429, Throttled), (503, Unavailable)])
def test_a_refusal_for_now_carries_its_delay(
    tenancy: Tenancy, control: Control, status: int, kind: type[TemporaryError]
) -> None:
    """The delay that a busy server asks for reaches the retry, and no layer below retries by itself."""
    refusal: dict[str, Any] = {"action": "refuse", "status": status, "retry_after": 7, "times": 1}
    with control.fault("create", "namespaces", **refusal), pytest.raises(kind) as caught:
        tenancy.ensure("base")
    assert caught.value.retry_after == timedelta(seconds=7)


def lost(control: Control, verb: str, resource: str) -> AbstractContextManager[None]:
    return control.fault(verb, resource, action="drop_answer", times=1)
