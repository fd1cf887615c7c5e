"""A tenant stops working and keeps its data."""

from temporalio import workflow

from domain.graph import inverted
from domain.messages import (
    OperationAccepted,
    OperationPlan,
    OperationRequest,
    RunInput,
    RunResult,
    StepPlan,
)
from domain.phases import OperationKind
from workflows.change import Change


@workflow.defn
class SuspendTenant(Change):
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

    def steps_as_done(self, plan: OperationPlan) -> list[StepPlan]:
        # Proxy before auth, so that nobody meets a proxy that cannot let them in.
        return inverted(plan.steps)
