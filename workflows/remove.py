"""The grace is over: everything goes, is proven gone, and the certificate says so."""

from temporalio import workflow

from domain.messages import FinishInput, OperationPlan, RunInput, RunResult, StepPlan
from domain.phases import OperationKind, OperationStatus, Phase
from workflows.handlers import Handlers
from workflows.removal import remove_everything


@workflow.defn
class RemoveTenant(Handlers):
    kind = OperationKind.REMOVE
    cancellable = False

    @workflow.run
    async def run(self, given: RunInput) -> RunResult:
        return await self.run_protected(given)

    @property
    def removes(self) -> bool:
        return True

    async def carry_out(self, plan: OperationPlan) -> None:
        await remove_everything(self, plan)

    def well_ended(self, plan: OperationPlan) -> FinishInput:
        return self.finish_input(plan, OperationStatus.SUCCEEDED, Phase.DELETED)

    async def undo_step(self, step: StepPlan) -> None:
        """A removal registers nothing to undo."""
