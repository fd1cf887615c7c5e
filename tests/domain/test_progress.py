"""How far an operation is."""

from datetime import UTC, datetime

import pytest

from domain.messages import StepStatus, StepView
from domain.progress import percent_done, percent_undone

NOW = datetime(2026, 1, 1, tzinfo=UTC)


def made(status: StepStatus = StepStatus.DONE) -> StepView:
    back = {} if status is StepStatus.DONE else {"undo_started_at": NOW}
    return StepView(name="a", title="A", status=status, done=True, started_at=NOW, **back)


PENDING = StepView(name="b", title="B")
CUT_SHORT = StepView(name="c", title="C", status=StepStatus.UNDOING, started_at=NOW, undo_started_at=NOW)


@pytest.mark.parametrize(
    ("steps", "done", "undone"),
    [
        ([], 0, None),
        ([PENDING, PENDING], 0, None),
        ([made(), PENDING], 50, None),
        ([made(StepStatus.UNDOING), PENDING], 50, 0),
        ([made(StepStatus.UNDONE), CUT_SHORT, PENDING, PENDING], 25, 50),
        ([made(StepStatus.SKIPPED), made(StepStatus.UNDONE)], 100, 100),
    ],
)
def test_work_counts_up_and_its_undo_by_itself(steps: list[StepView], done: int, undone: int | None) -> None:
    """What was done stays counted while it is undone; only what was begun has to be undone."""
    assert (percent_done(steps), percent_undone(steps)) == (done, undone)
