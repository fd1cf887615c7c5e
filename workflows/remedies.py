"""What a person may do about a step that is stuck, and what follows from it."""

from abc import ABC, abstractmethod
from datetime import datetime
from typing import ClassVar, Literal

from domain.blueprint import StepKind
from domain.messages import (
    Action,
    Intervention,
    OperationPlan,
    OperationRequest,
    SkipInput,
    Skipped,
    StepPlan,
    Stop,
)
from domain.phases import OperationKind
from workflows import records
from workflows.attention import Attention
from workflows.board import Board
from workflows.failures import error_view
from workflows.graph import LeftOut, MayGoOn
from workflows.pauses import Pauses
from workflows.provider import Provider


class Remedies(ABC):
    """The part of an operation that waits for a person and does as told."""

    kind: ClassVar[OperationKind]
    cancellable: bool = True
    """Whether the work can be undone. Leaving cannot: it only goes forward."""
    provider: Provider
    """There once the run holds its tenant and has a plan."""

    def __init__(self) -> None:
        self.board = Board()
        self.attention = Attention(self.board, lambda: self._with_abort(Action.RETRY))
        self.pauses = Pauses(self.attention, lambda: self._with_abort(Action.RESUME))
        self.interventions: list[Intervention] = []
        self.request: OperationRequest | None = None
        """The request that holds the tenant."""
        self.plan: OperationPlan | None = None
        self.undoing = False
        self.ending = False
        self.skipped: set[str] = set()
        """Steps that a person let the run leave as they are: nothing comes back to them."""
        self._stuck: dict[str, StepPlan] = {}

    # --- what an operation says -------------------------------------------------------------------------

    @property
    def removes(self) -> bool:
        """Whether it now takes things away for good."""
        return False

    def no_way_back(self) -> str | None:
        """Why what was done cannot be undone; None while it can."""
        if self.cancellable:
            return None
        return f"a {self.kind} only goes forward; retry, skip or amend what is stuck"

    def not_cancellable(self) -> str:
        """Told to who wants to cancel what only goes forward."""
        return (
            f"a {self.kind} only goes forward; a closed tenant can be restored during its grace, "
            "and an engineer may abort a teardown until removal begins"
        )

    def amendable(self, step: StepPlan) -> Literal["final_snapshot", "database_class"] | None:
        """Which input of a step that is stuck can be replaced now."""
        snapshot = self.removes and step.kind is StepKind.DATABASE and self.provider.final_snapshot
        return "final_snapshot" if snapshot else None

    def amend_step(self, step: StepPlan, amended: Intervention) -> None:
        """The next try of the step uses the new input."""
        if amended.input and amended.input.final_snapshot is False:
            self.provider.final_snapshot = False
            self.provider.kept.append(f"{step.title}: no final snapshot was taken{_by(amended)}")

    @abstractmethod
    def leaves_anyway(self) -> bool:
        """Whether nobody needs the steps any more that are stuck."""

    # --- for runs ---------------------------------------------------------------------------------------

    @property
    def holder(self) -> str:
        """Id of the operation that holds the tenant; empty until there is one."""
        return self.request.operation_id if self.request else ""

    def stuck_step(self, name: str) -> StepPlan | None:
        """None for what is stuck and no step, such as the verification."""
        return self._stuck.get(name)

    async def stuck(self, step: StepPlan, error: BaseException, since: datetime, may_go_on: MayGoOn) -> bool:
        """Waits for a person; returns whether to try again. Raises LeftOut when that is pointless."""
        view = error_view(error)
        self._stuck[step.name] = step
        stop = Stop(
            step=step.name,
            object=view.object,
            reason=view.code,
            message=view.message,
            since=since,
            actions=self._actions(step),
        )
        answer = await self.attention.stuck(stop, lambda: self.leaves_anyway() or not may_go_on())
        if answer is None:
            raise LeftOut
        if answer.action is Action.SKIP:
            await self.skip_step(step.name, step.title, answer)
        return answer.action is not Action.SKIP

    async def skip_step(self, step: str, title: str, skipped: Intervention) -> None:
        """Leaves the step as it is, and says so; again, it says the same."""
        self.skipped.add(step)
        if self.removes and self.plan:
            why = Skipped(by=skipped.by, why=skipped.why, at=skipped.at)
            call = SkipInput(tenant_id=self.plan.tenant.id, operation_id=self.holder, step=step, skipped=why)
            left = (await records.skip(call)).things
            self.provider.keep(f"{thing.kind} {thing.name}: not proven gone{_by(skipped)}" for thing in left)
        else:
            self.provider.keep([f"{title}: not brought back{_by(skipped)}"])
        self.board.skip(step, title, skipped.why)

    def _actions(self, step: StepPlan) -> list[Action]:
        found = [Action.RETRY]
        if step.skippable and (self.undoing or self.removes):
            found.append(Action.SKIP)
        if self.amendable(step):
            found.append(Action.AMEND)
        return self._with_abort(*found)

    def _with_abort(self, *actions: Action) -> list[Action]:
        possible = not self.undoing and not self.ending and self.no_way_back() is None
        return [*actions, Action.ABORT] if possible else list(actions)


def _by(done: Intervention) -> str:
    """Who decided it and why, after what was decided."""
    return f", as {done.by} decided: {done.why}"
