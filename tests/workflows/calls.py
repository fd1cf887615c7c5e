"""What was asked of the stand-ins, as they have recorded it."""

import httpx

from tests.workflows.stage import Stage

READS = ("Describe", "Get", "Head", "List")
READING_VERBS = frozenset({"get", "list", "watch"})


async def writes(stage: Stage, tenant_ids: set[str]) -> list[str]:
    """Calls that changed, or tried to change, something of these tenants at the providers."""
    assert stage.settings.aws_endpoint_url
    async with httpx.AsyncClient() as http:
        calls = (await http.get(f"{stage.settings.aws_endpoint_url}/_devstack/calls")).json()["calls"]
        made = [
            f"{call['operation']} {call['resources']}"
            for call in calls
            if not call["operation"].startswith(READS)
        ]
        for url in set(stage.cluster_urls.values()):
            calls = (await http.get(f"{url}/_devstack/calls")).json()["calls"]
            made += [
                f"{call['verb']} {call['resource']} {call['namespace']}"
                for call in calls
                if call["verb"] not in READING_VERBS and not call["dry_run"]
            ]
    return [one for one in made if any(tenant_id in one for tenant_id in tenant_ids)]


async def forget_calls(stage: Stage) -> None:
    assert stage.settings.aws_endpoint_url
    async with httpx.AsyncClient() as http:
        for url in {stage.settings.aws_endpoint_url, *stage.cluster_urls.values()}:
            await http.delete(f"{url}/_devstack/calls")
