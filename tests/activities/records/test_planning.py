"""What may begin from where, and which steps it has: laws over all kinds and phases."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from activities.records.planning import Hold, removal_steps, startable
from catalog import Catalog
from domain.blueprint import StepKind
from domain.phases import GONE, TRANSITIONS, OperationKind, may_take_over

KINDS = list(OperationKind)
FINISHED_FIRST = {OperationKind.SIGNUP, OperationKind.RESTORE}
"""A suspend does not undo these: it waits for their end."""


@pytest.mark.parametrize("successor", [OperationKind.TEARDOWN, OperationKind.SUSPEND])
def test_who_takes_over_can_begin(successor: OperationKind) -> None:
    """From every phase in which an undone run leaves its tenant, the operation that took it over begins."""
    for kind in KINDS:
        if not may_take_over(kind, successor):
            continue
        transition = TRANSITIONS[kind]
        waits = successor is OperationKind.SUSPEND and kind in FINISHED_FIRST
        left = {transition.ends_in} if waits else transition.starts_from
        assert left <= set(startable(successor, Hold.HANDED_OVER)), kind


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("hold", list(Hold))
def test_nothing_begins_on_what_is_gone(kind: OperationKind, hold: Hold) -> None:
    """No operation begins on a tenant of which nothing exists."""
    assert not GONE & set(startable(kind, hold))


@given(data=st.data())
def test_removal_has_every_step_once(catalog: Catalog, data: st.DataObject) -> None:
    """Whatever is left, known to the blueprint or not: each step is planned once, and waits for no other."""
    blueprint = catalog.blueprints["teleport"].model
    names = [step.name for step in blueprint.steps]
    known = data.draw(st.sets(st.sampled_from(names)))
    dropped = data.draw(st.sets(st.sampled_from(["old-cache", "old-queue"])))
    left = {name: blueprint.step(name).kind for name in known} | dict.fromkeys(dropped, StepKind.BUCKET)

    steps = removal_steps(blueprint, left)

    assert sorted(step.name for step in steps) == sorted(left)
    for position, step in enumerate(steps):
        assert set(step.needs) <= {earlier.name for earlier in steps[:position]}
        assert set(step.needs) <= (blueprint.before(step.name) if step.name in known else set())


def test_removal_without_its_blueprint(catalog: Catalog) -> None:
    """When the blueprint's folder is gone, everything that is left is still planned."""
    left = {"b": StepKind.BUCKET, "a": StepKind.KUBERNETES}
    assert [(s.name, s.kind, s.needs) for s in removal_steps(None, left)] == [
        ("a", StepKind.KUBERNETES, []),
        ("b", StepKind.BUCKET, []),
    ]
