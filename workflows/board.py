"""What an engineer and a customer see of an open run: timeline, percentage, Markdown checklist."""

from collections.abc import Sequence

from temporalio import workflow

from domain.messages import Action, Condition, Intervention, StepPlan, StepStatus, StepView, Stop
from domain.progress import percent_done, percent_undone

_MARKS = {
    StepStatus.PENDING: "- [ ]",
    StepStatus.RUNNING: "- [ ] ⏳",
    StepStatus.DONE: "- [x]",
    StepStatus.FAILED: "- [ ] ❌",
    StepStatus.UNDOING: "- [ ] ↩️",
    StepStatus.UNDONE: "- [ ] ~~",
    StepStatus.SKIPPED: "- [ ] ⏭️",
}
_BACK = {StepStatus.UNDOING, StepStatus.UNDONE}
_FORTH = {StepStatus.RUNNING, StepStatus.DONE}
_UPDATES = {Action.RESUME: "resume_from_pause"}
"""Where the update of an action has another name: `resume` is the operation on a suspended tenant."""
_ENDED = {StepStatus.DONE, StepStatus.FAILED, StepStatus.UNDONE, StepStatus.SKIPPED}


class Board:
    """The steps of this run and how each stands. Every change refreshes the run's details in the UI."""

    def __init__(self) -> None:
        self.headline = "Waiting for its request."
        self._conditions: list[Condition] = []
        self._interventions: list[Intervention] = []
        self.removing = False
        self._held_up_by = ""
        self._views: dict[str, StepView] = {}

    def plan(self, steps: Sequence[StepPlan]) -> None:
        """Adds steps as pending; a step that is already listed starts again."""
        for step in steps:
            self._views[step.name] = StepView(name=step.name, title=step.title)
        self.refresh()

    def mark(self, step: str, status: StepStatus, detail: str = "") -> None:
        view = self._views[step]
        # A removal is the work of its operation; everywhere else going back is told beside the work.
        back = (
            not self.removing
            and status not in _FORTH
            and (status in _BACK or view.undo_started_at is not None)
        )
        started, finished = ("undo_started_at", "undo_finished_at") if back else ("started_at", "finished_at")
        now = workflow.now()
        self._views[step] = view.model_copy(
            update={
                "status": status,
                "detail": detail,
                "done": view.done or status in self._aim,
                started: getattr(view, started) or now,
                finished: now if status in _ENDED else None,
            }
        )
        self.refresh()

    def skip(self, step: str, title: str, why: str) -> None:
        """Also a step that is in the plan no more, because a lost run skipped it."""
        self._views.setdefault(step, StepView(name=step, title=title))
        self.mark(step, StepStatus.SKIPPED, f"skipped: {why}")

    @property
    def _aim(self) -> set[StepStatus]:
        return {StepStatus.UNDONE, StepStatus.SKIPPED} if self.removing else {StepStatus.DONE}

    def stand_still(self, conditions: Sequence[Condition]) -> None:
        """Shows where the run waits for a person, and no longer where it does not."""
        self._conditions = list(conditions)
        self.refresh()

    def intervened(self, intervention: Intervention) -> None:
        self._interventions.append(intervention)
        self.refresh()

    def say(self, headline: str) -> None:
        self.headline = headline
        self.refresh()

    def hold_up(self, by: str) -> None:
        """What must end before the first step, in words; nothing when it has ended."""
        self._held_up_by = by
        self.refresh()

    @property
    def timeline(self) -> list[StepView]:
        return list(self._views.values())

    @property
    def percent(self) -> int:
        """Share of steps that were made, or removed where that is the aim."""
        return percent_done(self.timeline)

    @property
    def undone_percent(self) -> int | None:
        return percent_undone(self.timeline)

    @property
    def waiting_for(self) -> str:
        running = [v for v in self._views.values() if v.status in {StepStatus.RUNNING, StepStatus.UNDOING}]
        people = "; ".join(condition.message for condition in self._conditions)
        steps = ", ".join(v.detail or v.title for v in running)
        return f"a person, because {people}" if people else self._held_up_by or steps

    def refresh(self) -> None:
        lines = [f"**{self.headline}**", ""]
        for view in self._views.values():
            strike = "~~" if view.status is StepStatus.UNDONE else ""
            detail = f" — {view.detail}" if view.detail else ""
            lines.append(f"{_MARKS[view.status]} {view.title}{strike}{detail}".replace("~~ ", "~~"))
        if self._conditions:
            lines += [text for condition in self._conditions for text in _waiting(condition)]
        elif self.waiting_for:
            lines += ["", f"Waiting for: {self.waiting_for}"]
        if self._interventions:
            lines += ["", "**What people did**", *map(_done, self._interventions)]
        workflow.set_current_details("\n".join(lines))


def _waiting(condition: Condition) -> list[str]:
    head = f"**{condition.type}** since {condition.since:%Y-%m-%d %H:%M} UTC"
    return ["", head, *map(_stop, condition.stops)]


def _stop(stop: Stop) -> str:
    thing = f" ({stop.object.kind} {stop.object.name})" if stop.object else ""
    possible = ", ".join(_UPDATES.get(action, action) for action in stop.actions)
    return f"- `{stop.step}`{thing}: {stop.reason}: {stop.message}. Possible: {possible}"


def _done(intervention: Intervention) -> str:
    """Without who did it: nobody's name belongs into Temporal's page (the operation has it)."""
    step = f" of `{intervention.step}`" if intervention.step else ""
    why = f": {intervention.why}" if intervention.why else ""
    return f"- {intervention.at:%Y-%m-%d %H:%M} {intervention.action}{step}{why}"
