"""The list of what waits for a person."""

from datetime import datetime, timedelta

import pytest

from domain.messages import Action, Condition, Stop
from domain.phases import OperationKind
from store.attention import Waiting, list_attention
from tests.store.world import Tenant, World


def waits(world: World, tenant: Tenant, *steps: tuple[str, datetime], kind: str = "NeedsAttention") -> None:
    """The tenant's sign-up stands still at these steps, each since then."""
    stops = [
        Stop(step=step, reason="AccessDenied", message="no", since=since, actions=[Action.RETRY])
        for step, since in steps
    ]
    world.note(
        tenant.signup,
        Condition(type=kind, status=True, reason="x", message="", since=stops[0].since, stops=stops),
    )


def everything(world: World, limit: int) -> list[Waiting]:
    """Page by page."""
    found: list[Waiting] = []
    cursor = None
    while True:
        page = list_attention(world.engine, cursor, limit)
        assert len(page.items) <= limit
        found += page.items
        cursor = page.next_cursor
        if cursor is None:
            return found


def test_what_waits_longest_comes_first(world: World) -> None:
    """Every step of every tenant once, stuck or paused, over pages of any size, by the time it waits."""
    first, second, busy = (world.signing_up() for _ in range(3))
    start = world.clock.now()
    waits(world, first, ("files", start + timedelta(minutes=3)), ("app", start))
    # Of one second, with and without a fraction: no order of texts.
    waits(world, second, ("files", start + timedelta(microseconds=5)), kind="Paused")
    ours = {first.id, second.id, busy.id}
    for limit in (1, 2, 50):
        found = [waiting for waiting in everything(world, limit) if waiting.tenant_id in ours]
        assert [(waiting.tenant_id, waiting.stop.step) for waiting in found] == [
            (first.id, "app"),
            (second.id, "files"),
            (first.id, "files"),
        ]
    assert [waiting.condition for waiting in found] == ["NeedsAttention", "Paused", "NeedsAttention"]
    assert (found[0].operation_id, found[0].kind) == (first.signup.operation_id, OperationKind.SIGNUP)


def test_what_has_ended_waits_no_more(world: World) -> None:
    """With its operation, a wait is off the list."""
    tenant = world.signing_up()
    waits(world, tenant, ("files", world.clock.now()))
    world.make_everything(tenant.signup)
    world.end(tenant.signup)
    assert tenant.id not in {waiting.tenant_id for waiting in everything(world, 50)}


@pytest.mark.parametrize("cursor", ["", "x", "bm90IG91cnM=", "MjAyNi0xMS0yMiBhIGI="])
def test_a_cursor_of_somebody_else_is_refused(world: World, cursor: str) -> None:
    """Nothing but a cursor of this list is taken for one."""
    with pytest.raises(ValueError, match="not one that this API gave"):
        list_attention(world.engine, cursor, 10)
