"""Which tenants the schedule rotates the database password of."""

from datetime import timedelta

import pytest

from domain.messages import ErrorView
from domain.phases import OperationKind, OperationStatus, Phase
from domain.plans import Target
from store.rotations import due_for_rotation
from tests.store.world import Tenant, World

AGE, AGAIN = timedelta(days=90), timedelta(days=1)
TEAM = Target(plan="team", users=20)


@pytest.fixture
def years_ahead(world: World) -> World:
    """A time in which all that other tests made is left behind."""
    world.clock.move(timedelta(days=36_500))
    return world


def due(world: World, *tenants: Tenant, limit: int = 1000) -> list[str]:
    """Of these tenants those that are due, in order."""
    now = world.clock.now()
    found = due_for_rotation(world.engine, now - AGE, now - AGAIN, ["teleport"], limit)
    known = {tenant.id for tenant in tenants}
    return [row.id for row in found if row.id in known]


def rotate(world: World, tenant: Tenant, status: OperationStatus = OperationStatus.SUCCEEDED) -> None:
    request = world.request(OperationKind.ROTATE, tenant)
    world.begin(request)
    error = None if status is OperationStatus.SUCCEEDED else ErrorView(code="x", message="y")
    world.end(request, phase=Phase.ACTIVE, status=status, error=error)


def test_a_password_is_as_old_as_the_tenant_or_its_last_rotation(years_ahead: World) -> None:
    """Due when it is 90 days old, the oldest first, and again 90 days after each rotation."""
    world = years_ahead
    first = world.active(target=TEAM)
    world.clock.move(timedelta(days=30))
    second = world.active(target=TEAM)
    assert due(world, first, second) == []
    world.clock.move(timedelta(days=60))
    assert due(world, first, second) == [first.id]
    rotate(world, first)
    assert due(world, first, second) == []
    world.clock.move(timedelta(days=30))
    assert due(world, first, second) == [second.id]
    world.clock.move(timedelta(days=60))
    assert due(world, first, second) == [second.id, first.id]


def test_one_that_failed_is_tried_again_the_next_day(years_ahead: World) -> None:
    """A rotation that did not succeed makes no password younger, and is not repeated every hour."""
    world = years_ahead
    tenant = world.active(target=TEAM)
    world.clock.move(AGE)
    rotate(world, tenant, OperationStatus.FAILED)
    assert due(world, tenant) == []
    world.clock.move(AGAIN)
    assert due(world, tenant) == [tenant.id]


def test_who_is_not_free_or_has_no_such_password_is_left_out(years_ahead: World) -> None:
    """Neither tenants that an operation holds or that are closed, nor those of another product."""
    world = years_ahead
    held, closed, echo = world.active(target=TEAM), world.closed(target=TEAM), world.active()
    world.clock.move(AGE)
    world.begin(world.request(OperationKind.REPAIR, held))
    assert due(world, held, closed, echo) == []
