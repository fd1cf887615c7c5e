"""A torn-down tenant comes back within its grace: every step at its last good state, running again."""

from temporalio import workflow

from domain.messages import OperationAccepted, OperationRequest, RunInput, RunResult
from domain.phases import OperationKind
from workflows.change import Change


@workflow.defn
class RestoreTenant(Change):
    kind = OperationKind.RESTORE
    finishes_before_suspend = True

    @workflow.run
    async def run(self, given: RunInput) -> RunResult:
        return await self.run_protected(given)

    @workflow.update(description="Begin this restoration")
    async def accept_restore(self, request: OperationRequest) -> OperationAccepted:
        return await self.accept(request)

    @accept_restore.validator
    def _may_accept(self, request: OperationRequest) -> None:
        self.may_accept(request)
