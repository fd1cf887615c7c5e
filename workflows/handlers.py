"""Updates and queries of every lifecycle run. They raise only ApplicationError: all else wedges a run."""

from temporalio import workflow
from temporalio.exceptions import ActivityError

from domain.errors import StaleRun
from domain.messages import (
    AcceptResult,
    Action,
    CancelRequest,
    OperationAccepted,
    OperationRequest,
    OperationView,
)
from domain.phases import OperationStatus, may_take_over
from workflows import records
from workflows.failures import as_failure, error_view
from workflows.interventions import Interventions
from workflows.refusals import cannot_take_over, conflict, too_late


class Handlers(Interventions):
    """What services may ask of an open run, besides the interventions of people."""

    def __init__(self) -> None:
        super().__init__()
        self._other_views: dict[str, OperationView] = {}

    @workflow.query(description="Operations of this run: steps, percentage, what it waits for")
    def progress(self) -> list[OperationView]:
        views = dict(self._other_views)
        if self.current:
            views[self.current.operation_id] = self._own_view(self.current)
        return list(views.values())

    @workflow.update(description="Undo this run's own work and hand the tenant over to another operation")
    async def take_over(self, request: OperationRequest) -> OperationAccepted:
        async with self.one_at_a_time:
            await self.begun()
            if self.successor and self.successor.operation_id == request.operation_id:
                return accepted(request)
            await self.register(request, supersedes=self.successor.operation_id if self.successor else None)
            replaced, self.successor = self.successor, request
            if replaced:
                self.show_other(replaced, OperationStatus.SUPERSEDED)
            self.show_other(request, OperationStatus.WAITING)
            return accepted(request)

    @take_over.validator
    def _may_take_over(self, request: OperationRequest) -> None:
        self.refuse_when_ending()
        before = self.successor.kind if self.successor else self.kind
        if not may_take_over(before, request.kind):
            raise conflict(cannot_take_over(before, request.kind))

    @workflow.update(description="Undo what this operation did")
    async def cancel_operation(self, request: CancelRequest) -> OperationAccepted:
        async with self.one_at_a_time:
            await self.begun()
            self.refuse_when_ending()
            self.cancelled = True
            # Before the answer: what was accepted is kept even if this run is lost.
            await self.record(Action.CANCEL, request)
            return accepted(self.asked)

    @cancel_operation.validator
    def _may_cancel(self, request: CancelRequest) -> None:
        self.refuse_when_ending()
        known = {r.operation_id for r in (self.request, self.current) if r}
        if known and request.operation_id not in known:
            raise conflict("this operation is not the one that runs; it cannot be cancelled any more")
        if not self.cancellable:
            raise conflict(self.not_cancellable())

    # --- for the accept updates, which bear their operation's name ------------------------------------------

    def may_accept(self, request: OperationRequest) -> None:
        """Validator of every `accept_<kind>` update."""
        self.refuse_when_ending()
        if self.request and self.request.operation_id != request.operation_id:
            raise conflict(f"a {self.request.kind} of this tenant is running ({self.request.operation_id})")

    async def accept(self, request: OperationRequest) -> OperationAccepted:
        """Body of every `accept_<kind>` update: lets the run begin, and answers whether it may."""
        self.request = self.request or request
        await self.begun()
        return accepted(request)

    async def register(self, request: OperationRequest, supersedes: str | None) -> AcceptResult:
        """Writes the operation's row under this run's hold; a run that lost its hold is ending."""
        holder = self.request.operation_id if self.request else ""
        try:
            return await records.accept(request, holder, supersedes)
        except ActivityError as error:
            view = error_view(error)
            raise too_late() if view.code == StaleRun.__name__ else as_failure(view) from error

    def show_other(self, request: OperationRequest, status: OperationStatus) -> None:
        """Keeps an operation that is not the current one visible to the progress query."""
        self._other_views[request.operation_id] = OperationView(
            operation_id=request.operation_id,
            kind=request.kind,
            status=status,
            tenant_id=request.tenant_id,
            slug=request.slug,
            waiting_for=f"the end of the {self.kind}" if status is OperationStatus.WAITING else "",
        )

    def _own_view(self, request: OperationRequest) -> OperationView:
        return OperationView(
            operation_id=request.operation_id,
            kind=request.kind,
            status=OperationStatus.RUNNING,
            tenant_id=request.tenant_id,
            slug=request.slug,
            steps=self.board.timeline,
            percent=self.board.percent,
            undone_percent=self.board.undone_percent,
            waiting_for=self.board.waiting_for,
            error=self.error,
            kept=self.provider.kept if self.plan else [],
            conditions=self.attention.conditions,
            interventions=self.interventions,
        )


def accepted(request: OperationRequest) -> OperationAccepted:
    return OperationAccepted(
        operation_id=request.operation_id,
        tenant_id=request.tenant_id,
        slug=request.slug,
        kind=request.kind,
    )
