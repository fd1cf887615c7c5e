"""An attempt goes on where the last one failed, and takes nothing for done that may not be."""

from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
from temporalio import workflow
from temporalio.client import Client
from temporalio.common import RetryPolicy
from temporalio.testing import ActivityEnvironment
from temporalio.worker import UnsandboxedWorkflowRunner, Worker

from activities.kubernetes.progress import FRESH
from devstack.temporal import Temporal
from domain.errors import TemporaryError
from domain.messages import StepCall, StepOutcome
from domain.phases import Mode
from runtime.payloads import DATA_CONVERTER
from tests.activities.kubernetes.tenancy import INSTALL, Tenancy
from tests.activities.kubernetes.view import Control, View, labels_of

BEGAN = datetime(2026, 1, 1, tzinfo=UTC)
BUSY = {"action": "refuse", "status": 503}
GROUP = Counter(
    {
        "patch configmaps": 2,
        "patch deployments": 1,
        "patch services": 1,
        "patch horizontalpodautoscalers": 1,
    }
)


@workflow.defn
class EnsuresApp:
    """As an operation does, without its pauses."""

    @workflow.run
    async def run(self, call: StepCall) -> StepOutcome:
        outcome: StepOutcome = await workflow.execute_activity(
            "kubernetes.ensure",
            call,
            result_type=StepOutcome,
            start_to_close_timeout=timedelta(minutes=1),
            retry_policy=RetryPolicy(initial_interval=timedelta(milliseconds=1), backoff_coefficient=1),
        )
        return outcome


def attempt(
    tenancy: Tenancy, step: str, told: tuple[Any, ...] = (), *, later: timedelta = timedelta()
) -> tuple[Any, ...]:
    """One attempt, after one that told so much; what it tells itself, which is nothing if it succeeds."""
    environment = ActivityEnvironment()
    environment.info = replace(environment.info, heartbeat_details=list(told), started_time=BEGAN + later)
    said: list[tuple[Any, ...]] = []
    environment.on_heartbeat = lambda *details: said.append(details)
    try:
        environment.run(tenancy.activities().ensure, tenancy.call(step, Mode.RUNNING))
    except TemporaryError:
        return said[-1]
    assert said == []
    return ()


@pytest.fixture
def told(tenancy: Tenancy, control: Control) -> tuple[Any, ...]:
    """What an attempt says that applied all of the group but its autoscaler."""
    tenancy.ready("base")
    with control.fault("patch", "horizontalpodautoscalers", **BUSY, times=1):
        return attempt(tenancy, "app")


async def test_a_group_gets_there_on_a_noisy_day(
    tenancy: Tenancy, view: View, control: Control, temporal: Temporal
) -> None:
    """Of calls half of which fail, each apply succeeds once: what an attempt did reaches the next one."""
    tenancy.ready("base")
    client = await Client.connect(temporal.address, data_converter=DATA_CONVERTER)
    noise = {**BUSY, "share": 0.5, "seed": 1, "match": {"namespace": tenancy.namespace, "verb": "patch"}}
    with control.fault("patch", "*", **noise), control.calls(), ThreadPoolExecutor(1) as threads:
        async with Worker(
            client,
            task_queue=uuid4().hex,
            workflows=[EnsuresApp],
            activities=[tenancy.activities().ensure],
            activity_executor=threads,
            max_concurrent_activities=1,
            workflow_runner=UnsandboxedWorkflowRunner(),
        ) as worker:
            call = tenancy.call("app", Mode.RUNNING)
            await client.execute_workflow(EnsuresApp.run, call, id=uuid4().hex, task_queue=worker.task_queue)
        made = control.made()
    patches = [call for call in made if call["verb"] == "patch"]
    assert any(call["status"] == BUSY["status"] for call in patches)
    applied = Counter(f"patch {call['resource']}" for call in patches if call["status"] < 300)
    assert applied == GROUP
    assert {row.state for row in tenancy.rows("app").values()} == {"made"}


def test_the_next_attempt_applies_what_is_left(
    tenancy: Tenancy, control: Control, told: tuple[Any, ...]
) -> None:
    """Of what was applied a moment ago only what must become ready is looked at."""
    with control.calls() as calls:
        attempt(tenancy, "app", told, later=FRESH / 2)
    assert [call for call in calls if call.startswith("patch")] == ["patch horizontalpodautoscalers"]
    assert {"get namespaces", "get deployments", "get services"} <= set(calls)


def test_what_was_applied_long_ago_is_applied_again(
    tenancy: Tenancy, control: Control, told: tuple[Any, ...]
) -> None:
    """After a long pause anybody may have been at it."""
    with control.calls() as calls:
        attempt(tenancy, "app", told, later=FRESH)
    assert Counter(call for call in calls if call.startswith("patch")) == GROUP


def test_another_content_is_applied(tenancy: Tenancy, view: View, told: tuple[Any, ...]) -> None:
    """The next attempt may be a worker's that has a newer blueprint."""
    tenancy.values["note"] = "second"
    attempt(tenancy, "app", told)
    assert view.there("ConfigMap", "settings", tenancy.namespace)["data"] == {"note": "second"}


def test_a_namespace_made_anew_is_filled_anew(tenancy: Tenancy, view: View, control: Control) -> None:
    """With a namespace went everything that was applied in it."""
    tenancy.ready("base")
    with control.fault("list", "resourcequotas", **BUSY, times=1):
        told = attempt(tenancy, "base")
    view.delete("Namespace", tenancy.namespace)
    attempt(tenancy, "base", told)
    quota = view.there("ResourceQuota", "tenant", tenancy.namespace)
    assert quota["metadata"]["uid"] == tenancy.rows("base")["ResourceQuota tenant"].provider_id


def test_what_was_there_before_is_pruned_by_a_later_attempt(
    tenancy: Tenancy, view: View, control: Control
) -> None:
    """An attempt that applies nothing more still looks for what the group no longer lists."""
    tenancy.ready("base")
    tenancy.ready("app")
    view.config_map("stray", tenancy.namespace, labels=labels_of(INSTALL, tenancy.id, "app"))
    with control.fault("list", "configmaps", **BUSY, times=1):
        told = attempt(tenancy, "app")
    with control.calls() as calls:
        attempt(tenancy, "app", told)
    assert not [call for call in calls if call.startswith("patch")]
    assert view.get("ConfigMap", "stray", tenancy.namespace) is None
