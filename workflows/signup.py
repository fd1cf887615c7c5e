"""A customer signs up: everything of the blueprint is made, or nothing is left."""

from temporalio import workflow

from domain.messages import OperationAccepted, OperationPlan, OperationRequest, RunInput, RunResult, StepPlan
from domain.phases import OperationKind, OperationStatus, Phase
from workflows.handlers import Handlers
from workflows.removal import prove_gone


@workflow.defn
class SignupTenant(Handlers):
    kind = OperationKind.SIGNUP
    finishes_before_suspend = True

    @workflow.run
    async def run(self, given: RunInput) -> RunResult:
        return await self.run_protected(given)

    @workflow.update(description="Begin this sign-up")
    async def accept_signup(self, request: OperationRequest) -> OperationAccepted:
        return await self.accept(request)

    @accept_signup.validator
    def _may_accept(self, request: OperationRequest) -> None:
        self.may_accept(request)

    @property
    def removes(self) -> bool:
        return self.undoing

    async def carry_out(self, plan: OperationPlan) -> None:
        if plan.after:
            await self.bring(plan.steps, plan.after)

    async def undo_step(self, step: StepPlan) -> None:
        await self.provider.remove(step)

    async def prove_undone(self) -> None:
        async def undo_again() -> None:
            if self.plan:
                await self.saga.undo(self.plan.steps)

        await prove_gone(self, undo_again)

    def phase_when_undone(self, plan: OperationPlan, status: OperationStatus) -> Phase:  # noqa: ARG002 - a sign-up has no phase to go back to
        if self.successor and self.successor.kind is OperationKind.TEARDOWN:
            return Phase.CLOSING
        return Phase.CANCELLED if status is OperationStatus.CANCELLED else Phase.FAILED
