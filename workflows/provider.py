"""Calls to the providers' activities for one operation: ensure, wait until ready, remove, verify."""

import asyncio
from collections.abc import Callable, Iterable

from temporalio import workflow

from domain.blueprint import StepKind
from domain.errors import capped
from domain.graph import leading
from domain.messages import (
    Desired,
    ErrorView,
    OperationPlan,
    StepCall,
    StepOutcome,
    StepPlan,
    StepStatus,
    Survivor,
    VerifyInput,
    VerifyOutcome,
)
from domain.queues import Provider as ProviderName
from workflows import policies
from workflows.board import Board
from workflows.failures import error_view
from workflows.graph import MayGoOn

SLOWEST = StepKind.DATABASE
"""Takes longer than all others together."""
PROVIDERS: tuple[ProviderName, ...] = ("aws", "kubernetes")


class Provider:
    """Schedules step activities and keeps what they found out for later steps."""

    def __init__(self, plan: OperationPlan, board: Board, operation_id: str) -> None:
        self._plan = plan
        self._board = board
        self._operation_id = operation_id
        self._leading = leading(plan.steps, SLOWEST)
        self.outputs: dict[str, str] = dict(plan.outputs)
        self.kept: list[str] = []
        self.final_snapshot = plan.final_snapshot
        """Whether a database that is removed leaves a last snapshot."""
        self.accept_data_loss = False
        """Whether a person agreed that what is gone with the tenant's data is made anew, empty."""

    async def ensure(self, step: StepPlan, desired: Desired, may_go_on: MayGoOn) -> None:
        """Brings the step's things to `desired` and stays until they can be used."""
        await self._bring(step, desired, StepStatus.RUNNING, may_go_on)
        if may_go_on():
            self._board.mark(step.name, StepStatus.DONE)

    async def bring_back(self, step: StepPlan, desired: Desired, *, wait: bool) -> None:
        """The same as the undo of a change."""
        await self._bring(step, desired, StepStatus.UNDOING, lambda: wait)
        self._board.mark(step.name, StepStatus.UNDONE)

    async def remove(self, step: StepPlan) -> None:
        """Removes what the inventory knows of the step; returns when the provider says it is gone."""
        self._board.mark(step.name, StepStatus.UNDOING)
        try:
            outcome: StepOutcome = await workflow.execute_activity(
                f"{step.kind}.remove",
                self._call(step, None),
                result_type=StepOutcome,
                summary=f"remove {step.title}",
                **policies.remove(step.kind, self._plan.tenant.id),
            )
        except Exception as error:
            self._failed(step, error_view(error))
            raise
        self._learn(outcome)
        self._board.mark(step.name, StepStatus.UNDONE)

    async def act(
        self, activity: str, step: StepPlan, about: StepPlan, under_way: StepStatus, done: StepStatus
    ) -> None:
        """A step that is one activity, `about` a thing that a step of the blueprint made."""
        self._board.mark(step.name, under_way)
        try:
            outcome: StepOutcome = await workflow.execute_activity(
                activity,
                self._call(about, None),
                result_type=StepOutcome,
                summary=step.title,
                **policies.ensure(about.kind, self._plan.tenant.id),
            )
        except Exception as error:
            self._failed(step, error_view(error))
            raise
        self._learn(outcome)
        self._board.mark(step.name, done)

    async def survivors(self) -> list[Survivor]:
        """Asks every provider for each thing of the inventory; what still answers."""
        found = await asyncio.gather(*(self._verify(name) for name in PROVIDERS), return_exceptions=True)
        for result in found:
            if isinstance(result, BaseException):
                raise result
        return [ref for result in found if isinstance(result, VerifyOutcome) for ref in result.survivors]

    def keep(self, kept: Iterable[str]) -> None:
        """Tells what stays as it is, in words; said again, it is told once."""
        self.kept += [one for one in kept if one not in self.kept]

    async def _verify(self, provider: ProviderName) -> VerifyOutcome:
        outcome: VerifyOutcome = await workflow.execute_activity(
            f"{provider}.verify_gone",
            VerifyInput(tenant=self._plan.tenant, operation_id=self._operation_id),
            result_type=VerifyOutcome,
            summary=f"prove that nothing is left in {provider}",
            **policies.verify(provider, self._plan.tenant.id),
        )
        return outcome

    async def _bring(
        self, step: StepPlan, desired: Desired, mark: StepStatus, may_wait: Callable[[], bool]
    ) -> None:
        self._board.mark(step.name, mark)
        try:
            outcome = await self._ensure(step, desired)
            if not outcome.ready and may_wait():
                self._board.mark(step.name, mark, outcome.waiting_for)
                await self._await_ready(step, desired)
        except Exception as error:
            self._failed(step, error_view(error))
            raise

    async def _ensure(self, step: StepPlan, desired: Desired) -> StepOutcome:
        outcome: StepOutcome = await workflow.execute_activity(
            f"{step.kind}.ensure",
            self._call(step, desired),
            result_type=StepOutcome,
            summary=step.title,
            **policies.ensure(step.kind, self._plan.tenant.id, leads=step.name in self._leading),
        )
        self._learn(outcome)
        return outcome

    async def _await_ready(self, step: StepPlan, desired: Desired) -> None:
        outcome: StepOutcome = await workflow.execute_activity(
            f"{step.kind}.await_ready",
            self._call(step, desired),
            result_type=StepOutcome,
            summary=f"wait for {step.title}",
            **policies.await_ready(step.kind, self._plan.tenant.id),
        )
        self._learn(outcome)

    def _call(self, step: StepPlan, desired: Desired | None) -> StepCall:
        return StepCall(
            tenant=self._plan.tenant,
            operation_id=self._operation_id,
            step=step.name,
            desired=desired,
            outputs=dict(self.outputs),
            final_snapshot=self.final_snapshot,
            accept_data_loss=self.accept_data_loss,
        )

    def _learn(self, outcome: StepOutcome) -> None:
        self.outputs.update(outcome.outputs)
        self.keep(outcome.kept)

    def _failed(self, step: StepPlan, error: ErrorView) -> None:
        self._board.mark(step.name, StepStatus.FAILED, capped(f"{error.code}: {error.message}"))
