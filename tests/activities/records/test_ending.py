"""The end of a run, its conditions, its removal and its certificate."""

from datetime import timedelta

import pytest

from domain.errors import PermanentError, PhaseConflict, StaleRun
from domain.messages import Condition, ErrorView, OperationRequest, StepStatus, StepView
from domain.phases import OperationKind, OperationStatus, Phase
from store.certificates import get_certificate
from store.tables import ResourceState
from store.tenants import due_for_removal
from tests.store.world import LARGE, SMALL, Tenant, World


def test_a_good_end_becomes_the_last_good_state(world: World) -> None:
    """Phase, target, sizes, outputs and timeline are written together, and the hold is given up."""
    tenant = world.signing_up()
    world.make_everything(tenant.signup)
    timeline = [StepView(name="files", title="Files", status=StepStatus.DONE, finished_at=world.clock.now())]

    world.end(tenant.signup, timeline=timeline, outputs={"app.load_balancer": "lb"}, kept=["disk"])

    row = world.tenant(tenant)
    assert (row.phase, row.target, row.held_by, row.deleted_at) == (Phase.ACTIVE, SMALL, None, None)
    assert row.sizes is not None
    assert row.outputs == {"app.load_balancer": "lb"}
    operation = world.operation(tenant.signup)
    assert (operation.timeline, operation.kept) == (timeline, ["disk"])
    assert operation.finished_at is not None


def test_invariant_1_finish_again_changes_nothing(world: World) -> None:
    """A lost answer: the second finish of the same operation writes nothing, even after another began."""
    tenant = world.active()
    before = world.snapshot(tenant)
    world.end(tenant.signup)
    assert world.snapshot(tenant) == before

    world.begin(world.request(OperationKind.SCALE, tenant))
    before = world.snapshot(tenant)
    world.end(tenant.signup)
    assert world.snapshot(tenant) == before


def test_a_failed_scale_keeps_the_last_good_state(world: World) -> None:
    """A scale that was undone leaves the sizes as they were, and says why it failed."""
    tenant = world.active()
    scale = world.request(OperationKind.SCALE, tenant, target=LARGE)
    world.begin(scale)
    error = ErrorView(code="QuotaExceeded", message="exceeded quota", step="app")

    world.end(scale, status=OperationStatus.FAILED, phase=Phase.ACTIVE, desired=None, error=error)

    assert world.tenant(tenant).target == SMALL
    assert world.operation(scale).error == error


@pytest.mark.parametrize("phase", [Phase.FAILED, Phase.CANCELLED, Phase.DELETED])
def test_invariant_4_no_phase_is_shown_that_is_not_true(world: World, phase: Phase) -> None:
    """A tenant of which anything is not proven gone is not called gone, and its slug stays taken."""
    tenant = world.signing_up()
    before = world.snapshot(tenant)
    with pytest.raises(PermanentError, match="not proven gone"):
        world.end(tenant.signup, status=OperationStatus.CANCELLED, phase=phase, desired=None)
    assert world.snapshot(tenant) == before


def test_invariant_5_a_run_that_lost_its_hold_ends_nothing(world: World) -> None:
    """Finish, note, removal and certificate of an operation that does not hold the tenant are stale."""
    tenant = world.active()
    scale = world.request(OperationKind.SCALE, tenant)
    world.begin(scale)
    leave = world.request(OperationKind.TEARDOWN, tenant)
    world.take_over(leave, scale)
    world.end(
        scale,
        status=OperationStatus.SUPERSEDED,
        superseded_by=leave.operation_id,
        desired=None,
    )
    world.begin(leave)
    late = world.request(OperationKind.SCALE, tenant)
    stale = Condition(type="NeedsAttention", status=True, reason="x", message="y", since=world.clock.now())
    with pytest.raises(StaleRun):
        world.note(scale, stale)
    with pytest.raises(StaleRun):
        world.records.begin_removal(world.verify_input(scale))
    with pytest.raises(StaleRun):
        world.records.issue_certificate(world.verify_input(scale))
    with pytest.raises(StaleRun):
        world.records.finish(
            world.ending(leave, operation_id=late.operation_id, result_of=leave.operation_id)
        )


def test_conditions_tell_since_when(world: World) -> None:
    """A condition keeps the instant of its last change, however often it is noted; the end clears it."""
    tenant = world.signing_up()
    world.make_everything(tenant.signup)
    start = world.clock.now()

    def stuck(message: str, since_minutes: int) -> Condition:
        return Condition(
            type="NeedsAttention",
            status=True,
            reason="AccessDenied",
            message=message,
            since=start + timedelta(minutes=since_minutes),
        )

    world.note(tenant.signup, stuck("first", 0))
    world.note(tenant.signup, stuck("second", 5))
    (condition,) = world.tenant(tenant).conditions
    assert (condition.message, condition.since) == ("second", start)
    world.end(tenant.signup)
    assert world.tenant(tenant).conditions == []


# --- removal ---------------------------------------------------------------------------------------------


def removing(world: World, tenant: Tenant) -> OperationRequest:
    world.clock.move(timedelta(hours=2))
    remove = world.request(OperationKind.REMOVE, tenant)
    world.begin(remove)
    return remove


def test_removal_plans_what_the_inventory_knows(world: World) -> None:
    """Only steps of which something is left are removed; a step that the blueprint dropped is among them."""
    tenant = world.active()
    leave = world.request(OperationKind.TEARDOWN, tenant, grace_seconds=0)
    world.begin(leave)
    (bucket,) = world.inventory.rows(tenant.id, step="files")
    world.inventory.gone(tenant.id, leave.operation_id, bucket.ref.kind, bucket.ref.name, proof="404")
    world.inventory.made(world.call(leave, "cache"), "secretsmanager:secret", f"test-{tenant.id}-cache")

    plan = world.records.begin_removal(world.verify_input(leave))

    assert {step.name: step.needs for step in plan.steps} == {
        "foundation": [],
        "app": ["foundation"],
        "cache": [],
    }
    assert world.tenant(tenant).phase is Phase.REMOVING
    assert world.records.begin_removal(world.verify_input(leave)) == plan


def test_a_removal_waits_for_the_grace(world: World) -> None:
    """Before its deadline a closed tenant is neither due nor removable; after it, it is both."""
    tenant = world.closed()
    with pytest.raises(PhaseConflict, match="grace of tenant"):
        world.begin(world.request(OperationKind.REMOVE, tenant))
    now = world.clock.now()
    assert tenant.id not in {due.id for due in due_for_removal(world.engine, now, 10_000)}
    later = now + timedelta(hours=2)
    assert tenant.id in {due.id for due in due_for_removal(world.engine, later, 10_000)}

    world.clock.move(timedelta(hours=2))
    plan = world.begin(world.request(OperationKind.REMOVE, tenant))
    assert [step.name for step in plan.steps] == ["files", "foundation", "app"]
    assert world.tenant(tenant).phase is Phase.REMOVING


def test_certificate_covers_every_thing(world: World) -> None:
    """The certificate is issued once and names each thing of the inventory with its proof."""
    tenant = world.closed()
    remove = removing(world, tenant)
    with pytest.raises(PermanentError, match="not proven gone"):
        world.records.issue_certificate(world.verify_input(remove))
    world.lose_everything(remove)

    with pytest.raises(PermanentError, match="no certificate yet"):
        world.end(remove, desired=None)
    count = world.records.issue_certificate(world.verify_input(remove))
    first = get_certificate(world.engine, tenant.id)
    assert world.records.issue_certificate(world.verify_input(remove)) == count
    world.end(remove, desired=None)

    assert first is not None
    assert get_certificate(world.engine, tenant.id) == first
    assert {entry.name for entry in first.entries} == {r.ref.name for r in world.inventory.rows(tenant.id)}
    assert {entry.proof for entry in first.entries} == {"asked: 404"}
    assert all(entry.made_at is not None for entry in first.entries)
    row = world.tenant(tenant)
    assert (row.phase, row.held_by, row.remove_after) == (Phase.DELETED, None, None)
    assert row.deleted_at is not None


def test_a_lost_removal_is_not_due_again(world: World) -> None:
    """A removal whose run was terminated is left to recovery, and the same operation carries it on."""
    tenant = world.closed()
    remove = removing(world, tenant)
    due = due_for_removal(world.engine, world.clock.now(), 10_000)
    assert tenant.id not in {one.id for one in due}
    world.begin(remove, run_id="another run")
    assert world.tenant(tenant).run_id == "another run"


def test_certificate_of_what_was_never_made(world: World) -> None:
    """A thing that was intended and never made is in the certificate too, without an instant of making."""
    tenant = world.signing_up()
    leave = world.request(OperationKind.TEARDOWN, tenant)
    world.take_over(leave, tenant.signup)
    world.end(
        tenant.signup,
        status=OperationStatus.SUPERSEDED,
        phase=Phase.CLOSING,
        superseded_by=leave.operation_id,
        desired=None,
    )
    world.begin(leave)
    world.records.begin_removal(world.verify_input(leave))
    assert {row.state for row in world.inventory.rows(tenant.id)} == {ResourceState.INTENDED}
    world.lose_everything(leave)
    world.records.issue_certificate(world.verify_input(leave))
    certificate = get_certificate(world.engine, tenant.id)
    assert certificate is not None
    assert certificate.entries
    assert all(entry.made_at is None for entry in certificate.entries)
