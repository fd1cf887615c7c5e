"""A tenant's database gets another user and password, and the ones before are locked.

Until the secret moves, all of it is undone; from then on it only goes forward, to a lock or to a person.
"""

from temporalio import workflow

from domain.blueprint import StepKind
from domain.messages import (
    OperationAccepted,
    OperationPlan,
    OperationRequest,
    Recovered,
    RunInput,
    RunResult,
    StepPlan,
    StepStatus,
)
from domain.phases import OperationKind
from workflows.graph import MayGoOn, run_steps, run_to_the_end
from workflows.handlers import Handlers

NEW = StepPlan(name="new-password", kind=StepKind.SECRET, title="New password, tried")
MOVE = StepPlan(name="move", kind=StepKind.SECRET, title="Secret moved to it")
LOCK = StepPlan(name="lock", kind=StepKind.SECRET, title="Old password locked")
OWN = [NEW, MOVE, LOCK]
"""Steps that no blueprint has."""
ACTIVITIES = {NEW.name: "password.prepare", MOVE.name: "password.move", LOCK.name: "password.lock"}


@workflow.defn
class RotateDatabasePassword(Handlers):
    kind = OperationKind.ROTATE

    def __init__(self) -> None:
        super().__init__()
        self._moving = False
        self._told: dict[str, str] | None = None
        """Outputs that everything was brought to."""

    @workflow.run
    async def run(self, given: RunInput) -> RunResult:
        return await self.run_protected(given)

    @workflow.update(description="Begin this rotation")
    async def accept_rotate(self, request: OperationRequest) -> OperationAccepted:
        return await self.accept(request)

    @accept_rotate.validator
    def _may_accept(self, request: OperationRequest) -> None:
        self.may_accept(request)

    def take_up(self, plan: OperationPlan, recovered: Recovered) -> None:
        super().take_up(plan, recovered)
        self.board.plan(OWN)
        self.saga.register(NEW)

    async def carry_out(self, plan: OperationPlan) -> None:
        self.board.plan(OWN)
        # First to what the secret says now: only then the user that gets a new password is idle for sure.
        await run_steps(plan.steps, self._one, halted=self.halted)
        if self.halted():
            return
        self._told = dict(self.provider.outputs)
        self.saga.register(NEW)
        await run_steps([NEW], self._one, halted=self.halted)
        if self.halted():
            return
        self._moving, self.cancellable = True, False
        await run_to_the_end(_forward(plan), self._one, self.stuck, halted=self.halted)

    async def prepare_undo(self, plan: OperationPlan) -> None:
        # Who goes on with the tenant must not take for told what was not told to everything.
        self.provider.outputs = dict(plan.outputs if self._told is None else self._told)

    def steps_as_done(self, plan: OperationPlan) -> list[StepPlan]:  # noqa: ARG002 - nothing else is undone
        return [NEW]

    async def undo_step(self, step: StepPlan) -> None:
        if self.plan:
            await self.provider.act(
                "password.withdraw", step, _database(self.plan), StepStatus.UNDOING, StepStatus.UNDONE
            )

    def halted(self) -> bool:
        return self.successor is not None if self._moving else super().halted()

    def not_cancellable(self) -> str:
        return "the new password is in the secret already, so the rotation only goes forward"

    def no_way_back(self) -> str | None:
        return None if self.cancellable else f"{self.not_cancellable()}; retry what is stuck"

    async def _one(self, step: StepPlan, may_go_on: MayGoOn) -> None:
        plan = self.plan
        if plan is None or plan.after is None:
            return
        if step.name not in ACTIVITIES:
            await self.provider.ensure(step, plan.after, may_go_on)
            return
        if step.name == LOCK.name:
            self._told = dict(self.provider.outputs)
        await self.provider.act(
            ACTIVITIES[step.name], step, _database(plan), StepStatus.RUNNING, StepStatus.DONE
        )


def _database(plan: OperationPlan) -> StepPlan:
    return next(step for step in plan.steps if step.kind is StepKind.DATABASE)


def _forward(plan: OperationPlan) -> list[StepPlan]:
    """The secret moves, what runs gets it in the order of its needs, and then the old one is locked."""
    told = [step for step in plan.steps if step.kind is StepKind.KUBERNETES]
    following = [step.model_copy(update={"needs": [*step.needs, MOVE.name]}) for step in told]
    return [MOVE, *following, LOCK.model_copy(update={"needs": [step.name for step in told]})]
