"""What every run has in common: take its request, work, undo when it must, end, hand over.

One run per tenant is open at a time; its workflow id is the lock. Handlers only note what was asked
(workflows/handlers.py); the run acts on it.
"""

import asyncio
from datetime import timedelta
from typing import NoReturn

from temporalio import workflow
from temporalio.exceptions import ActivityError

from domain.messages import (
    ErrorView,
    FinishInput,
    OperationPlan,
    OperationRequest,
    Recovered,
    RunInput,
    RunResult,
    Undoing,
)
from domain.phases import TRANSITIONS, OperationStatus
from workflows import policies, records
from workflows.ending_access import end_access
from workflows.failures import as_failure, error_view
from workflows.graph import StepFailures
from workflows.operation import Operation, headline
from workflows.provider import Provider
from workflows.refusals import RUN_IS_ENDING


class Lifecycle(Operation):
    """The run of one operation."""

    def __init__(self) -> None:
        super().__init__()
        self.noted_undo = Undoing()

    async def run_protected(self, given: RunInput) -> RunResult:
        """Temporal's own cancellation reaches only this task and becomes a wish: nothing is cut off."""
        conduct = asyncio.create_task(self._conduct(given))
        while not conduct.done():
            try:
                await workflow.wait_condition(conduct.done)
            except asyncio.CancelledError:
                self._cancelled_natively = True
                self.cancelled = self.cancelled or self.cancellable
        return conduct.result()

    async def _conduct(self, given: RunInput) -> RunResult:
        if given.handed_over:
            self.request = given.handed_over
        request = await self._await_request()
        if request is None:
            self.refusal = ErrorView(code=RUN_IS_ENDING, message="this run is ending; ask again")
            await workflow.wait_condition(workflow.all_handlers_finished)
            return RunResult(operation_id="", status=OperationStatus.CANCELLED, phase=None)
        plan = await self._begin(request)
        if plan is None:
            return await self._refuse(request, handed_over=given.handed_over is not None)
        if given.recovered:
            await self._go_on(plan, given.recovered)
        ending = await self._work(plan)
        return await self._end(ending)

    async def _await_request(self) -> OperationRequest | None:
        try:
            await workflow.wait_condition(
                lambda: self.request is not None or self.cancelled,
                timeout=policies.ACCEPT_TIMEOUT,
                timeout_summary="waits for its request",
            )
        except TimeoutError:
            self.ending = True
        return self.request

    async def _begin(self, request: OperationRequest) -> OperationPlan | None:
        self.current = request
        self.board.say(headline(request))
        try:
            plan = await records.begin(request)
        except ActivityError as error:
            self.refusal = error_view(error)
            return None
        self.provider = Provider(plan, self.board, request.operation_id)
        self.attention.belongs_to(plan.tenant.id, request.operation_id)
        self.pauses.ask_for(request.pause_before)
        self.board.plan(plan.steps)
        self.plan = plan
        await end_access(plan.ends_access, f"the tenant's {request.kind} began")
        return plan

    async def _refuse(self, request: OperationRequest, *, handed_over: bool) -> RunResult:
        self.ending = True
        await workflow.wait_condition(workflow.all_handlers_finished)
        records.show_no_phase()
        if handed_over and self.refusal:
            raise as_failure(self.refusal)
        return RunResult(operation_id=request.operation_id, status=OperationStatus.FAILED, phase=None)

    async def _go_on(self, plan: OperationPlan, recovered: Recovered) -> None:
        """Takes up what a lost run had begun, once none of its calls can still take effect."""
        self.take_up(plan, recovered)
        self.noted_undo = recovered.undoing or Undoing()
        self.board.say(f"{headline(self.asked)}, carried on after its run was lost")
        remaining = recovered.calls_ended_by - workflow.now()
        if remaining > timedelta():
            self.board.hold_up("calls of the lost run, which may still take effect")
            await workflow.sleep(remaining, summary="until no call of the lost run can take effect")
            self.board.hold_up("")

    async def _work(self, plan: OperationPlan) -> FinishInput:
        while self.error is None and not self.halted():
            try:
                await self.carry_out(plan)
            except StepFailures as failures:
                step, cause = next(iter(failures.failures.items()))
                self.error = error_view(cause, step)
            # A handler that was let in may still bring a newer wish.
            await workflow.wait_condition(workflow.all_handlers_finished)
            if self.settled() and self.error is None and not self.halted():
                self.ending = True
                return self.well_ended(plan)
        return await self._undo(plan)

    async def _undo(self, plan: OperationPlan) -> FinishInput:
        self.undoing = True
        self.board.removing = False
        self.board.say(f"{headline(self.asked)}: undoing, because {self._why_undone()}")
        await self.attention.insist("undo", self.note_undo)
        await self.attention.insist("undo", lambda: self.skip_again(plan.steps))
        await self.prepare_undo(plan)
        await self.saga.undo(self.steps_as_done(plan))
        await self.prove_undone()
        await workflow.wait_condition(workflow.all_handlers_finished)
        # From here to the ending nothing is awaited: a take-over that was let in is seen by status and phase.
        self.ending = True
        status = self._status_when_undone()
        return self.finish_input(
            plan, status, self.phase_when_undone(plan, status), desired=self.brought_back_to
        )

    async def _end(self, ending: FinishInput) -> RunResult:
        finished = await self.attention.insist("ending", lambda: records.finish(ending))
        self.board.say(f"{headline(self.asked)}: {ending.status}")
        await workflow.wait_condition(workflow.all_handlers_finished)
        if self.successor and finished.handed_to == self.successor.operation_id:
            _hand_over(self.successor)
        records.show_phase(ending.phase, self._plan_after(ending))
        if self.error:
            raise as_failure(self.error)
        if self._cancelled_natively and ending.status is OperationStatus.CANCELLED:
            raise asyncio.CancelledError
        return RunResult(operation_id=self.asked.operation_id, status=ending.status, phase=ending.phase)

    async def note_undo(self) -> None:
        """If this run is lost, its end stays the same; of a take-over the row tells that waits."""
        why = Undoing(cancelled=self.cancelled, error=self.error)
        if self.request and self.plan and why != self.noted_undo:
            await records.note_undo(self.plan.tenant.id, self.request.operation_id, why)
            self.noted_undo = why

    def _status_when_undone(self) -> OperationStatus:
        if self.error:
            return OperationStatus.FAILED
        return OperationStatus.CANCELLED if self.cancelled else OperationStatus.SUPERSEDED

    def _why_undone(self) -> str:
        if self.error:
            return self.error.message
        if self.successor:
            return f"a {self.successor.kind} takes over"
        return "it was cancelled"

    def _plan_after(self, ending: FinishInput) -> str | None:
        """The plan that the tenant has now: a target that was not reached is none."""
        good = ending.desired or (self.plan.before if self.plan else None)
        return good.target.plan if good else None


def _hand_over(successor: OperationRequest) -> NoReturn:
    """The id is never free in between, so nobody else can take the tenant."""
    # The overload by name takes the arguments as a list.
    workflow.continue_as_new(
        args=[RunInput(tenant_id=successor.tenant_id, slug=successor.slug, handed_over=successor)],
        workflow=TRANSITIONS[successor.kind].workflow,
        search_attributes=records.attributes_of_successor(successor),
        memo={"operation_id": successor.operation_id},
        # Another operation, so on the current version; by default it would stay with the one of this run.
        initial_versioning_behavior=workflow.ContinueAsNewVersioningBehavior.AUTO_UPGRADE,
    )
