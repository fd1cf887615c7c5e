"""The activities of a closing run: each a short transaction, each nothing new when done again."""

from collections.abc import Callable

from temporalio import activity

from domain.billing.closing import moment_problem
from domain.errors import InvalidSpec
from domain.messages import BeginClosingInput, ClosePageInput, ClosingRun, PageResult
from runtime.clock import Clock
from store.billing.closing import Closer
from store.billing.numbering import Numberer
from store.billing.runs import ClosingRuns


class Closing:
    """All may raise Unavailable, which is worth another try."""

    def __init__(
        self, runs: ClosingRuns, closer: Closer, numberer: Numberer, clock: Clock, *, may_run_ahead: bool
    ) -> None:
        self._runs = runs
        self._closer = closer
        self._numberer = numberer
        self._clock = clock
        self._may_run_ahead = may_run_ahead

    def activities(self) -> list[Callable[..., object]]:
        return [self.begin, self.close_page, self.number_page, self.end]

    @activity.defn(name="billing.begin")
    def begin(self, call: BeginClosingInput) -> ClosingRun:
        """The run that an earlier try left open, or a new one. Raises InvalidSpec for a moment to come."""
        as_of = call.as_of
        now = self._clock.now()
        if problem := moment_problem(as_of, now, may_run_ahead=self._may_run_ahead):
            raise InvalidSpec(problem)
        return self._runs.begin(as_of)

    @activity.defn(name="billing.close_page")
    def close_page(self, call: ClosePageInput) -> PageResult:
        """The next tenants of the run, in one transaction; none are left when it looked at none."""
        return self._closer.page(call.closing, call.size)

    @activity.defn(name="billing.number_page")
    def number_page(self, size: int) -> int:
        """Numbers the next final invoices, oldest first; 0 when all are numbered."""
        return self._numberer.page(size)

    @activity.defn(name="billing.end")
    def end(self, number: int) -> None:
        """The next run is a new one."""
        self._runs.end(number)
