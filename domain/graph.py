"""Order of steps: which may run at once, which must wait, and the same backwards."""

from collections.abc import Collection, Mapping, Sequence

from domain.blueprint import StepKind
from domain.messages import StepPlan


def restricted(steps: Sequence[StepPlan], names: Collection[str]) -> list[StepPlan]:
    """Only the named steps; a need on a step left out becomes a need on what that one needed."""
    needs_of = {step.name: step.needs for step in steps}

    def kept_needs(name: str) -> set[str]:
        found: set[str] = set()
        for need in needs_of[name]:
            found |= {need} if need in names else kept_needs(need) if need in needs_of else set()
        return found

    return [
        step.model_copy(update={"needs": sorted(kept_needs(step.name))})
        for step in steps
        if step.name in names
    ]


def inverted(steps: Sequence[StepPlan]) -> list[StepPlan]:
    """The same steps in removal order: each waits for everything that needed it."""
    needed_by: dict[str, list[str]] = {step.name: [] for step in steps}
    for step in steps:
        for need in step.needs:
            if need in needed_by:
                needed_by[need].append(step.name)
    return [step.model_copy(update={"needs": sorted(needed_by[step.name])}) for step in reversed(steps)]


def moved_last(steps: Sequence[StepPlan], names: Collection[str]) -> list[StepPlan]:
    """The same steps, with the named ones after all others."""
    others = restricted(steps, {step.name for step in steps} - set(names))
    everything = [step.name for step in others]
    moved = restricted(steps, names)
    return others + [step.model_copy(update={"needs": sorted({*step.needs, *everything})}) for step in moved]


def rule_steps(steps: Sequence[StepPlan]) -> list[StepPlan]:
    """Steps whose objects bound the workload: quotas and limits. A scale changes them before all others."""
    return [step for step in steps if step.kind is StepKind.KUBERNETES and not step.workload]


def longest_chain(steps: Sequence[StepPlan], seconds: Mapping[str, int]) -> list[str]:
    """The steps, one after the other, that take longest together; `steps` are in an order that they allow."""
    best: dict[str, list[str]] = {}

    def length(chain: Sequence[str]) -> int:
        return sum(seconds[name] for name in chain)

    for step in steps:
        before = max((best[need] for need in step.needs if need in best), key=length, default=[])
        best[step.name] = [*before, step.name]
    return max(best.values(), key=length, default=[])


def leading(steps: Sequence[StepPlan], kind: StepKind) -> frozenset[str]:
    """Steps of this kind and all that they need, by name; `steps` come after what they need."""
    found: set[str] = set()
    for step in reversed(steps):
        if step.kind is kind or step.name in found:
            found |= {step.name, *step.needs}
    return frozenset(found)
