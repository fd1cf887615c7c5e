"""Order of steps: which may run at once, which must wait, and the same backwards."""

from collections.abc import Collection, Sequence

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
