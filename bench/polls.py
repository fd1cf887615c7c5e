"""How often a run looked at something slow, by its history: each look is an attempt of one activity."""

import asyncio
from collections.abc import Iterable, Sequence

from temporalio.client import Client

from bench.stage import Json
from domain.naming import workflow_id


def polls(address: str, activity: str, operations: Iterable[Json]) -> Sequence[float]:
    """Of each operation, as the API tells it. Raises RuntimeError if one has none."""
    return asyncio.run(_polls(address, activity, operations))


async def _polls(address: str, activity: str, operations: Iterable[Json]) -> Sequence[float]:
    client = await Client.connect(address)
    return [await _attempts(client, activity, one) for one in operations]


async def _attempts(client: Client, activity: str, operation: Json) -> float:
    run = client.get_workflow_handle(workflow_id(operation["slug"], operation["tenant_id"]))
    attempts: dict[int, int] = {}
    async for event in run.fetch_history_events():
        if event.activity_task_scheduled_event_attributes.activity_type.name == activity:
            attempts[event.event_id] = 0
        started = event.activity_task_started_event_attributes
        if started.scheduled_event_id in attempts:
            attempts[started.scheduled_event_id] = started.attempt
    if not attempts:
        raise RuntimeError(f"{operation['slug']} never ran {activity}")
    return float(sum(attempts.values()))
