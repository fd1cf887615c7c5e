"""Named timeouts, retries and task queues. Temporal owns retrying: SDKs below it try once."""

from datetime import timedelta
from typing import Any

from temporalio import workflow
from temporalio.common import Priority, RetryPolicy
from temporalio.workflow import ActivityCancellationType

from domain.blueprint import StepKind
from domain.queues import Provider, billing_queue, provider_queue

ACCEPT_TIMEOUT = timedelta(seconds=30)
"""How long a fresh run waits for the update that says what to do."""

ATTEMPT = timedelta(seconds=60)
"""One attempt of an activity that calls a provider."""

PREVIEW_LIMIT = timedelta(seconds=6)
"""All attempts of one step's part of a preview, the wait for a worker included."""

_PROVIDER_RETRY = RetryPolicy(
    initial_interval=timedelta(milliseconds=500),
    backoff_coefficient=2,
    maximum_interval=timedelta(seconds=30),
)
_RECORDS_RETRY = RetryPolicy(
    initial_interval=timedelta(milliseconds=200),
    backoff_coefficient=2,
    maximum_interval=timedelta(seconds=10),
)

_LEADING = 2
"""Before the rest, which has 3: no database waits for the objects of other tenants that sign up."""
_ENSURE_LIMIT = timedelta(hours=1)
_READY_LIMIT = {
    StepKind.DATABASE: timedelta(hours=2),
    StepKind.KUBERNETES: timedelta(minutes=30),
}
_REMOVE_LIMIT = {
    StepKind.DATABASE: timedelta(hours=2),
    StepKind.BUCKET: timedelta(hours=12),
    StepKind.KUBERNETES: timedelta(minutes=15),
}
_DEFAULT_LIMIT = timedelta(minutes=30)


def records() -> dict[str, Any]:
    """Our own database: tried until it answers, because nothing can be decided without it."""
    return {"start_to_close_timeout": timedelta(seconds=30), "retry_policy": _RECORDS_RETRY}


def billing(limit: timedelta) -> dict[str, Any]:
    """Our own database too, by workers that have no rights at the providers."""
    queue = billing_queue(workflow.info().task_queue)
    return {**records(), "task_queue": queue, "start_to_close_timeout": limit}


def ensure(kind: StepKind, tenant_id: str, *, leads: bool = False) -> dict[str, Any]:
    """`leads`: it stands before what takes longest, so that its start must wait for nothing else."""
    options = provider(kind.provider, tenant_id, _ENSURE_LIMIT)
    return options | ({"priority": Priority(priority_key=_LEADING, fairness_key=tenant_id)} if leads else {})


def await_ready(kind: StepKind, tenant_id: str) -> dict[str, Any]:
    return provider(kind.provider, tenant_id, _READY_LIMIT.get(kind, _DEFAULT_LIMIT))


def remove(kind: StepKind, tenant_id: str) -> dict[str, Any]:
    options = provider(kind.provider, tenant_id, _REMOVE_LIMIT.get(kind, _DEFAULT_LIMIT))
    if kind is StepKind.BUCKET:
        # Millions of versions take hours: one attempt heartbeats its position and the next one resumes there.
        options |= {"start_to_close_timeout": timedelta(hours=6), "heartbeat_timeout": timedelta(seconds=60)}
    return options


def verify(name: Provider, tenant_id: str) -> dict[str, Any]:
    return provider(name, tenant_id, _ENSURE_LIMIT)


def preview(name: Provider, tenant_id: str) -> dict[str, Any]:
    """Somebody waits for the answer, and a part of it is better than none."""
    options = provider(name, tenant_id, PREVIEW_LIMIT)
    return options | {
        "start_to_close_timeout": PREVIEW_LIMIT,
        # It changes nothing, so nobody has to know when an attempt ends.
        "cancellation_type": ActivityCancellationType.ABANDON,
    }


def provider(name: Provider, tenant_id: str, limit: timedelta) -> dict[str, Any]:
    """For any activity that calls a provider: on its queue, in turn with the other tenants'."""
    return {
        "task_queue": provider_queue(workflow.info().task_queue, name),
        "start_to_close_timeout": ATTEMPT,
        "schedule_to_close_timeout": limit,
        "retry_policy": _PROVIDER_RETRY,
        # An attempt under way must end before its undo starts, or the thing is made after it was removed.
        "cancellation_type": ActivityCancellationType.WAIT_CANCELLATION_COMPLETED,
        "priority": Priority(fairness_key=tenant_id),
    }
