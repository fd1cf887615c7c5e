"""What somebody else changed or deleted is brought back; nothing else is touched, and nothing is undone."""

import asyncio
from collections.abc import Collection, Sequence

from temporalio import workflow
from temporalio.exceptions import ActivityError

from domain.errors import DataLost
from domain.graph import restricted
from domain.messages import (
    ErrorView,
    ObserveInput,
    OperationAccepted,
    OperationPlan,
    OperationRequest,
    RunInput,
    RunResult,
    StepPlan,
    StepStatus,
)
from domain.phases import OperationKind
from workflows import observing
from workflows.failures import as_failure, error_view
from workflows.graph import MayGoOn, StepFailures, run_steps
from workflows.handlers import Handlers

LOOK = "look"
"""In errors: the look at the tenant's things, which belongs to no step."""


@workflow.defn
class RepairTenant(Handlers):
    kind = OperationKind.REPAIR

    @workflow.run
    async def run(self, given: RunInput) -> RunResult:
        return await self.run_protected(given)

    @workflow.update(description="Begin this repair")
    async def accept_repair(self, request: OperationRequest) -> OperationAccepted:
        return await self.accept(request)

    @accept_repair.validator
    def _may_accept(self, request: OperationRequest) -> None:
        self.may_accept(request)

    async def carry_out(self, plan: OperationPlan) -> None:
        """Looks, brings back what differs, and looks again, so that the conditions tell what is so now."""
        self.provider.accept_data_loss = self.asked.accept_data_loss
        names = await self._differing(plan)
        if self.halted():
            return
        steps = restricted(plan.steps, names)
        self._leave(plan, names)
        await self._bring_back(steps, plan)
        if self.provider.outputs != plan.outputs and not self.halted():
            # What was made anew may have another address, which others were told.
            others = _behind(plan.steps, names)
            await self._bring_back(others, plan)
            names = names | {step.name for step in others}
        if names and not self.halted():
            await self._look(plan, names)

    async def undo_step(self, step: StepPlan) -> None:
        """A repair registers nothing to undo: what it brought back was the last good state."""

    async def _differing(self, plan: OperationPlan) -> set[str]:
        await self._look(plan, ())
        if self.halted():
            return set()
        return set(await observing.steps_to_repair(plan.tenant.id, by_policy=self.asked.by_policy))

    async def _look(self, plan: OperationPlan, repaired: Collection[str]) -> None:
        """Ends early when the tenant is wanted for something else, whatever a provider's trouble is."""
        call = ObserveInput(
            tenant_ids=[plan.tenant.id],
            holder=self.holder,
            repaired=sorted(repaired),
            outputs=dict(self.provider.outputs),
        )
        look = asyncio.create_task(observing.observe_held(call))
        await workflow.wait_condition(lambda: look.done() or self.halted())
        look.cancel()
        try:
            await look
        except (ActivityError, asyncio.CancelledError) as error:
            if not self.halted():
                raise StepFailures({LOOK: error}) from error

    async def _bring_back(self, steps: Sequence[StepPlan], plan: OperationPlan) -> None:
        """What fails for good leaves out only what needs it."""
        desired = plan.after
        if desired is None:
            return

        async def one(step: StepPlan, may_go_on: MayGoOn) -> None:
            await self.pauses.before(step, may_go_on)
            await self.provider.ensure(step, desired, may_go_on)

        try:
            await run_steps(steps, one, halted=self.interrupted, keep_going=True)
        except StepFailures as failures:
            raise _lost_first(failures) from failures

    def _leave(self, plan: OperationPlan, names: set[str]) -> None:
        """Shows the other steps as done."""
        for step in plan.steps:
            if step.name not in names:
                self.board.mark(step.name, StepStatus.DONE, "left as it is")


def _lost_first(failures: StepFailures) -> StepFailures:
    """Who is asked to accept a loss must read of all of it, and the operation shows the first failure."""
    found = failures.failures
    views = {step: error_view(error) for step, error in found.items()}
    lost = [step for step, view in views.items() if view.code == DataLost.__name__]
    if not lost:
        return failures
    told = "; ".join(views[step].message for step in lost)
    all_of_it = as_failure(ErrorView(code=DataLost.__name__, message=told))
    first = found[lost[0]] if len(lost) == 1 else all_of_it
    return StepFailures({lost[0]: first} | {step: found[step] for step in found if step != lost[0]})


def _behind(steps: Sequence[StepPlan], names: set[str]) -> list[StepPlan]:
    """The steps that need one of those named, directly or not, without these themselves."""
    reached = set(names)
    for step in steps:
        if reached & set(step.needs):
            reached.add(step.name)
    return restricted(steps, reached - names)
