"""Every workflow type: what precedes it, how it is asked for, where it can be struck, where it ends."""

from collections.abc import Awaitable, Callable, Coroutine
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from domain.naming import new_tenant_id
from tests.chaos.blueprint import steps
from tests.chaos.ground import Ground
from tests.chaos.points import Act, Point, ensured, removed, stopped, whole
from tests.workflows.stage import Json

FEW, MANY = 50, 120
"""Users before and after a scale: database, replicas and quota differ."""
Ask = Callable[[Ground, Json], Coroutine[Any, Any, None]]


class State(StrEnum):
    """How a tenant may be left; each value is a phase."""

    ACTIVE = "active"
    SUSPENDED = "suspended"
    CLOSED = "closed"
    DELETED = "deleted"
    FAILED = "failed"
    CANCELLED = "cancelled"

    @property
    def exists(self) -> bool:
        return self in {State.ACTIVE, State.SUSPENDED, State.CLOSED}


@dataclass(frozen=True)
class Life:
    """One workflow type under test."""

    name: str
    kind: str
    """Of its operation."""
    points: tuple[Point, ...]
    origin: State | None
    """Before the operation; none for a sign-up."""
    goal: State
    prelude: Callable[[Ground], Awaitable[Json]]
    """Brings a tenant to the origin: its id and slug."""
    ask: Ask
    """Asks for the operation; returns when it was accepted."""
    goes_back: bool = True
    """Whether it is undone when it fails or is cancelled; leaving only goes forward."""

    def point(self, name: str) -> Point:
        return next(point for point in self.points if point.name == name)

    def undone(self, *, cancelled: bool) -> State:
        """Where an operation that is undone leaves the tenant."""
        if self.origin is not None:
            return self.origin
        return State.CANCELLED if cancelled else State.FAILED


async def _nobody(_ground: Ground) -> Json:
    tenant_id = new_tenant_id()
    return {"tenant_id": tenant_id, "slug": f"s-{tenant_id}"}


async def _active(ground: Ground) -> Json:
    return await ground.stage.active(users=FEW)


async def _suspended(ground: Ground) -> Json:
    tenant = await _active(ground)
    await ground.stage.finished(await ground.stage.ask("POST", f"{path(tenant)}/suspend"))
    return tenant


async def _closed(ground: Ground) -> Json:
    tenant = await _active(ground)
    await ground.stage.finished(await ground.stage.ask("DELETE", f"{path(tenant)}?grace=3600"))
    return tenant


def path(tenant: Json) -> str:
    return f"/v1/tenants/{tenant['slug']}"


async def _sign_up(ground: Ground, tenant: Json) -> None:
    await ground.stage.ask_signup(id=tenant["tenant_id"], users=FEW)


async def _remove(ground: Ground, tenant: Json) -> None:
    """The grace is over at once, and the schedule looks now."""
    await ground.database.execute(
        "UPDATE tenant SET remove_after = now() - interval '1 second' WHERE id = %s", (tenant["tenant_id"],)
    )
    await ground.stage.client.get_schedule_handle("due-removals").trigger()


def _asks(method: str, rest: str, body: Json | None = None) -> Ask:
    async def ask(ground: Ground, tenant: Json) -> None:
        await ground.stage.ask(method, f"{path(tenant)}{rest}", body)

    return ask


_WORKLOAD = [step for step in steps() if step.workload]

LIVES = (
    Life("SignupTenant", "signup", whole(ensured(steps(), Act.MAKE)), None, State.ACTIVE, _nobody, _sign_up),
    Life(
        "ScaleTenant",
        "scale",
        whole(ensured([step for step in steps() if step.sized], Act.CHANGE)),
        State.ACTIVE,
        State.ACTIVE,
        _active,
        _asks("PATCH", "", {"users": MANY}),
    ),
    Life(
        "SuspendTenant",
        "suspend",
        whole(ensured(reversed(_WORKLOAD), Act.TOUCH)),
        State.ACTIVE,
        State.SUSPENDED,
        _active,
        _asks("POST", "/suspend"),
    ),
    Life(
        "ResumeTenant",
        "resume",
        whole(ensured(_WORKLOAD, Act.TOUCH)),
        State.SUSPENDED,
        State.ACTIVE,
        _suspended,
        _asks("POST", "/resume"),
    ),
    Life(
        "RestoreTenant",
        "restore",
        whole(ensured(steps(), Act.TOUCH)),
        State.CLOSED,
        State.ACTIVE,
        _closed,
        _asks("POST", "/restore"),
    ),
    Life(
        "TeardownTenant",
        "teardown",
        whole(stopped()),
        State.ACTIVE,
        State.CLOSED,
        _active,
        _asks("DELETE", "?grace=3600"),
        goes_back=False,
    ),
    Life(
        "TeardownTenant.at-once",
        "teardown",
        whole([*stopped(), *removed()]),
        State.ACTIVE,
        State.DELETED,
        _active,
        _asks("DELETE", "?grace=0"),
        goes_back=False,
    ),
    Life(
        "RemoveTenant",
        "remove",
        whole(removed()),
        State.CLOSED,
        State.DELETED,
        _closed,
        _remove,
        goes_back=False,
    ),
    # A workflow type joins the matrix by one entry here.
)

LIFE = {life.name: life for life in LIVES}
