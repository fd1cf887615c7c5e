"""A customer leaves: the workload stops, the data waits for the grace, or everything goes at once."""

from datetime import timedelta

from temporalio import workflow

from domain.graph import inverted
from domain.messages import (
    FinishInput,
    OperationAccepted,
    OperationPlan,
    OperationRequest,
    Recovered,
    RunInput,
    RunResult,
    StepPlan,
)
from domain.phases import OperationKind, OperationStatus, Phase
from workflows.graph import MayGoOn, run_to_the_end
from workflows.handlers import Handlers
from workflows.removal import remove_everything


@workflow.defn
class TeardownTenant(Handlers):
    kind = OperationKind.TEARDOWN
    cancellable = False

    def __init__(self) -> None:
        super().__init__()
        self._removal_began = False

    @workflow.run
    async def run(self, given: RunInput) -> RunResult:
        return await self.run_protected(given)

    @workflow.update(description="Begin this teardown")
    async def accept_teardown(self, request: OperationRequest) -> OperationAccepted:
        return await self.accept(request)

    @accept_teardown.validator
    def _may_accept(self, request: OperationRequest) -> None:
        self.may_accept(request)

    def take_up(self, plan: OperationPlan, recovered: Recovered) -> None:
        super().take_up(plan, recovered)
        # Stopping again would make workload anew where it was removed.
        self._removal_began = recovered.phase is Phase.REMOVING

    async def carry_out(self, plan: OperationPlan) -> None:
        self.board.removing = _removes_at_once(plan)
        if not _nothing_to_keep(plan) and not self._removal_began:
            await self._stop(plan)
            if self.halted():
                return
        if _removes_at_once(plan):
            self._removal_began = True
            await remove_everything(self, plan)

    def well_ended(self, plan: OperationPlan) -> FinishInput:
        if _removes_at_once(plan):
            return self.finish_input(plan, OperationStatus.SUCCEEDED, Phase.DELETED)
        return self.finish_input(
            plan,
            OperationStatus.SUCCEEDED,
            Phase.CLOSED,
            desired=plan.after,
            remove_after=workflow.now() + timedelta(seconds=plan.grace_seconds),
        )

    async def undo_step(self, step: StepPlan) -> None:
        if self.plan and self.plan.before:
            await self.bring_back(step, self.plan.before)

    def steps_as_done(self, plan: OperationPlan) -> list[StepPlan]:
        return inverted(plan.steps)

    @property
    def removes(self) -> bool:
        return self._removal_began

    def no_way_back(self) -> str | None:
        if self._removal_began:
            return "removal has begun, and it only goes forward; retry, skip or amend what is stuck"
        if self.plan and _nothing_to_keep(self.plan):
            return "the tenant's sign-up was undone, so there is nothing to go back to"
        return None

    async def _stop(self, plan: OperationPlan) -> None:
        async def one(step: StepPlan, may_go_on: MayGoOn) -> None:
            await self.pauses.before(step, may_go_on)
            self.saga.register(step)
            if plan.after:
                await self.provider.ensure(step, plan.after, may_go_on)

        await run_to_the_end(inverted(plan.steps), one, self.stuck, halted=self.halted)


def _nothing_to_keep(plan: OperationPlan) -> bool:
    """Taken over from a sign-up that was undone: there is no workload to stop and nothing to restore."""
    return plan.phase_before is Phase.CLOSING


def _removes_at_once(plan: OperationPlan) -> bool:
    return plan.grace_seconds == 0 or _nothing_to_keep(plan)
