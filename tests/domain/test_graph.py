"""The order of steps: laws that any blueprint's graph keeps."""

from hypothesis import given
from hypothesis import strategies as st

from domain.blueprint import StepKind
from domain.graph import inverted, leading, moved_last, restricted
from domain.messages import StepPlan

NAMES = [f"step-{number}" for number in range(8)]


@st.composite
def graphs(draw: st.DrawFn) -> list[StepPlan]:
    """Steps in an order in which each needs only earlier ones."""
    names = NAMES[: draw(st.integers(1, len(NAMES)))]
    return [
        StepPlan(
            name=name,
            kind=StepKind.BUCKET,
            title=name,
            needs=sorted(draw(st.sets(st.sampled_from(names[:index])))) if index else [],
        )
        for index, name in enumerate(names)
    ]


def reach(steps: list[StepPlan]) -> set[tuple[str, str]]:
    """Pairs (a, b): b must be done before a, directly or through others."""
    needs = {step.name: set(step.needs) for step in steps}

    def below(name: str) -> set[str]:
        return needs[name] | {deep for need in needs[name] for deep in below(need)}

    return {(name, need) for name in needs for need in below(name)}


@given(graphs())
def test_inverting_turns_every_order_around(steps: list[StepPlan]) -> None:
    """What had to come before comes after, and inverting twice gives the same orders."""
    assert reach(inverted(steps)) == {(b, a) for a, b in reach(steps)}
    assert reach(inverted(inverted(steps))) == reach(steps)


@given(graphs(), st.sets(st.sampled_from(NAMES)))
def test_leaving_steps_out_keeps_the_order_of_the_rest(steps: list[StepPlan], kept: set[str]) -> None:
    """Two steps that are kept stand in the same order, also when what linked them is left out."""
    kept &= {step.name for step in steps}
    assert reach(restricted(steps, kept)) == {(a, b) for a, b in reach(steps) if a in kept and b in kept}


@given(graphs(), st.sets(st.sampled_from(NAMES)))
def test_moving_steps_last_keeps_both_orders(steps: list[StepPlan], last: set[str]) -> None:
    """The moved steps come after all others; among the moved and among the others, nothing changes."""
    last &= {step.name for step in steps}
    others = {step.name for step in steps} - last
    moved = reach(moved_last(steps, last))
    assert {(a, b) for a in last for b in others} <= moved
    for group in (last, others):
        inside = {(a, b) for a, b in moved if {a, b} <= group}
        assert inside == {(a, b) for a, b in reach(steps) if {a, b} <= group}


@given(graphs())
def test_every_order_can_be_walked(steps: list[StepPlan]) -> None:
    """In the order given, each step of a graph and of its inverse needs only what came before it."""
    for walk in (steps, inverted(steps), moved_last(steps, {steps[0].name})):
        seen: set[str] = set()
        for step in walk:
            assert set(step.needs) <= seen
            seen.add(step.name)


@given(graphs(), st.sets(st.sampled_from(NAMES)))
def test_what_a_slow_step_needs_leads(steps: list[StepPlan], slow: set[str]) -> None:
    """Directly or through others; nothing else does."""
    mixed = [
        step.model_copy(update={"kind": StepKind.DATABASE}) if step.name in slow else step for step in steps
    ]
    slow &= {step.name for step in steps}
    assert leading(mixed, StepKind.DATABASE) == slow | {b for a, b in reach(steps) if a in slow}
