"""What people did to a run, what they left behind, and what a run waits for."""

from datetime import timedelta

import pytest

from domain.errors import PermanentError, StaleRun
from domain.messages import (
    Action,
    Condition,
    Intervention,
    OperationRequest,
    SkipInput,
    Skipped,
    StateInput,
    Stop,
)
from domain.phases import OperationKind, Phase
from store.certificates import get_certificate
from store.tables import ResourceState
from tests.store.world import Tenant, World


def intervention(world: World, name: str, action: Action = Action.RETRY) -> Intervention:
    return Intervention(id=name, at=world.clock.now(), action=action, by="ada", why="mended")


def skip_input(world: World, request: OperationRequest, step: str) -> SkipInput:
    why = Skipped(by="ada", why="the account is gone", at=world.clock.now())
    return SkipInput(tenant_id=request.tenant_id, operation_id=request.operation_id, step=step, skipped=why)


def removing(world: World) -> tuple[Tenant, OperationRequest]:
    """A tenant whose removal has begun."""
    tenant = world.closed()
    world.clock.move(timedelta(hours=2))
    remove = world.request(OperationKind.REMOVE, tenant)
    world.begin(remove)
    return tenant, remove


def test_an_intervention_is_recorded_once(world: World) -> None:
    """Noted again, or told by the ending too, it stays one; each keeps who and why, oldest first."""
    tenant = world.signing_up()
    world.make_everything(tenant.signup)
    first, second = intervention(world, "one"), intervention(world, "two", Action.CANCEL)
    for _ in range(2):
        world.records.note(
            StateInput(tenant_id=tenant.id, operation_id=tenant.signup.operation_id, intervention=first)
        )
    world.end(tenant.signup, interventions=[first, second])
    assert world.operation(tenant.signup).interventions == [first, second]


def test_what_is_skipped_is_certified_as_not_proven_gone(world: World) -> None:
    """A skip touches only what is left of its step; the certificate says who and why."""
    tenant, remove = removing(world)
    gone, *_ = world.inventory.rows(tenant.id, step="foundation")
    world.inventory.gone(
        tenant.id,
        remove.operation_id,
        gone.ref.kind,
        gone.ref.name,
        namespace=gone.ref.namespace,
        proof="404",
    )
    call = skip_input(world, remove, "foundation")
    left = world.records.skip(call)
    assert world.records.skip(call) == left
    assert gone.ref.name not in [thing.name for thing in left.things if thing.kind == gone.ref.kind]
    assert len(left.things) == len(world.inventory.rows(tenant.id, step="foundation")) - 1

    world.lose_everything(remove)
    world.records.issue_certificate(world.verify_input(remove))
    world.end(remove, desired=None)
    assert world.tenant(tenant).phase is Phase.DELETED
    certificate = get_certificate(world.engine, tenant.id)
    assert certificate is not None
    entries = {entry.name: entry for entry in certificate.entries if entry.skipped}
    assert set(entries) == {thing.name for thing in left.things}
    for entry in entries.values():
        assert entry.gone_at is None
        assert entry.proof == "not proven gone: skipped by ada, because the account is gone"


def test_a_skipped_thing_is_asked_for_no_more(world: World) -> None:
    """Neither a later removal nor the verification looks at it, and nothing makes it gone unasked."""
    tenant, remove = removing(world)
    world.records.skip(skip_input(world, remove, "files"))
    plan = world.records.begin_removal(world.verify_input(remove))
    assert "files" not in [step.name for step in plan.steps]
    assert "files" not in {row.ref.step for row in world.inventory.to_verify(tenant.id, "aws")}
    world.lose_everything(remove)
    (row,) = world.inventory.rows(tenant.id, step="files")
    assert row.state is ResourceState.SKIPPED


def test_what_is_neither_gone_nor_skipped_holds_the_end_up(world: World) -> None:
    """A skip of one step proves nothing of the others."""
    _, remove = removing(world)
    world.records.skip(skip_input(world, remove, "files"))
    with pytest.raises(PermanentError, match="not proven gone"):
        world.records.issue_certificate(world.verify_input(remove))


def test_only_the_holder_skips(world: World) -> None:
    """A run that was replaced leaves the inventory alone."""
    tenant, _ = removing(world)
    with pytest.raises(StaleRun):
        world.records.skip(skip_input(world, tenant.signup, "files"))


def test_a_note_answers_what_a_step_is_stuck_at(world: World) -> None:
    """A step that has one thing left names it; of a group of several nothing is guessed."""
    tenant, remove = removing(world)

    def note(steps: list[str], *, status: bool = True) -> Condition | None:
        now = world.clock.now()
        stops = [
            Stop(step=step, reason="AccessDenied", message="no", since=now, actions=[Action.RETRY])
            for step in steps
        ]
        condition = Condition(
            type="NeedsAttention", status=status, reason="x", message="", since=now, stops=stops
        )
        return world.records.note(
            StateInput(tenant_id=tenant.id, operation_id=remove.operation_id, condition=condition)
        )

    noted = note(["files", "foundation", "verification"])
    assert noted is not None
    (row,) = world.inventory.rows(tenant.id, step="files")
    files, foundation, verification = noted.stops
    assert files.object is not None
    assert (files.object.kind, files.object.name) == (row.ref.kind, row.ref.name)
    assert (foundation.object, verification.object) == (None, None)
    assert world.tenant(tenant).conditions == [noted]
    note([], status=False)
    assert world.tenant(tenant).conditions == []
