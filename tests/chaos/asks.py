"""How each operation is asked for: over the API, or by the schedule that begins it."""

from collections.abc import Callable, Coroutine
from typing import Any

from tests.chaos.ground import Ground
from tests.workflows.stage import Json
from worker.schedules import REMOVALS

FEW, MANY = 50, 120
"""Users before and after a scale: database, replicas and quota differ."""
Ask = Callable[[Ground, Json], Coroutine[Any, Any, None]]


def path(tenant: Json) -> str:
    return f"/v1/tenants/{tenant['slug']}"


async def sign_up(ground: Ground, tenant: Json) -> None:
    await ground.stage.ask_signup(id=tenant["tenant_id"], users=FEW)


async def remove(ground: Ground, tenant: Json) -> None:
    """The grace is over at once, and the schedule looks now."""
    await ground.database.execute(
        "UPDATE tenant SET remove_after = now() - interval '1 second' WHERE id = %s", (tenant["tenant_id"],)
    )
    await ground.stage.schedule(REMOVALS).trigger()


async def recover(ground: Ground, _tenant: Json) -> None:
    """The reconciler looks now."""
    answer = await ground.stage.send("POST", "/v1/recoveries")
    assert answer.status_code == 200, answer.text


def change(method: str, rest: str, body: Json | None = None) -> Ask:
    async def ask(ground: Ground, tenant: Json) -> None:
        await ground.stage.ask(method, f"{path(tenant)}{rest}", body)

    return ask
