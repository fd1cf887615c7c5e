"""How far an operation is, from its timeline: the work only counts up, its undo is counted by itself."""

from collections.abc import Sequence

from domain.messages import StepStatus, StepView


def percent_done(steps: Sequence[StepView]) -> int:
    """Share of the steps whose work was done, also where it has been undone since."""
    return _percent(sum(step.done for step in steps), len(steps))


def percent_undone(steps: Sequence[StepView]) -> int | None:
    """Share of what was begun that is undone; None where nothing is being undone."""
    if all(step.undo_started_at is None for step in steps):
        return None
    begun = [step for step in steps if step.started_at or step.undo_started_at]
    back = {StepStatus.UNDONE, StepStatus.SKIPPED}
    return _percent(sum(step.status in back for step in begun), len(begun))


def _percent(part: int, whole: int) -> int:
    return 100 * part // whole if whole else 0
