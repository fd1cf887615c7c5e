"""What every operation has in common: take its request, work, undo when it must, end, hand over.

One run per tenant is open at a time; its workflow id is the lock. Each operation is a subclass in a file of
its own, which says what the work is (`carry_out`) and how one step of it is undone (`undo_step`).
"""

import asyncio
from abc import ABC, abstractmethod
from collections.abc import Sequence
from datetime import datetime
from typing import ClassVar, NoReturn

from temporalio import workflow
from temporalio.exceptions import ActivityError

from domain.messages import (
    Desired,
    ErrorView,
    FinishInput,
    OperationPlan,
    OperationRequest,
    RunInput,
    RunResult,
    StepPlan,
)
from domain.phases import TRANSITIONS, OperationKind, OperationStatus, Phase
from workflows import policies, records
from workflows.attention import Attention
from workflows.board import Board
from workflows.failures import as_failure, error_view
from workflows.graph import MayGoOn, StepFailures, run_steps
from workflows.provider import Provider
from workflows.saga import Saga

RUN_IS_ENDING = "RunIsEnding"
"""The wish came too late for this run; the caller starts a new one."""


class Lifecycle(ABC):
    """Base of the lifecycle workflows. Handlers only note what was asked; the run acts on it."""

    kind: ClassVar[OperationKind]
    cancellable: ClassVar[bool] = True
    """Whether the work can be undone. Leaving cannot: it only goes forward."""
    finishes_before_suspend: ClassVar[bool] = False
    """Undone, a sign-up would leave nothing to suspend: it is completed, then suspended."""

    def __init__(self) -> None:
        self.board = Board()
        self.attention = Attention(self.board, self._leaves_anyway)
        self.saga = Saga(self.undo_step, self.attention.wait, self._leaves_anyway)
        self.request: OperationRequest | None = None
        """The request that holds the tenant."""
        self.current: OperationRequest | None = None
        """Whose ending this will be: the newest target of a scale, else the same as `request`."""
        self.successor: OperationRequest | None = None
        self.cancelled = False
        self.plan: OperationPlan | None = None
        self.refusal: ErrorView | None = None
        self.error: ErrorView | None = None
        self.undoing = False
        self.ending = False
        self._cancelled_natively = False

    # --- what an operation says -------------------------------------------------------------------------

    @abstractmethod
    async def carry_out(self, plan: OperationPlan) -> None:
        """The work. May return early when `halted()`; raises StepFailures when a step failed for good."""

    @abstractmethod
    async def undo_step(self, step: StepPlan) -> None:
        """Takes back what `carry_out` did in this step, whether or not it was done."""

    def steps_as_done(self, plan: OperationPlan) -> list[StepPlan]:
        """The steps in the order in which they were done: the undo goes backwards through it."""
        return plan.steps

    async def prove_undone(self) -> None:  # noqa: B027 - most phases claim nothing that has to be proven
        """Asks the providers, where the phase after the undo claims that nothing is left."""

    def phase_when_undone(self, plan: OperationPlan, status: OperationStatus) -> Phase:  # noqa: ARG002 - a sign-up decides by the status
        """The phase that is true after the undo."""
        if plan.phase_before is None:
            raise RuntimeError("only a sign-up begins without a phase")
        return plan.phase_before

    def well_ended(self, plan: OperationPlan) -> FinishInput:
        """How the work leaves the tenant."""
        return self.finish_input(
            plan, OperationStatus.SUCCEEDED, TRANSITIONS[self.kind].ends_in, desired=plan.after
        )

    # --- the run ----------------------------------------------------------------------------------------

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
        self.board.plan(plan.steps)
        self.plan = plan
        return plan

    async def _refuse(self, request: OperationRequest, *, handed_over: bool) -> RunResult:
        self.ending = True
        await workflow.wait_condition(workflow.all_handlers_finished)
        records.show_no_phase()
        if handed_over and self.refusal:
            raise as_failure(self.refusal)
        return RunResult(operation_id=request.operation_id, status=OperationStatus.FAILED, phase=None)

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
        self.board.say(f"{headline(self.asked)}: undoing, because {self._why_undone()}")
        await self.saga.undo(self.steps_as_done(plan))
        await self.prove_undone()
        await workflow.wait_condition(workflow.all_handlers_finished)
        # From here to the ending nothing is awaited: a take-over that was let in is seen by status and phase.
        self.ending = True
        status = self._status_when_undone()
        return self.finish_input(plan, status, self.phase_when_undone(plan, status))

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

    # --- for operations and handlers --------------------------------------------------------------------

    @property
    def asked(self) -> OperationRequest:
        if self.current is None:
            raise RuntimeError("this run has no request yet")
        return self.current

    def halted(self) -> bool:
        """Whether the work must stop and be undone."""
        return self.cancelled or (self.successor is not None and not self._finishes_first(self.successor))

    def interrupted(self) -> bool:
        """Whether the steps under way have lost their point."""
        return self.halted()

    def settled(self) -> bool:
        """Whether the newest wish is the one that was carried out."""
        return True

    async def bring(self, steps: Sequence[StepPlan], desired: Desired) -> None:
        """Brings each step to `desired`, its undo registered first."""

        async def one(step: StepPlan, may_go_on: MayGoOn) -> None:
            self.saga.register(step)
            await self.provider.ensure(step, desired, may_go_on)

        await run_steps(steps, one, halted=self.interrupted)

    async def bring_back(self, step: StepPlan, desired: Desired) -> None:
        """Undo of a change: the last good state; nobody waits for it when the tenant leaves anyway."""
        await self.provider.bring_back(step, desired, wait=not self._leaves_anyway())

    def finish_input(
        self,
        plan: OperationPlan,
        status: OperationStatus,
        phase: Phase,
        *,
        desired: Desired | None = None,
        remove_after: datetime | None = None,
    ) -> FinishInput:
        taken_over = self.successor if status is OperationStatus.SUPERSEDED else None
        return FinishInput(
            tenant_id=plan.tenant.id,
            operation_id=self.request.operation_id if self.request else "",
            result_of=self.asked.operation_id,
            status=status,
            phase=phase,
            desired=desired,
            timeline=self.board.timeline,
            error=self.error,
            kept=self.provider.kept,
            outputs=self.provider.outputs,
            remove_after=remove_after,
            superseded_by=taken_over.operation_id if taken_over else None,
        )

    def _plan_after(self, ending: FinishInput) -> str | None:
        """The plan that the tenant has now: a target that was not reached is none."""
        good = ending.desired or (self.plan.before if self.plan else None)
        return good.target.plan if good else None

    def _finishes_first(self, successor: OperationRequest) -> bool:
        return self.finishes_before_suspend and successor.kind is OperationKind.SUSPEND

    def _leaves_anyway(self) -> bool:
        """A teardown removes by the inventory, so a change that cannot be taken back does not hold it up."""
        leaving = self.successor is not None and self.successor.kind is OperationKind.TEARDOWN
        return leaving and self.kind is not OperationKind.SIGNUP

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


def headline(request: OperationRequest) -> str:
    """One line that says what the run is: no names of people, no secrets."""
    target = f" to {request.target.plan}, {request.target.users} users" if request.target else ""
    return f"{request.kind} of {request.slug}{target}"


def _hand_over(successor: OperationRequest) -> NoReturn:
    """The id is never free in between, so nobody else can take the tenant."""
    # The overload by name takes the arguments as a list.
    workflow.continue_as_new(
        args=[RunInput(tenant_id=successor.tenant_id, slug=successor.slug, handed_over=successor)],
        workflow=TRANSITIONS[successor.kind].workflow,
        search_attributes=records.attributes_of_successor(successor),
        memo={"operation_id": successor.operation_id},
    )
