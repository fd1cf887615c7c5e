"""Calls to what looks at tenants, from the scan and from a repair."""

import asyncio
from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from temporalio import workflow
from temporalio.common import Priority, RetryPolicy

from domain.counting import counted
from domain.messages import JudgeInput, JudgeOutcome, ObserveInput, ObserveOutcome, StepsInput
from domain.queues import Provider, provider_queue
from workflows import policies
from workflows.provider import PROVIDERS

PAGE_LIMIT = timedelta(hours=1)
LOOK_LIMIT = timedelta(minutes=30)
MISSED = timedelta(minutes=3)
"""How long a killed worker goes unnoticed: nobody waits for a scan, and each heartbeat is billed."""
LOWEST_PRIORITY = Priority(priority_key=5)
"""Nobody waits for a scan: whatever an operation asks of a provider goes first."""
THROTTLED_RETRY = RetryPolicy(
    initial_interval=timedelta(seconds=10), backoff_coefficient=2, maximum_interval=timedelta(minutes=5)
)


async def observe_page(provider: Provider, tenant_ids: Sequence[str]) -> ObserveOutcome:
    """Raises ActivityError when the page was not finished in its time."""
    return await _observe(
        provider,
        ObserveInput(tenant_ids=list(tenant_ids)),
        f"look at {counted(len(tenant_ids), 'tenant')} in {provider}",
        on_page(provider, PAGE_LIMIT),
    )


async def observe_held(call: ObserveInput) -> None:
    """Looks at one tenant that this run holds. Raises ActivityError where it cannot be looked at."""
    (tenant_id,) = call.tenant_ids
    results = await asyncio.gather(
        *(
            _observe(name, call, f"look at what is in {name}", policies.provider(name, tenant_id, LOOK_LIMIT))
            for name in PROVIDERS
        ),
        return_exceptions=True,
    )
    for result in results:
        if isinstance(result, BaseException):
            raise result


async def judge(tenant_ids: Sequence[str], repairs_at_most: int) -> JudgeOutcome:
    outcome: JudgeOutcome = await workflow.execute_activity(
        "drift.judge",
        JudgeInput(tenant_ids=list(tenant_ids), repairs_at_most=repairs_at_most),
        result_type=JudgeOutcome,
        summary="start repairs",
        **policies.records() | {"start_to_close_timeout": timedelta(minutes=5)},
    )
    return outcome


async def steps_to_repair(tenant_id: str, *, by_policy: bool) -> list[str]:
    steps: list[str] = await workflow.execute_activity(
        "drift.steps",
        StepsInput(tenant_id=tenant_id, by_policy=by_policy),
        result_type=list[str],
        summary="choose the steps to bring back",
        **policies.records(),
    )
    return steps


def on_page(provider: Provider, limit: timedelta) -> dict[str, Any]:
    """For activities that go on for long and heartbeat their position."""
    return {
        "task_queue": provider_queue(workflow.info().task_queue, provider),
        "start_to_close_timeout": limit,
        "schedule_to_close_timeout": limit,
        "heartbeat_timeout": MISSED,
        "retry_policy": THROTTLED_RETRY,
        "priority": LOWEST_PRIORITY,
    }


async def _observe(
    provider: Provider, call: ObserveInput, summary: str, options: dict[str, Any]
) -> ObserveOutcome:
    outcome: ObserveOutcome = await workflow.execute_activity(
        f"{provider}.observe", call, result_type=ObserveOutcome, summary=summary, **options
    )
    return outcome
