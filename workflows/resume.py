"""A suspended tenant works again, at the sizes that it had."""

from temporalio import workflow

from domain.messages import OperationAccepted, OperationPlan, OperationRequest, RunInput, RunResult, StepPlan
from domain.phases import OperationKind
from workflows.handlers import Handlers


@workflow.defn
class ResumeTenant(Handlers):
    kind = OperationKind.RESUME

    @workflow.run
    async def run(self, given: RunInput) -> RunResult:
        return await self.run_protected(given)

    @workflow.update(description="Begin this resumption")
    async def accept_resume(self, request: OperationRequest) -> OperationAccepted:
        return await self.accept(request)

    @accept_resume.validator
    def _may_accept(self, request: OperationRequest) -> None:
        self.may_accept(request)

    async def carry_out(self, plan: OperationPlan) -> None:
        if plan.after:
            await self.bring(plan.steps, plan.after)

    async def undo_step(self, step: StepPlan) -> None:
        if self.plan and self.plan.before:
            await self.bring_back(step, self.plan.before)
