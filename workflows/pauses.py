"""Steps before which a run was asked to wait for a person."""

from collections.abc import Callable, Iterable

from temporalio import workflow

from domain.messages import Action, StepPlan, Stop
from workflows.attention import Attention


class Pauses:
    """A wait that is cancelled is over; when its step comes again, it is waited for again."""

    def __init__(self, attention: Attention, actions: Callable[[], list[Action]]) -> None:
        self._attention = attention
        self._actions = actions
        self._ahead: set[str] = set()

    def ask_for(self, steps: Iterable[str]) -> None:
        self._ahead |= set(steps)

    def ended(self, steps: Iterable[str]) -> None:
        """A person let the run go on at these steps before it was lost."""
        self._ahead -= set(steps)

    async def before(self, step: StepPlan) -> None:
        """Returns when the step may begin."""
        if step.name not in self._ahead:
            return
        await self._attention.paused(
            Stop(
                step=step.name,
                reason="PauseBefore",
                message=f"was asked to pause before it ({step.title})",
                since=workflow.now(),
                actions=self._actions(),
            )
        )
        self._ahead.discard(step.name)
