"""The table of phases: which operation starts where, and who may end whose run."""

import pytest

from domain.phases import (
    FINISHED,
    GONE,
    OPEN_PHASES,
    TRANSITIONS,
    OperationKind,
    OperationStatus,
    Phase,
    may_take_over,
)

STARTS = {
    OperationKind.SIGNUP: set(),
    OperationKind.SCALE: {Phase.ACTIVE},
    OperationKind.SUSPEND: {Phase.ACTIVE},
    OperationKind.RESUME: {Phase.SUSPENDED},
    OperationKind.TEARDOWN: {Phase.ACTIVE, Phase.SUSPENDED, Phase.CLOSED},
    OperationKind.RESTORE: {Phase.CLOSED},
    OperationKind.REMOVE: {Phase.CLOSED},
    OperationKind.REPAIR: {Phase.ACTIVE, Phase.SUSPENDED},
    OperationKind.ROTATE: {Phase.ACTIVE, Phase.SUSPENDED},
}
STAYING = {OperationKind.REPAIR, OperationKind.ROTATE}

TAKE_OVERS = {
    (OperationKind.SIGNUP, OperationKind.SUSPEND),
    (OperationKind.SIGNUP, OperationKind.TEARDOWN),
    (OperationKind.SCALE, OperationKind.SUSPEND),
    (OperationKind.SCALE, OperationKind.TEARDOWN),
    (OperationKind.SUSPEND, OperationKind.TEARDOWN),
    (OperationKind.RESUME, OperationKind.SUSPEND),
    (OperationKind.RESUME, OperationKind.TEARDOWN),
    (OperationKind.RESTORE, OperationKind.SUSPEND),
    (OperationKind.RESTORE, OperationKind.TEARDOWN),
    (OperationKind.REPAIR, OperationKind.SUSPEND),
    (OperationKind.REPAIR, OperationKind.TEARDOWN),
    (OperationKind.ROTATE, OperationKind.SUSPEND),
    (OperationKind.ROTATE, OperationKind.TEARDOWN),
}


@pytest.mark.parametrize("kind", OperationKind)
def test_operations_start_from_settled_phases(kind: OperationKind) -> None:
    """Each kind starts from the phases of the table, none of which is held by a run or gone."""
    assert set(TRANSITIONS[kind].starts_from) == STARTS[kind]
    assert not TRANSITIONS[kind].starts_from & (OPEN_PHASES | GONE)


@pytest.mark.parametrize("kind", sorted(set(OperationKind) - STAYING))
def test_operations_end_in_settled_phases(kind: OperationKind) -> None:
    """While it runs a tenant is in an open phase; when it ends the tenant is in none."""
    assert TRANSITIONS[kind].during in OPEN_PHASES
    assert TRANSITIONS[kind].ends_in not in OPEN_PHASES


@pytest.mark.parametrize("kind", sorted(STAYING))
def test_what_changes_nothing_of_a_tenant_leaves_its_phase(kind: OperationKind) -> None:
    """It goes on doing what it did: no phase but its own would be true."""
    staying = TRANSITIONS[kind]
    assert staying.ends_in is None
    assert all(staying.phase_during(phase) == phase for phase in staying.starts_from)


def test_every_settled_phase_can_be_left() -> None:
    """From any phase in which something exists, operations lead to deletion."""
    reachable = {Phase.DELETED}
    for _ in Phase:
        reachable |= {
            phase
            for transition in TRANSITIONS.values()
            if transition.ends_in in reachable
            for phase in transition.starts_from
        }
    settled = {transition.ends_in for transition in TRANSITIONS.values() if transition.ends_in}
    assert settled <= reachable


@pytest.mark.parametrize("successor", OperationKind)
@pytest.mark.parametrize("running", OperationKind)
def test_take_over_lets_customers_leave(running: OperationKind, successor: OperationKind) -> None:
    """Teardown ends all that is not leaving already, suspend all but those and itself."""
    assert may_take_over(running, successor) is ((running, successor) in TAKE_OVERS)


def test_finished_operations_are_not_running() -> None:
    """Every status is either final or one of waiting and running."""
    assert {OperationStatus.WAITING, OperationStatus.RUNNING} == set(OperationStatus) - FINISHED
