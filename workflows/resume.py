"""A suspended tenant works again, at the sizes that it had."""

from temporalio import workflow

from domain.messages import OperationAccepted, OperationRequest, RunInput, RunResult
from domain.phases import OperationKind
from workflows.change import Change


@workflow.defn
class ResumeTenant(Change):
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
