"""What an engineer and a customer see of an open run: timeline, percentage, Markdown checklist."""

from collections.abc import Sequence

from temporalio import workflow

from domain.messages import StepPlan, StepStatus, StepView

_MARKS = {
    StepStatus.PENDING: "- [ ]",
    StepStatus.RUNNING: "- [ ] ⏳",
    StepStatus.DONE: "- [x]",
    StepStatus.FAILED: "- [ ] ❌",
    StepStatus.UNDOING: "- [ ] ↩️",
    StepStatus.UNDONE: "- [ ] ~~",
}


class Board:
    """The steps of this run and how each stands. Every change refreshes the run's details in the UI."""

    def __init__(self) -> None:
        self.headline = "Waiting for its request."
        self.attention = ""
        self.removing = False
        self._views: dict[str, StepView] = {}

    def plan(self, steps: Sequence[StepPlan]) -> None:
        """Adds steps as pending; a step that is already listed starts again."""
        for step in steps:
            self._views[step.name] = StepView(name=step.name, title=step.title)
        self.refresh()

    def mark(self, step: str, status: StepStatus, detail: str = "") -> None:
        now = workflow.now()
        view = self._views[step]
        started = view.started_at if status not in {StepStatus.RUNNING, StepStatus.UNDOING} else now
        if status is StepStatus.RUNNING and view.status is StepStatus.RUNNING:
            started = view.started_at
        ended = status in {StepStatus.DONE, StepStatus.FAILED, StepStatus.UNDONE}
        self._views[step] = view.model_copy(
            update={
                "status": status,
                "detail": detail,
                "started_at": started,
                "finished_at": now if ended else None,
            }
        )
        self.refresh()

    def say(self, headline: str) -> None:
        self.headline = headline
        self.refresh()

    @property
    def timeline(self) -> list[StepView]:
        return list(self._views.values())

    @property
    def percent(self) -> int:
        """Share of steps that are made, or removed where that is the aim; an undo counts down."""
        views = self._views.values()
        aim = StepStatus.UNDONE if self.removing else StepStatus.DONE
        done = sum(view.status is aim for view in views)
        return 100 * done // len(views) if views else 0

    @property
    def waiting_for(self) -> str:
        running = [v for v in self._views.values() if v.status in {StepStatus.RUNNING, StepStatus.UNDOING}]
        return self.attention or ", ".join(v.detail or v.title for v in running)

    def refresh(self) -> None:
        lines = [f"**{self.headline}**", ""]
        for view in self._views.values():
            strike = "~~" if view.status is StepStatus.UNDONE else ""
            detail = f" — {view.detail}" if view.detail else ""
            lines.append(f"{_MARKS[view.status]} {view.title}{strike}{detail}".replace("~~ ", "~~"))
        if self.waiting_for:
            lines += ["", f"Waiting for: {self.waiting_for}"]
        workflow.set_current_details("\n".join(lines))
