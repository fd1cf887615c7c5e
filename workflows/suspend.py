"""A tenant stops working and keeps its data: proxy first, then auth, so that nobody meets half a tenant."""

from temporalio import workflow

from domain.graph import inverted
from domain.messages import OperationAccepted, OperationPlan, OperationRequest, RunInput, RunResult, StepPlan
from domain.phases import OperationKind
from workflows.handlers import Handlers


@workflow.defn
class SuspendTenant(Handlers):
    kind = OperationKind.SUSPEND

    @workflow.run
    async def run(self, given: RunInput) -> RunResult:
        return await self.run_protected(given)

    @workflow.update(description="Begin this suspension")
    async def accept_suspend(self, request: OperationRequest) -> OperationAccepted:
        return await self.accept(request)

    @accept_suspend.validator
    def _may_accept(self, request: OperationRequest) -> None:
        self.may_accept(request)

    async def carry_out(self, plan: OperationPlan) -> None:
        if plan.after:
            await self.bring(inverted(plan.steps), plan.after)

    def steps_as_done(self, plan: OperationPlan) -> list[StepPlan]:
        return inverted(plan.steps)

    async def undo_step(self, step: StepPlan) -> None:
        if self.plan and self.plan.before:
            await self.bring_back(step, self.plan.before)
