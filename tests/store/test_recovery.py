"""What the database tells of an operation whose run is gone."""

import pytest

from domain.errors import StaleRun
from domain.messages import AcceptInput, ErrorView, StateInput, Undoing
from domain.phases import OperationKind, OperationStatus, Phase
from domain.plans import Target
from store.recovery import held_ids, held_tenant, lost_operation
from tests.store.world import LARGE, SMALL, World

LARGER = Target(plan="echo", users=950)


def test_only_held_tenants_are_listed(world: World) -> None:
    """Pages hold every tenant that an operation holds, once and in order, and no other."""
    held = sorted(world.signing_up().id for _ in range(3))
    free = world.active()
    found: list[str] = []
    after = ""
    while page := held_ids(world.engine, after, 2):
        found += page
        after = page[-1]
    assert found == sorted(set(found))
    assert set(held) <= set(found)
    assert free.id not in found
    assert held_tenant(world.engine, free.id) is None


def test_a_signup_is_carried_on_as_it_was_asked_for(world: World) -> None:
    """Of a sign-up half-way: its request, where the tenant is, and no reason to undo it."""
    tenant = world.signing_up()
    found = lost_operation(world.engine, tenant.id)
    assert found is not None
    assert (found.request, found.phase, found.begun) == (tenant.signup, Phase.PROVISIONING, True)
    assert (found.undoing, found.successor, found.newest) == (None, None, None)


def test_the_reason_of_an_undo_is_kept(world: World) -> None:
    """What a run notes when it begins to undo is kept; an operation that does not hold cannot note."""
    tenant = world.signing_up()
    why = Undoing(error=ErrorView(code="AccessDenied", message="no", step="files"))
    note = StateInput(tenant_id=tenant.id, operation_id=tenant.signup.operation_id, undoing=why)
    world.records.note(note)
    found = lost_operation(world.engine, tenant.id)
    assert found is not None
    assert found.undoing == why
    with pytest.raises(StaleRun):
        world.records.note(note.model_copy(update={"operation_id": "another"}))


def test_the_operation_that_waits_is_known(world: World) -> None:
    """A teardown that waits to take over is the successor; once it is handed the tenant, it has not begun."""
    tenant = world.signing_up()
    leave = world.request(OperationKind.TEARDOWN, tenant)
    world.take_over(leave, tenant.signup)
    found = lost_operation(world.engine, tenant.id)
    assert found is not None
    assert found.successor == leave

    world.end(
        tenant.signup,
        status=OperationStatus.SUPERSEDED,
        phase=Phase.CLOSING,
        desired=None,
        superseded_by=leave.operation_id,
    )
    found = lost_operation(world.engine, tenant.id)
    assert found is not None
    assert (found.request, found.begun, found.successor) == (leave, False, None)


def test_every_target_of_a_scale_is_known(world: World) -> None:
    """Of a scale whose target was replaced twice: who holds, who is to end, and all targets in order."""
    tenant = world.active()
    first = world.request(OperationKind.SCALE, tenant)
    world.begin(first)
    newer = [world.request(OperationKind.SCALE, tenant, target=target) for target in (LARGER, SMALL)]
    for request in newer:
        world.records.accept(AcceptInput(request=request, run_id="run", holder=first.operation_id))
    found = lost_operation(world.engine, tenant.id)
    assert found is not None
    assert (found.request, found.newest) == (first, newer[-1])
    assert [desired.target for desired in found.targets] == [LARGE, LARGER, SMALL]
