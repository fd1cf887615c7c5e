"""The start of an operation on an existing tenant."""

import pytest

from domain.errors import InvalidSpec, OperationLost, PhaseConflict, TenantNotFound
from domain.messages import Condition, OperationRequest
from domain.phases import Mode, OperationKind, OperationStatus, Phase
from domain.plans import Target
from domain.sizing import size
from store.tables import ResourceState
from tests.store.world import SMALL, Tenant, World

TEAM = Target(plan="team", users=20)
DAY = 86_400


def test_scale_plans_sized_steps_only(world: World) -> None:
    """A scale touches the sized steps, in the blueprint's order; steps left out do not loosen it."""
    tenant = world.active(target=TEAM)
    target = Target(plan="business", users=500)

    plan = world.begin(world.request(OperationKind.SCALE, tenant, target=target))

    sized = [step.name for step in world.catalog.blueprint_of("team").model.steps if step.sized]
    assert [step.name for step in plan.steps] == sized
    assert plan.phase_before is Phase.ACTIVE
    assert plan.before is not None
    assert plan.before.target == TEAM
    assert plan.after is not None
    assert plan.after.sizes == size(world.catalog.plans["business"], target)
    by_name = {step.name: step for step in plan.steps}
    assert "auth" in by_name["proxy"].needs
    assert world.tenant(tenant).phase is Phase.SCALING


@pytest.mark.parametrize(
    ("target", "words"),
    [
        (Target(plan="gold", users=5), "no plan 'gold'"),
        (Target(plan="echo", users=1001), "1 to 1000 users"),
        (TEAM, "of the product 'teleport', the tenant of 'echo'"),
        (None, "needs a plan"),
    ],
)
def test_bad_target_is_refused(world: World, target: Target | None, words: str) -> None:
    """A target that cannot be had is refused, and the tenant stays as it was."""
    tenant = world.active()
    before = world.snapshot(tenant)
    with pytest.raises(InvalidSpec, match=words):
        world.begin(world.request(OperationKind.SCALE, tenant, target=target))
    assert world.snapshot(tenant) == before


def test_suspend_and_resume_touch_the_workload(world: World) -> None:
    """Suspending stops the workload steps at the sizes that the tenant has; resuming runs them again."""
    tenant = world.active()
    suspend = world.request(OperationKind.SUSPEND, tenant)

    stopping = world.begin(suspend)
    assert [step.name for step in stopping.steps] == ["app"]
    assert stopping.before is not None
    assert stopping.after == stopping.before.model_copy(update={"mode": Mode.STOPPED})
    world.end(suspend)
    assert (world.tenant(tenant).phase, world.tenant(tenant).mode) == (Phase.SUSPENDED, Mode.STOPPED)

    resume = world.request(OperationKind.RESUME, tenant)
    starting = world.begin(resume)
    assert starting.before == stopping.after
    assert starting.after == stopping.before
    world.end(resume)
    assert (world.tenant(tenant).phase, world.tenant(tenant).mode) == (Phase.ACTIVE, Mode.RUNNING)


def test_what_was_stopped_is_intended_again(world: World) -> None:
    """A thing that suspending removed is written down again before resuming makes it; others stay made."""
    tenant = world.active()
    suspend = world.request(OperationKind.SUSPEND, tenant)
    world.begin(suspend)
    removed = next(row.ref for row in world.inventory.rows(tenant.id, step="app"))
    world.inventory.gone(
        tenant.id,
        suspend.operation_id,
        removed.kind,
        removed.name,
        namespace=removed.namespace,
        proof="404",
    )
    world.end(suspend)

    world.begin(world.request(OperationKind.RESUME, tenant))

    states = {row.ref: row.state for row in world.inventory.rows(tenant.id)}
    assert states.pop(removed) is ResourceState.INTENDED
    assert set(states.values()) == {ResourceState.MADE}


@pytest.mark.parametrize(
    ("kind", "phase", "words"),
    [
        (OperationKind.RESUME, Phase.ACTIVE, "is active; a resume starts from suspended"),
        (OperationKind.RESTORE, Phase.ACTIVE, "a restore starts from closed; possible now: .*scale, suspend"),
        (
            OperationKind.SCALE,
            Phase.CLOSED,
            "is closed; a scale starts from active; possible now: restore, teardown",
        ),
        (OperationKind.REMOVE, Phase.ACTIVE, "a remove starts from closed"),
    ],
)
def test_wrong_phase_is_a_conflict(world: World, kind: OperationKind, phase: Phase, words: str) -> None:
    """An operation that does not start from the tenant's phase is refused with what is possible instead."""
    tenant = world.active() if phase is Phase.ACTIVE else world.closed()
    before = world.snapshot(tenant)
    with pytest.raises(PhaseConflict, match=words):
        world.begin(world.request(kind, tenant))
    assert world.snapshot(tenant) == before


def test_unknown_tenant(world: World) -> None:
    """An id that no tenant has, or that belongs to another slug, is not found."""
    tenant = world.active()
    ghost = Tenant("nobodyknows1", tenant.slug, tenant.signup)
    wrong = Tenant(tenant.id, "another-slug", tenant.signup)
    for unknown in (ghost, wrong):
        with pytest.raises(TenantNotFound):
            world.begin(world.request(OperationKind.SCALE, unknown))


@pytest.mark.parametrize(
    ("grace", "expected"), [(None, 7 * DAY), (0, 0), (60, 60)], ids=["plan", "none", "given"]
)
def test_grace_is_the_plans_unless_given(world: World, grace: int | None, expected: int) -> None:
    """A teardown waits as long as its plan says, or as long as the request says."""
    tenant = world.active(target=TEAM)
    plan = world.begin(world.request(OperationKind.TEARDOWN, tenant, grace_seconds=grace))
    assert plan.grace_seconds == expected
    assert [step.name for step in plan.steps] == ["auth", "proxy"]
    assert plan.after is not None
    assert plan.after.mode is Mode.STOPPED


@pytest.mark.parametrize("grace", [0, 60])
def test_a_closed_tenant_may_go_earlier(world: World, grace: int) -> None:
    """A grace that ends before the one it is in is taken; the deadline follows, or the removal."""
    tenant = world.closed()
    before = world.tenant(tenant).remove_after
    teardown = world.request(OperationKind.TEARDOWN, tenant, grace_seconds=grace)
    plan = world.begin(teardown)
    assert (plan.grace_seconds, plan.phase_before) == (grace, Phase.CLOSED)
    assert (world.tenant(tenant).phase, world.tenant(tenant).remove_after) == (Phase.CLOSING, before)


@pytest.mark.parametrize("grace", [None, 90 * DAY])
def test_a_closed_tenant_stays_no_longer(world: World, grace: int | None) -> None:
    """A teardown that brings nothing forward is refused with the deadline and both ways out."""
    tenant = world.closed()
    before = world.snapshot(tenant)
    with pytest.raises(PhaseConflict, match=r"removed after .* grace of 0 removes it at once.* restore"):
        world.begin(world.request(OperationKind.TEARDOWN, tenant, grace_seconds=grace))
    assert world.snapshot(tenant) == before


def test_restore_plans_everything_again(world: World) -> None:
    """A restoration runs every step at the last good sizes, and keeps its deadline until it succeeded."""
    tenant = world.closed()
    deadline = world.tenant(tenant).remove_after
    restore = world.request(OperationKind.RESTORE, tenant)

    plan = world.begin(restore)

    assert [step.name for step in plan.steps] == ["files", "foundation", "app"]
    assert plan.after is not None
    assert (plan.after.mode, plan.after.target) == (Mode.RUNNING, SMALL)
    assert world.tenant(tenant).remove_after == deadline
    world.end(restore, status=OperationStatus.CANCELLED, phase=Phase.CLOSED, desired=None)
    assert world.tenant(tenant).remove_after == deadline
    again = world.request(OperationKind.RESTORE, tenant)
    world.begin(again)
    world.end(again)
    assert (world.tenant(tenant).phase, world.tenant(tenant).remove_after) == (Phase.ACTIVE, None)


@pytest.mark.parametrize(
    "kind",
    [OperationKind.SCALE, OperationKind.SUSPEND, OperationKind.TEARDOWN],
)
def test_begin_of_a_change_again(world: World, kind: OperationKind) -> None:
    """Every operation's begin may run twice: the same plan, nothing written."""
    tenant = world.active()
    request = world.request(kind, tenant)
    plan = world.begin(request)
    before = world.snapshot(tenant), world.operation(request).model_dump()
    assert world.begin(request) == plan
    assert (world.snapshot(tenant), world.operation(request).model_dump()) == before


def lost(world: World, kind: OperationKind) -> tuple[Tenant, OperationRequest]:
    """A tenant whose operation's run was terminated from outside."""
    if kind is OperationKind.SIGNUP:
        tenant = world.signing_up()
        return tenant, tenant.signup
    tenant = world.active()
    request = world.request(kind, tenant)
    world.begin(request)
    return tenant, request


@pytest.mark.parametrize("kind", [OperationKind.SIGNUP, OperationKind.SCALE, OperationKind.SUSPEND])
@pytest.mark.parametrize("later", [OperationKind.TEARDOWN, OperationKind.SUSPEND, OperationKind.SCALE])
def test_nothing_begins_before_a_lost_operation_is_recovered(
    world: World, kind: OperationKind, later: OperationKind
) -> None:
    """Where a killed run holds the tenant, every other operation is refused and names it."""
    tenant, killed = lost(world, kind)
    before = world.snapshot(tenant), world.operation(killed).model_dump()
    request = world.request(later, tenant)
    with pytest.raises(OperationLost, match=killed.operation_id):
        world.begin(request)
    assert (world.snapshot(tenant), world.operation(killed).model_dump()) == before
    assert world.operation_or_none(request) is None


@pytest.mark.parametrize("kind", [OperationKind.SIGNUP, OperationKind.SCALE, OperationKind.SUSPEND])
def test_a_lost_operation_is_taken_up_by_another_run(world: World, kind: OperationKind) -> None:
    """The same operation begins again under another run: same plan, and nothing waits for a person."""
    tenant, killed = lost(world, kind)
    plan = world.operation(killed).plan
    world.note(killed, attention(world))
    assert world.begin(killed, run_id="another") == plan
    row = world.tenant(tenant)
    assert (row.held_by, row.run_id, row.conditions) == (killed.operation_id, "another", [])
    assert world.operation(killed).run_id == "another"


def attention(world: World) -> Condition:
    return Condition(
        type="NeedsAttention", status=True, reason="AccessDenied", message="no", since=world.clock.now()
    )


def test_a_vanished_plan_still_lets_its_tenants_leave(world: World) -> None:
    """A tenant of a plan that is no longer sold is torn down by the plan's last definition."""
    tenant = world.active(target=TEAM)
    narrowed = world.without_plan("team")
    plan = narrowed.begin(narrowed.request(OperationKind.TEARDOWN, tenant))
    assert plan.grace_seconds == 7 * DAY
