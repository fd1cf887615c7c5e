"""Runs steps in dependency order, independent ones at once."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime

from temporalio import workflow
from temporalio.exceptions import is_cancelled_exception

from domain.messages import StepPlan

MayGoOn = Callable[[], bool]
Action = Callable[[StepPlan, MayGoOn], Awaitable[None]]
"""Does one step. Asks before each further activity or wait whether it may go on: a cancellation that meets
an activity's success is swallowed by it."""


class LeftOut(Exception):
    """Raised by an action: the step stays as it is, and what needs it is left out too."""


class StepFailures(Exception):
    """What failed, by step."""

    def __init__(self, failures: dict[str, BaseException]) -> None:
        super().__init__(", ".join(failures))
        self.failures = failures


class _Walk:
    """One walk over the graph: which steps are done, failed or left out."""

    def __init__(
        self, steps: Sequence[StepPlan], action: Action, halted: Callable[[], bool], keep_going: bool
    ) -> None:
        self.steps = steps
        self.action = action
        self.halted = halted
        self.keep_going = keep_going
        self.names = {step.name for step in steps}
        self.done: set[str] = set()
        self.left_out: set[str] = set()
        self.failures: dict[str, BaseException] = {}

    def stopping(self) -> bool:
        return self.halted() or (bool(self.failures) and not self.keep_going)

    def _blocked(self, step: StepPlan) -> bool:
        return self.stopping() or any(n in self.failures or n in self.left_out for n in step.needs)

    async def one(self, step: StepPlan) -> None:
        needs = set(step.needs) & self.names
        await workflow.wait_condition(lambda: self._blocked(step) or needs <= self.done)
        if self._blocked(step):
            self.left_out.add(step.name)
            return
        try:
            await self.action(step, lambda: not self.stopping())
        except LeftOut:
            self.left_out.add(step.name)
        except (Exception, asyncio.CancelledError) as error:  # noqa: BLE001 - any failure must lead to the undo
            # A retry that is cancelled ends with what its last attempt said, and not as cancelled.
            if not self.halted() and not (self.stopping() and is_cancelled_exception(error)):
                self.failures[step.name] = error
        else:
            self.done.add(step.name)


async def run_steps(
    steps: Sequence[StepPlan],
    action: Action,
    *,
    halted: Callable[[], bool] = lambda: False,
    keep_going: bool = False,
) -> None:
    """Runs `action` for each step as soon as the steps it needs are done.

    Returns when all are done or, once `halted` is true, when everything under way has ended. Raises
    StepFailures only when everything under way has ended, so that the caller may undo without a race. With
    `keep_going`, a failure leaves out only the steps that needed the failed one.
    """
    walk = _Walk(steps, action, halted, keep_going)
    tasks = [asyncio.create_task(walk.one(step)) for step in steps]

    def ended() -> bool:
        return all(task.done() for task in tasks)

    await workflow.wait_condition(lambda: ended() or walk.stopping())
    for task in tasks:
        # Ends waits and retries; an attempt under way still finishes (workflows/policies.py).
        task.cancel()
    await workflow.wait_condition(ended)
    if walk.failures:
        raise StepFailures(walk.failures)


Stuck = Callable[[StepPlan, BaseException, datetime, MayGoOn], Awaitable[bool]]
"""Told which step failed for good, why, and since when it does; returns whether to try it again.

Raises LeftOut when trying is pointless.
"""


async def run_to_the_end(
    steps: Sequence[StepPlan],
    action: Action,
    stuck: Stuck,
    *,
    halted: Callable[[], bool] = lambda: False,
) -> None:
    """For what only goes forward, as undo and removal do: a step that fails for good waits for a person.

    Meanwhile the steps that do not need it go on.
    """

    async def one(step: StepPlan, may_go_on: MayGoOn) -> None:
        since = None
        while True:
            try:
                return await action(step, may_go_on)
            except (Exception, asyncio.CancelledError) as error:
                if halted():
                    raise
                since = since or workflow.now()
                failure = error
            if not await stuck(step, failure, since, may_go_on):
                return None

    try:
        await run_steps(steps, one, halted=halted, keep_going=True)
    except StepFailures as failures:
        # No failure of a step: nobody could be told, because another run holds the tenant by now.
        raise next(iter(failures.failures.values())) from failures
