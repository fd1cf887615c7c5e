"""Steps before which a run was asked to wait for a person."""

from collections.abc import Callable, Iterable

from temporalio import workflow

from domain.messages import Action, StepPlan, Stop
from workflows.attention import Attention
from workflows.graph import LeftOut, MayGoOn


class Pauses:
    """A wait that is given up is over; when its step comes again, it is waited for again."""

    def __init__(self, attention: Attention, actions: Callable[[], list[Action]]) -> None:
        self._attention = attention
        self._actions = actions
        self._ahead: set[str] = set()

    def ask_for(self, steps: Iterable[str]) -> None:
        self._ahead |= set(steps)

    def ended(self, steps: Iterable[str]) -> None:
        """A person let the run go on at these steps before it was lost."""
        self._ahead -= set(steps)

    async def before(self, step: StepPlan, may_go_on: MayGoOn) -> None:
        """Returns when the step may begin. Raises LeftOut when it may not any more."""
        if step.name not in self._ahead:
            return
        stop = Stop(
            step=step.name,
            reason="PauseBefore",
            message=f"was asked to pause before it ({step.title})",
            since=workflow.now(),
            actions=self._actions(),
        )
        if await self._attention.paused(stop, lambda: not may_go_on()) is None:
            raise LeftOut
        self._ahead.discard(step.name)
