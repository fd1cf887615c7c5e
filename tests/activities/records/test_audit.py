"""What runs tell the audit log: how each operation began and ended, and what people did to it."""

from typing import Any

from domain.audit.origin import ActorKind, Origin
from domain.messages import Action, ErrorView, Intervention, StateInput
from domain.phases import OperationKind, OperationStatus, Phase
from store.audit_reading import AuditFilter, read_audit
from tests.store.world import Tenant, World

ORIGIN = Origin(kind=ActorKind.STAFF, roles=["operator"], reason="more users", request_id="req1")


def told(world: World, tenant: Tenant) -> list[Any]:
    """The tenant's rows, oldest first."""
    of = AuditFilter(tenant_id=tenant.id)
    return read_audit(world.engine, after=0, limit=100, of=of).items


def actions(world: World, tenant: Tenant) -> list[str]:
    return [row.action for row in told(world, tenant)]


def test_an_operation_is_told_at_its_beginning_and_at_its_end(world: World) -> None:
    """By whom, why and in which request it was asked for; what it made of the tenant. Each once, whatever is
    repeated."""
    tenant = world.active()
    scale = world.request(OperationKind.SCALE, tenant, origin=ORIGIN)
    for _ in range(2):
        world.begin(scale)
    for _ in range(2):
        world.end(scale, phase=Phase.ACTIVE)
    begun, ended = told(world, tenant)[-2:]
    assert (begun.action, begun.actor, begun.actor_kind) == ("scale.accepted", "tests", ActorKind.STAFF)
    assert (begun.roles, begun.reason, begun.request_id) == (["operator"], "more users", "req1")
    assert (begun.object_id, begun.customer_id) == (scale.operation_id, world.customer_id)
    assert (begun.before["phase"], begun.before["target"]["users"]) == ("active", 10)
    assert (begun.after["phase"], begun.after["target"]["users"]) == ("scaling", 900)
    assert (ended.action, ended.actor, ended.request_id) == ("scale.succeeded", "system", "req1")
    assert (ended.before["target"]["users"], ended.after["target"]["users"]) == (10, 900)
    assert (ended.after["status"], ended.after["phase"]) == ("succeeded", "active")


def test_a_signup_that_failed_says_why(world: World) -> None:
    """The kind of its error is told; its text, which may quote others, is not."""
    tenant = world.signing_up()
    world.lose_everything(tenant.signup)
    error = ErrorView(code="QuotaExceeded", message="canary")
    world.end(tenant.signup, status=OperationStatus.FAILED, phase=Phase.FAILED, error=error, desired=None)
    begun, ended = told(world, tenant)
    assert (begun.action, begun.before, ended.action) == ("signup.accepted", None, "signup.failed")
    assert ended.after["error"] == "QuotaExceeded"
    assert "canary" not in ended.model_dump_json()


def test_a_newer_target_and_a_take_over_end_what_was_before(world: World) -> None:
    """Each operation that gives way is told with what took its place."""
    tenant = world.active()
    first, second, leave = (
        world.request(kind, tenant)
        for kind in (OperationKind.SCALE, OperationKind.SCALE, OperationKind.TEARDOWN)
    )
    world.begin(first)
    world.take_over(second, first)
    world.take_over(leave, first)
    world.end(first, result_of=second.operation_id, status=OperationStatus.SUPERSEDED, phase=Phase.ACTIVE,
              desired=None, superseded_by=leave.operation_id)  # fmt: skip
    world.begin(leave)
    assert actions(world, tenant)[2:] == [
        "scale.accepted", "scale.superseded", "scale.accepted", "teardown.accepted", "scale.superseded",
    ]  # fmt: skip
    assert told(world, tenant)[3].after["superseded_by"] == second.operation_id
    assert told(world, tenant)[5].after["status"] == "waiting"


def test_who_is_behind_it_is_not_guessed(world: World) -> None:
    """Our schedules are the system; a name that was typed into Temporal is told as what it is."""
    tenant = world.active(requested_by="schedule")
    typed = world.request(OperationKind.SUSPEND, tenant, requested_by="root")
    world.begin(typed)
    kinds = [(row.actor, row.actor_kind) for row in told(world, tenant)]
    assert kinds == [
        ("system", ActorKind.SYSTEM),
        ("system", ActorKind.SYSTEM),
        ("root", ActorKind.UNVERIFIED),
    ]


def test_an_intervention_is_told_once(world: World) -> None:
    """With the reason of its own; its repeat, and the end of the operation, tell it no second time."""
    tenant = world.signing_up()
    done = Intervention(
        id="up1", at=world.clock.now(), action=Action.RETRY, by="ann", why="mended", step="app"
    )
    state = StateInput(
        tenant_id=tenant.id, operation_id=tenant.signup.operation_id, intervention=done, origin=ORIGIN
    )
    for _ in range(2):
        world.records.note(state)
    world.make_everything(tenant.signup)
    world.end(tenant.signup, interventions=[done])
    assert actions(world, tenant) == ["signup.accepted", "signup.retry", "signup.succeeded"]
    row = told(world, tenant)[1]
    assert (row.actor, row.reason, row.after) == ("ann", "mended", {"step": "app"})


def test_a_recovery_is_told(world: World) -> None:
    """Another run that carries an operation on is named beside the one that was lost."""
    tenant = world.signing_up()
    world.begin(tenant.signup, run_id="another")
    row = told(world, tenant)[-1]
    assert (row.action, row.actor, row.before, row.after) == (
        "signup.recovered", "system", {"run_id": "run"}, {"run_id": "another"},
    )  # fmt: skip
