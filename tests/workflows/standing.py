"""An engineer on call in tests: sees where a run stands still, and does something about it."""

from typing import Any

from tests.workflows.stage import Json, Stage


async def stuck(stage: Stage, accepted: Json, step: str, *, one_thing: bool = True) -> Json:
    """The place at which the run stands still, once its object is known; a group of objects has none."""
    view = await stage.until(
        accepted, lambda view: step in stops(view) and (not one_thing or bool(stops(view)[step]["object"]))
    )
    found: Json = stops(view)[step]
    return found


def stops(view: Json) -> dict[str, Json]:
    """By step, of all conditions."""
    return {stop["step"]: stop for condition in view["conditions"] for stop in condition["stops"]}


WHOLE = 16
"""Things in AWS, and namespaces, of a tenant of the default blueprint."""


async def attention(stage: Stage, tenant: Json) -> list[Json]:
    """What the list of all that waits says of one tenant; the list must be in order."""
    found: list[Json] = []
    cursor: dict[str, str] = {}
    while True:
        answer = await stage.http.get("/v1/attention", params={"limit": "2", **cursor})
        assert answer.status_code == 200, answer.text
        page = answer.json()
        found += page["items"]
        if not page["next"]:
            break
        cursor = {"cursor": page["next"]}
    assert [item["since"] for item in found] == sorted(item["since"] for item in found)
    return [item for item in found if item["tenant_id"] == tenant["tenant_id"]]


async def intervene(stage: Stage, accepted: Json, action: str, **said: Any) -> None:
    await stage.ask("POST", url(accepted, action), said)


def url(accepted: Json, action: str) -> str:
    return f"/v1/operations/{accepted['operation_id']}/{action}"


def path(tenant: Json) -> str:
    return f"/v1/tenants/{tenant['slug']}"


async def run_page(stage: Stage, accepted: Json) -> str:
    """What Temporal's page of the tenant's run shows as its current details."""
    return str(await stage.run_of(accepted).query("__temporal_workflow_metadata"))
