"""Undo what an operation did: registered before the step it undoes, run in reverse order of dependence."""

from collections.abc import Awaitable, Callable, Sequence

from domain.graph import inverted, restricted
from domain.messages import StepPlan
from workflows.graph import MayGoOn, Stuck, run_to_the_end

Undo = Callable[[StepPlan], Awaitable[None]]


class Saga:
    """The undo stack of one operation. Undoing what was never made is success, so every entry may run."""

    def __init__(self, undo: Undo, stuck: Stuck) -> None:
        self._undo = undo
        self._stuck = stuck
        self._registered: set[str] = set()

    def register(self, step: StepPlan) -> None:
        """Before the step is done: what has no entry here is leaked when the step is killed half-way."""
        self._registered.add(step.name)

    async def undo(self, steps: Sequence[StepPlan]) -> None:
        """Undoes what was registered of `steps`, given in the order in which they were done."""

        async def one(step: StepPlan, _may_go_on: MayGoOn) -> None:
            await self._undo(step)

        order = inverted(restricted(steps, self._registered))
        await run_to_the_end(order, one, self._stuck)
