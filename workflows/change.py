"""What scale, suspend, resume and restore share: from one good state to another, or back."""

from typing import Literal

from domain.blueprint import StepKind
from domain.messages import Desired, Intervention, OperationPlan, StepPlan
from workflows.handlers import Handlers


class Change(Handlers):
    """A change of a tenant that exists; undone, it is at its last good state again."""

    def __init__(self) -> None:
        super().__init__()
        self._amended: Desired | None = None

    async def carry_out(self, plan: OperationPlan) -> None:
        if plan.after:
            await self.bring(self.steps_as_done(plan), plan.after)

    async def undo_step(self, step: StepPlan) -> None:
        if self.plan is None or self.plan.before is None:
            return
        if self._amended and step.kind is StepKind.DATABASE:
            await self.bring_back(step, self._amended)
            self.brought_back_to = self._amended
        else:
            await self.bring_back(step, self.plan.before)

    def amendable(self, step: StepPlan) -> Literal["final_snapshot", "database_class"] | None:
        has_class = self.plan and self.plan.before and self.plan.before.sizes.database
        return "database_class" if self.undoing and step.kind is StepKind.DATABASE and has_class else None

    def amend_step(self, step: StepPlan, amended: Intervention) -> None:
        before = self.plan.before if self.plan else None
        if before is None or before.sizes.database is None or amended.input is None:
            return
        database = before.sizes.database.model_copy(update={"instance_class": amended.input.database_class})
        sizes = before.sizes.model_copy(update={"database": database})
        self._amended = before.model_copy(update={"sizes": sizes})
        self.provider.kept.append(
            f"{step.title}: {database.instance_class} instead of {before.sizes.database.instance_class}, "
            f"as {amended.by} decided: {amended.why}"
        )
