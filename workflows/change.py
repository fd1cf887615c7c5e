"""What scale, suspend, resume and restore share: from one good state to another, or back."""

from domain.messages import OperationPlan, StepPlan
from workflows.handlers import Handlers


class Change(Handlers):
    """A change of a tenant that exists; undone, it is at its last good state again."""

    async def carry_out(self, plan: OperationPlan) -> None:
        if plan.after:
            await self.bring(self.steps_as_done(plan), plan.after)

    async def undo_step(self, step: StepPlan) -> None:
        if self.plan and self.plan.before:
            await self.bring_back(step, self.plan.before)
