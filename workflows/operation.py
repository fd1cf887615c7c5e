"""What an operation is: what it was asked, what its work is, and how one step of it is undone."""

from abc import abstractmethod
from collections.abc import Sequence
from datetime import datetime
from typing import ClassVar

from temporalio import workflow

from domain.counting import counted
from domain.messages import (
    Action,
    Desired,
    ErrorView,
    FinishInput,
    Intervention,
    OperationPlan,
    OperationRequest,
    Recovered,
    StepPlan,
)
from domain.phases import TRANSITIONS, OperationKind, OperationStatus, Phase
from workflows.graph import MayGoOn, run_steps
from workflows.remedies import Remedies
from workflows.saga import Saga


class Operation(Remedies):
    """One operation on one tenant: each kind is a subclass in a file of its own."""

    finishes_before_suspend: ClassVar[bool] = False
    """Undone, a sign-up would leave nothing to suspend: it is completed, then suspended."""

    def __init__(self) -> None:
        super().__init__()
        self.saga = Saga(self._undo_unless_skipped, self.stuck)
        self.brought_back_to: Desired | None = None
        """The state after an undo, where that is no longer the last good one because a person amended it."""
        self.current: OperationRequest | None = None
        """Whose ending this will be: the newest target of a scale, else the same as `request`."""
        self.successor: OperationRequest | None = None
        self.cancelled = False
        self.refusal: ErrorView | None = None
        self.error: ErrorView | None = None
        self.recovered: Recovered | None = None
        """Set when this run carries on what a lost run had begun."""
        self._cancelled_natively = False
        self._decisions: list[Intervention] = []
        """Of a lost run of this operation."""

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

    async def prepare_undo(self, plan: OperationPlan) -> None:
        """Before the first step is undone."""

    async def prove_undone(self) -> None:
        """Asks the providers, where the phase after the undo claims that nothing is left."""

    def phase_when_undone(self, plan: OperationPlan, status: OperationStatus) -> Phase:  # noqa: ARG002 - a sign-up decides by the status
        """The phase that is true after the undo."""
        return _phase_before(plan)

    def well_ended(self, plan: OperationPlan) -> FinishInput:
        """How the work leaves the tenant."""
        return self.finish_input(
            plan,
            OperationStatus.SUCCEEDED,
            TRANSITIONS[self.kind].ends_in or _phase_before(plan),
            desired=plan.after,
        )

    def take_up(self, plan: OperationPlan, recovered: Recovered) -> None:
        """Goes on where a lost run of this operation was. How far each step had come, nobody knows."""
        self.recovered = recovered
        for step in plan.steps:
            self.saga.register(step)
        self.successor = recovered.successor
        self._decisions = list(recovered.decisions)
        if recovered.newest:
            self.pauses.ask_for(recovered.newest.pause_before)
        self.pauses.ended(step for decision in self._decisions for step in decision.pauses)
        self.amend_again(plan.steps)
        if recovered.undoing:
            self.cancelled, self.error = recovered.undoing.cancelled, recovered.undoing.error

    def amend_again(self, steps: Sequence[StepPlan]) -> None:
        """Gives these steps what a person gave them in the lost run."""
        by_name = {step.name: step for step in steps}
        for amended in list(self._decisions):
            if amended.action is Action.AMEND and amended.step in by_name:
                self.amend_step(by_name[amended.step], amended)
                self._decisions.remove(amended)

    async def skip_again(self, steps: Sequence[StepPlan]) -> None:
        """Leaves behind what a person let the lost run leave behind."""
        titles = {step.name: step.title for step in steps}
        for skipped in self._decisions:
            if skipped.action is Action.SKIP and skipped.step:
                await self.skip_step(skipped.step, titles.get(skipped.step, skipped.step), skipped)

    async def _undo_unless_skipped(self, step: StepPlan) -> None:
        if step.name not in self.skipped:
            await self.undo_step(step)

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
            await self.pauses.before(step, may_go_on)
            self.saga.register(step)
            await self.provider.ensure(step, desired, may_go_on)

        await run_steps(steps, one, halted=self.interrupted)

    async def bring_back(self, step: StepPlan, desired: Desired) -> None:
        """Undo of a change: the last good state; nobody waits for it when the tenant leaves anyway."""
        await self.provider.bring_back(step, desired, wait=not self.leaves_anyway())

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
            operation_id=self.holder,
            result_of=self.asked.operation_id,
            status=status,
            phase=phase,
            at=workflow.now(),
            desired=desired,
            timeline=self.board.timeline,
            error=self.error,
            interventions=self.interventions,
            kept=self.provider.kept,
            outputs=self.provider.outputs,
            remove_after=remove_after,
            superseded_by=taken_over.operation_id if taken_over else None,
        )

    def _finishes_first(self, successor: OperationRequest) -> bool:
        return self.finishes_before_suspend and successor.kind is OperationKind.SUSPEND

    def leaves_anyway(self) -> bool:
        """A teardown removes by the inventory, so a change that cannot be taken back does not hold it up."""
        leaving = self.successor is not None and self.successor.kind is OperationKind.TEARDOWN
        return leaving and self.kind is not OperationKind.SIGNUP


def _phase_before(plan: OperationPlan) -> Phase:
    if plan.phase_before is None:
        raise RuntimeError("only a sign-up begins without a phase")
    return plan.phase_before


def headline(request: OperationRequest) -> str:
    """One line that says what the run is: no names of people, no secrets."""
    target = f" to {request.target.plan}, {counted(request.target.users, 'user')}" if request.target else ""
    return f"{request.kind} of {request.slug}{target}"
