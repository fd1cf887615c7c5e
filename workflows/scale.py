"""A tenant gets other sizes; a newer wish replaces the target of the run that is open."""

from temporalio import workflow

from domain.graph import moved_last, restricted, rule_steps
from domain.messages import (
    Desired,
    FinishInput,
    OperationAccepted,
    OperationPlan,
    OperationRequest,
    Recovered,
    RunInput,
    RunResult,
    StepPlan,
)
from domain.phases import OperationKind, OperationStatus, Phase
from domain.sizing import room_for
from workflows.change import Change
from workflows.handlers import accepted
from workflows.operation import headline
from workflows.refusals import being_undone, conflict


@workflow.defn
class ScaleTenant(Change):
    kind = OperationKind.SCALE

    def __init__(self) -> None:
        super().__init__()
        self._newest: Desired | None = None
        self._working_on: Desired | None = None
        self._room: Desired | None = None
        """What the tenant's rules must allow while old and new sizes are there at once."""
        self._rules_are_tight = False
        self._widening = False

    @workflow.run
    async def run(self, given: RunInput) -> RunResult:
        return await self.run_protected(given)

    @workflow.update(description="Begin this scale-change, or give the running one a newer target")
    async def accept_scale(self, request: OperationRequest) -> OperationAccepted:
        async with self.one_at_a_time:
            if self.request is None or self.request.operation_id == request.operation_id:
                return await self.accept(request)
            return await self._retarget(request)

    @accept_scale.validator
    def _may_accept(self, request: OperationRequest) -> None:
        self.refuse_when_ending()
        if self.undoing or self.halted():
            raise conflict(being_undone(request.slug))

    async def carry_out(self, plan: OperationPlan) -> None:
        self._newest = self._newest or plan.after
        if self._newest is None:
            return
        self._working_on = target = self._newest
        self.board.plan(plan.steps)
        self._room = _with_room(target, self._room or plan.before or target)
        rules = rule_steps(plan.steps)
        await self.bring(rules, self._room)
        if self.interrupted():
            return
        self._rules_are_tight = False
        others = {step.name for step in plan.steps} - {rule.name for rule in rules}
        await self.bring(restricted(plan.steps, others), target)
        if self._room.sizes != target.sizes and not self.interrupted():
            # Smaller quotas come last: before, they would refuse the pods of the roll-out.
            self._rules_are_tight = True
            await self.bring(rules, target)

    def take_up(self, plan: OperationPlan, recovered: Recovered) -> None:
        super().take_up(plan, recovered)
        self.current = recovered.newest or self.current
        room = plan.before
        for target in recovered.targets:
            self._newest, room = target, _with_room(target, room or target)
        self._room = room

    async def prepare_undo(self, plan: OperationPlan) -> None:
        """The lost run may have left rules that would refuse the pods of the way back."""
        if self.recovered:
            self._widening = True
            await self.saga.undo(rule_steps(plan.steps))
            self._widening = False

    async def undo_step(self, step: StepPlan) -> None:
        if self._widening and self._room:
            await self.bring_back(step, self._room)
        else:
            await super().undo_step(step)

    def interrupted(self) -> bool:
        return self.halted() or not self.settled()

    def settled(self) -> bool:
        return self._working_on is self._newest

    def well_ended(self, plan: OperationPlan) -> FinishInput:
        return self.finish_input(plan, OperationStatus.SUCCEEDED, Phase.ACTIVE, desired=self._working_on)

    def steps_as_done(self, plan: OperationPlan) -> list[StepPlan]:
        rules = {rule.name for rule in rule_steps(plan.steps)}
        return moved_last(plan.steps, rules) if self._rules_are_tight else plan.steps

    async def _retarget(self, request: OperationRequest) -> OperationAccepted:
        await self.begun()
        replaced = self.asked
        answer = await self.register(request, supersedes=replaced.operation_id)
        self._newest = answer.after
        self.pauses.ask_for(request.pause_before)
        self.current = request
        self.show_other(replaced, OperationStatus.SUPERSEDED)
        self.board.say(headline(request))
        return accepted(request)


def _with_room(target: Desired, present: Desired) -> Desired:
    return target.model_copy(update={"sizes": room_for(target.sizes, present.sizes)})
