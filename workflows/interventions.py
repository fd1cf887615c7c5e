"""What a person may do to a run that stands still: retry, skip, abort, amend, resume.

Each update checks twice, when it is let in and when it is its turn, and is recorded with who and why.
"""

import asyncio
from collections.abc import Sequence

from temporalio import workflow
from temporalio.exceptions import ActivityError

from domain.errors import StaleRun
from domain.messages import (
    AbortRequest,
    Action,
    Amendment,
    AmendRequest,
    Intervention,
    InterventionRequest,
    ResumeRequest,
    RetryRequest,
    SkipRequest,
    StateInput,
    Stop,
    Undoing,
)
from workflows import records
from workflows.attention import NEEDS_ATTENTION, PAUSED
from workflows.failures import as_failure, error_view
from workflows.lifecycle import Lifecycle
from workflows.refusals import not_possible, too_late


class Interventions(Lifecycle):
    """The updates of an engineer on call."""

    def __init__(self) -> None:
        super().__init__()
        self.one_at_a_time = asyncio.Lock()

    @workflow.update(description="Try again what waits for attention")
    async def retry(self, request: RetryRequest) -> None:
        async with self.one_at_a_time:
            self._may_retry(request)
            done = await self.record(Action.RETRY, request, request.step)
            self.attention.answer(NEEDS_ATTENTION, request.step, done)

    @retry.validator
    def _may_retry(self, request: RetryRequest) -> None:
        self._check_operation(request)
        self._check_stops(NEEDS_ATTENTION, request.step)

    @workflow.update(
        description="Leave a step of an undo or removal as it is; nothing is claimed of its things"
    )
    async def skip(self, request: SkipRequest) -> None:
        async with self.one_at_a_time:
            self._may_skip(request)
            done = await self.record(Action.SKIP, request, request.step)
            self.attention.answer(NEEDS_ATTENTION, request.step, done)

    @skip.validator
    def _may_skip(self, request: SkipRequest) -> None:
        self._check_operation(request)
        (stop,) = self._check_stops(NEEDS_ATTENTION, request.step)
        if Action.SKIP not in stop.actions:
            raise not_possible(
                f"'{stop.step}' cannot be skipped: only a step that its blueprint marks as skippable can be, "
                f"in a removal or an undo; {_possible(stop)}"
            )

    @workflow.update(description="Undo what this operation did")
    async def abort(self, request: AbortRequest) -> None:
        async with self.one_at_a_time:
            await self.begun()
            self._may_abort(request)
            # At once: while it is written down, the run could pass the point from which it can go back.
            self.cancelled = True
            await self.record(Action.ABORT, request)

    @abort.validator
    def _may_abort(self, request: AbortRequest) -> None:
        self.refuse_when_ending()
        self._check_operation(request)
        if self.undoing:
            raise not_possible("the operation is being undone already; retry, skip or amend what is stuck")
        if refusal := self.no_way_back():
            raise not_possible(refusal)

    @workflow.update(description="Give a step that waits for attention other input, and try it again")
    async def amend(self, request: AmendRequest) -> None:
        async with self.one_at_a_time:
            self._may_amend(request)
            done = await self.record(Action.AMEND, request, request.step, request.input)
            if step := self.stuck_step(request.step):
                self.amend_step(step, done)
            self.attention.answer(NEEDS_ATTENTION, request.step, done)

    @amend.validator
    def _may_amend(self, request: AmendRequest) -> None:
        self._check_operation(request)
        (stop,) = self._check_stops(NEEDS_ATTENTION, request.step)
        step = self.stuck_step(request.step)
        wanted = self.amendable(step) if step else None
        given = next(iter(request.input.model_dump(exclude_none=True)))
        if wanted is None:
            raise not_possible(f"nothing of '{stop.step}' can be amended now; {_possible(stop)}")
        if given != wanted:
            raise not_possible(f"'{stop.step}' takes no {given} now; it takes {wanted}")

    @workflow.update(description="Go on after a pause")
    async def resume_from_pause(self, request: ResumeRequest) -> None:
        async with self.one_at_a_time:
            self._may_resume(request)
            paused = [stop.step for stop in self._check_stops(PAUSED, request.step)]
            done = await self.record(Action.RESUME, request, request.step, pauses=paused)
            for step in paused:
                self.attention.answer(PAUSED, step, done)

    @resume_from_pause.validator
    def _may_resume(self, request: ResumeRequest) -> None:
        self._check_operation(request)
        self._check_stops(PAUSED, request.step)

    # --- for handlers -----------------------------------------------------------------------------------

    async def begun(self) -> None:
        """Returns when the run holds its tenant; raises why it may not."""
        await workflow.wait_condition(lambda: self.plan is not None or self.refusal is not None)
        if self.refusal:
            raise as_failure(self.refusal)

    def refuse_when_ending(self) -> None:
        if self.ending:
            raise too_late()

    async def record(
        self,
        action: Action,
        request: InterventionRequest,
        step: str | None = None,
        amendment: Amendment | None = None,
        pauses: Sequence[str] = (),
    ) -> Intervention:
        """Keeps who did what: for the progress query, for the operation's ending, and in the database."""
        update = workflow.current_update_info()
        intervention = Intervention(
            id=update.id if update else str(workflow.uuid4()),
            at=workflow.now(),
            action=action,
            by=request.requested_by,
            why=request.reason,
            step=step,
            input=amendment,
            pauses=list(pauses),
        )
        self.interventions.append(intervention)
        self.board.intervened(intervention)
        tenant_id = self.plan.tenant.id if self.plan else ""
        why = Undoing(cancelled=True, error=self.error) if self.cancelled else None
        try:
            await records.note(
                StateInput(
                    tenant_id=tenant_id,
                    operation_id=self.holder,
                    intervention=intervention,
                    undoing=why,
                    origin=request.origin,
                )
            )
        except ActivityError as error:
            view = error_view(error)
            raise too_late() if view.code == StaleRun.__name__ else as_failure(view) from error
        self.noted_undo = why or self.noted_undo
        return intervention

    def _check_operation(self, request: InterventionRequest) -> None:
        known = {r.operation_id for r in (self.request, self.current) if r}
        if known and request.operation_id is not None and request.operation_id not in known:
            raise not_possible(
                "this operation is not the one that runs; look at the tenant for the one that does"
            )

    def _check_stops(self, kind: str, step: str | None) -> list[Stop]:
        """The stops that are meant; raises a refusal that names those there are."""
        stops = self.attention.stops(kind)
        if step in stops:
            return [stops[step]]
        if step is None and stops:
            return list(stops.values())
        waits = "waits for attention" if kind == NEEDS_ATTENTION else "is paused"
        if step is None:
            raise not_possible(f"nothing {waits}")
        raise not_possible(f"'{step}' is not what {waits}; {', '.join(stops) or 'nothing'} {waits}")


def _possible(stop: Stop) -> str:
    return f"possible now: {', '.join(stop.actions)}"
