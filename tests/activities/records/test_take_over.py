"""Requests that reach an open run: newer targets, take-overs, and the hand-over between them."""

import pytest

from domain.errors import BlueprintError, PhaseConflict, StaleRun
from domain.messages import AcceptInput, ErrorView, OperationRequest
from domain.phases import Mode, OperationKind, OperationStatus, Phase
from domain.plans import Target
from tests.store.world import LARGE, SMALL, Tenant, World

LARGER = Target(plan="echo", users=950)


def taken_over_signup(world: World) -> tuple[Tenant, OperationRequest]:
    """A sign-up that a teardown took over, undone and handed over."""
    tenant = world.signing_up()
    leave = world.request(OperationKind.TEARDOWN, tenant)
    world.take_over(leave, tenant.signup)
    world.lose_everything(tenant.signup)
    world.end(
        tenant.signup,
        status=OperationStatus.SUPERSEDED,
        phase=Phase.CLOSING,
        desired=None,
        superseded_by=leave.operation_id,
    )
    return tenant, leave


def test_teardown_takes_over_a_signup(world: World) -> None:
    """The undone sign-up leaves the tenant closing, held by its successor; the slug is never free."""
    tenant, leave = taken_over_signup(world)

    row = world.tenant(tenant)
    assert (row.phase, row.held_by) == (Phase.CLOSING, leave.operation_id)
    signup = world.operation(tenant.signup)
    assert (signup.status, signup.superseded_by) == (OperationStatus.SUPERSEDED, leave.operation_id)
    plan = world.begin(leave)
    assert (plan.phase_before, plan.steps, plan.grace_seconds) == (Phase.CLOSING, [], 0)
    assert plan.after is None
    assert plan.final_snapshot is False
    assert world.operation(leave).status is OperationStatus.RUNNING


def test_a_waiting_operation_does_not_hold_yet(world: World) -> None:
    """Until the open run has undone its work it goes on writing, and its successor may not."""
    tenant = world.signing_up()
    leave = world.request(OperationKind.TEARDOWN, tenant)
    world.take_over(leave, tenant.signup)

    assert world.operation(leave).status is OperationStatus.WAITING
    assert world.tenant(tenant).held_by == tenant.signup.operation_id
    world.make_everything(tenant.signup)


def test_suspend_waits_for_a_signup(world: World) -> None:
    """A suspend that takes over a sign-up begins when the sign-up has ended well."""
    tenant = world.signing_up()
    suspend = world.request(OperationKind.SUSPEND, tenant)
    world.take_over(suspend, tenant.signup)
    world.make_everything(tenant.signup)

    world.end(tenant.signup)

    assert world.operation(tenant.signup).status is OperationStatus.SUCCEEDED
    row = world.tenant(tenant)
    assert (row.phase, row.held_by, row.mode) == (Phase.ACTIVE, suspend.operation_id, Mode.RUNNING)
    world.begin(suspend)
    assert world.tenant(tenant).phase is Phase.SUSPENDING


def test_suspend_that_waited_for_nothing(world: World) -> None:
    """When the sign-up fails and leaves nothing, the suspend that waited fails with it and says why."""
    tenant = world.signing_up()
    suspend = world.request(OperationKind.SUSPEND, tenant)
    world.take_over(suspend, tenant.signup)
    world.lose_everything(tenant.signup)

    world.end(
        tenant.signup,
        status=OperationStatus.FAILED,
        phase=Phase.FAILED,
        desired=None,
        error=ErrorView(code="InvalidSpec", message="no such class"),
    )

    waited = world.operation(suspend)
    assert waited.status is OperationStatus.FAILED
    assert waited.error is not None
    assert "nothing to suspend" in waited.error.message
    assert world.tenant(tenant).held_by is None
    with pytest.raises(StaleRun):
        world.begin(suspend)


@pytest.mark.parametrize(
    ("kind", "before", "successor"),
    [
        (OperationKind.SCALE, Phase.ACTIVE, OperationKind.TEARDOWN),
        (OperationKind.SCALE, Phase.ACTIVE, OperationKind.SUSPEND),
        (OperationKind.SUSPEND, Phase.ACTIVE, OperationKind.TEARDOWN),
        (OperationKind.RESUME, Phase.SUSPENDED, OperationKind.TEARDOWN),
        (OperationKind.RESUME, Phase.SUSPENDED, OperationKind.SUSPEND),
        (OperationKind.RESTORE, Phase.CLOSED, OperationKind.TEARDOWN),
    ],
)
def test_every_take_over_begins_where_the_undo_left(
    world: World, kind: OperationKind, before: Phase, successor: OperationKind
) -> None:
    """Whatever run is undone, its successor begins from the phase that the undo leaves."""
    tenant = world.closed() if before is Phase.CLOSED else world.active()
    if before is Phase.SUSPENDED:
        suspend = world.request(OperationKind.SUSPEND, tenant)
        world.begin(suspend)
        world.end(suspend)
    replaced = world.request(kind, tenant)
    world.begin(replaced)
    next_one = world.request(successor, tenant)
    world.take_over(next_one, replaced)
    world.end(
        replaced,
        status=OperationStatus.SUPERSEDED,
        phase=before,
        desired=None,
        superseded_by=next_one.operation_id,
    )

    plan = world.begin(next_one)

    assert plan.phase_before is before
    assert plan.after is not None
    assert plan.after.mode is Mode.STOPPED
    with pytest.raises(StaleRun):
        world.make_everything(replaced)


def test_a_later_take_over_replaces_the_waiting_one(world: World) -> None:
    """A teardown replaces a suspend that still waits; only one operation waits at a time."""
    tenant = world.signing_up()
    suspend = world.request(OperationKind.SUSPEND, tenant)
    leave = world.request(OperationKind.TEARDOWN, tenant)
    world.take_over(suspend, tenant.signup)
    world.take_over(leave, tenant.signup)

    replaced = world.operation(suspend)
    assert (replaced.status, replaced.superseded_by) == (OperationStatus.SUPERSEDED, leave.operation_id)
    with pytest.raises(PhaseConflict, match="cannot take over"):
        world.take_over(world.request(OperationKind.SUSPEND, tenant), tenant.signup)


def test_take_over_again_changes_nothing(world: World) -> None:
    """A take-over that is accepted twice is one operation."""
    tenant = world.signing_up()
    leave = world.request(OperationKind.TEARDOWN, tenant)
    world.take_over(leave, tenant.signup)
    before = world.snapshot(tenant), world.operation(leave).model_dump()
    world.take_over(leave, tenant.signup)
    assert (world.snapshot(tenant), world.operation(leave).model_dump()) == before


def test_what_is_leaving_is_not_taken_over(world: World) -> None:
    """A teardown goes on to its end: neither a suspend nor another teardown takes it over."""
    tenant = world.active()
    leave = world.request(OperationKind.TEARDOWN, tenant)
    world.begin(leave)
    for kind in (OperationKind.SUSPEND, OperationKind.TEARDOWN):
        with pytest.raises(PhaseConflict):
            world.take_over(world.request(kind, tenant), leave)


def test_only_the_holder_accepts(world: World) -> None:
    """A run that has ended accepts nothing more."""
    tenant = world.active()
    with pytest.raises(StaleRun):
        world.take_over(world.request(OperationKind.TEARDOWN, tenant), tenant.signup)


def test_a_successor_that_cannot_begin_lets_go(world: World) -> None:
    """An operation that was handed the tenant and may not begin fails with the reason; the tenant is free."""
    tenant = world.active()
    scale = world.request(OperationKind.SCALE, tenant)
    world.begin(scale)
    suspend = world.request(OperationKind.SUSPEND, tenant)
    world.take_over(suspend, scale)
    world.end(
        scale,
        status=OperationStatus.SUPERSEDED,
        phase=Phase.ACTIVE,
        desired=None,
        superseded_by=suspend.operation_id,
    )

    with pytest.raises(BlueprintError, match="no blueprint 'echo'"):
        world.without_blueprints().begin(suspend)

    ended = world.operation(suspend)
    assert (ended.status, ended.error and ended.error.code) == (OperationStatus.FAILED, "BlueprintError")
    assert (world.tenant(tenant).phase, world.tenant(tenant).held_by) == (Phase.ACTIVE, None)
    world.begin(world.request(OperationKind.SUSPEND, tenant))


# --- newer targets ---------------------------------------------------------------------------------------


def newer(world: World, tenant: Tenant, holder: OperationRequest, target: Target) -> OperationRequest:
    request = world.request(OperationKind.SCALE, tenant, target=target)
    answer = world.records.accept(AcceptInput(request=request, run_id="run", holder=holder.operation_id))
    assert answer.after is not None
    assert answer.after.target == target
    return request


def test_a_newer_target_supersedes_the_older(world: World) -> None:
    """The run keeps its hold, the newer operation replaces the older, the ending is the newest's."""
    tenant = world.active()
    first = world.request(OperationKind.SCALE, tenant, target=LARGE)
    world.begin(first)
    second = newer(world, tenant, first, LARGER)
    third = newer(world, tenant, first, LARGE)

    assert world.tenant(tenant).held_by == first.operation_id
    statuses = [world.operation(request).status for request in (first, second, third)]
    assert statuses == [OperationStatus.SUPERSEDED, OperationStatus.SUPERSEDED, OperationStatus.RUNNING]
    assert world.operation(second).superseded_by == third.operation_id

    world.make_everything(first)
    after = world.operation(third).plan
    assert after is not None
    world.end(first, result_of=third.operation_id, desired=after.after)
    row = world.tenant(tenant)
    assert (row.phase, row.target, row.held_by) == (Phase.ACTIVE, LARGE, None)
    assert world.operation(third).status is OperationStatus.SUCCEEDED
    assert world.operation(first).status is OperationStatus.SUPERSEDED


def test_a_newer_target_again_gives_the_same_sizes(world: World) -> None:
    """Accepting the same newer target twice gives the same answer and one operation."""
    tenant = world.active()
    first = world.request(OperationKind.SCALE, tenant)
    world.begin(first)
    second = world.request(OperationKind.SCALE, tenant, target=LARGER)
    call = AcceptInput(request=second, run_id="run", holder=first.operation_id)
    answer = world.records.accept(call)
    before = world.operation(second).model_dump()
    assert world.records.accept(call) == answer
    assert world.operation(second).model_dump() == before


def test_a_newer_target_after_a_take_over_is_refused(world: World) -> None:
    """A scale that is about to be undone takes no newer target."""
    tenant = world.active()
    first = world.request(OperationKind.SCALE, tenant)
    world.begin(first)
    world.take_over(world.request(OperationKind.TEARDOWN, tenant), first)
    with pytest.raises(PhaseConflict, match="no newer target"):
        newer(world, tenant, first, SMALL)


def test_a_superseded_scale_can_be_taken_over(world: World) -> None:
    """A teardown takes over a scale whose target was replaced; the newest operation is what it supersedes."""
    tenant = world.active()
    first = world.request(OperationKind.SCALE, tenant)
    world.begin(first)
    second = newer(world, tenant, first, LARGER)
    leave = world.request(OperationKind.TEARDOWN, tenant)
    world.take_over(leave, first)
    world.end(
        first,
        result_of=second.operation_id,
        status=OperationStatus.SUPERSEDED,
        phase=Phase.ACTIVE,
        desired=None,
        superseded_by=leave.operation_id,
    )
    assert world.operation(second).superseded_by == leave.operation_id
    assert world.tenant(tenant).target == SMALL
    world.begin(leave)
