"""The way from an accepted HTTP request to the run that carries it out."""

import asyncio
import contextlib
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from temporalio.client import Client, WithStartWorkflowOperation, WorkflowHandle
from temporalio.common import (
    WorkflowIDConflictPolicy,
    WorkflowIDReusePolicy,
)
from temporalio.exceptions import WorkflowAlreadyStartedError

from activities.search_attributes import at_start
from api.older_runs import understood
from api.problems import ApiProblem, OperationRef
from api.revival import Revival
from api.temporal_errors import RunGone, RunLost, WrongRun, temporal_errors
from domain.describe import details, summary
from domain.messages import InterventionRequest, OperationAccepted, OperationRequest, RunInput
from domain.naming import workflow_id
from domain.phases import TRANSITIONS, OperationKind, Phase

ACCEPT_SECONDS = 20
"""How long a request may take until a run has accepted it; then 503, and the same key goes on."""
ENDING_SECONDS = 5
"""How long to wait for a run that has done its work and only has to close."""
SHORT_RPC = timedelta(seconds=5)
_FIRST_PAUSE, _LONGEST_PAUSE = 0.02, 0.5
_ASKED_BY = "operation_id"
_MAY_TAKE_OVER = frozenset({OperationKind.SUSPEND, OperationKind.TEARDOWN})
_RECOVERING = "its run was lost and is being recovered; wait for its end, or suspend or tear down the tenant"

Holder = Callable[[], Awaitable[OperationRef | None]]
"""The operation that holds the tenant now, from the database."""


@dataclass(frozen=True)
class Labels:
    """What the Temporal UI shows and finds a run by."""

    plan: str
    region: str
    phase: Phase
    """Where the tenant is while the operation runs."""


class Runs:
    """Starts runs and reaches open ones. One per process."""

    def __init__(self, client: Client, task_queue: str, revival: Revival) -> None:
        self._client = client
        self._task_queue = task_queue
        self._revival = revival

    @property
    def task_queue(self) -> str:
        return self._task_queue

    async def accept(
        self, request: OperationRequest, labels: Labels, holder: Holder, *, alone: bool = False
    ) -> OperationAccepted:
        """Returns when a run holds the tenant for this request, or has it in waiting as its successor.

        `alone`: no open operation has to give way to it; then it is refused as others are.

        The update's id is the operation's, so a repeat meets what the first try began. Raises ApiProblem.
        """
        deadline = time.monotonic() + ENDING_SECONDS
        pause = _FIRST_PAUSE
        while True:
            try:
                return await self._try(request, labels, holder, alone)
            except RunGone:
                if time.monotonic() > deadline:
                    raise in_progress(await holder()) from None
            # A run is about to close, or a recovery to go on as the operation's own type: matters of moments.
            await asyncio.sleep(pause)
            pause = min(pause * 2, _LONGEST_PAUSE)

    async def intervene(
        self, operation: OperationRequest, update: str, wish: InterventionRequest, update_id: str
    ) -> None:
        """Tells the open run what a person wants of it. Raises ApiProblem."""

        async def tell(told: InterventionRequest) -> None:
            with temporal_errors():
                async with asyncio.timeout(ACCEPT_SECONDS):
                    await self._handle(operation).execute_update(update, told, id=update_id)

        deadline = time.monotonic() + ENDING_SECONDS
        while True:
            try:
                await understood(tell, wish)
            except (RunGone, WrongRun):
                if time.monotonic() > deadline or not await self._revival.of(operation.tenant_id):
                    ended = f"operation {operation.operation_id} has just ended"
                    raise ApiProblem("OperationFinished", ended) from None
            else:
                return
            await asyncio.sleep(_LONGEST_PAUSE)

    async def _try(
        self, request: OperationRequest, labels: Labels, holder: Holder, alone: bool
    ) -> OperationAccepted:
        """Raises RunGone where another try, a moment later, meets something else."""
        may_end = request.kind in _MAY_TAKE_OVER and not alone
        try:
            return await understood(lambda told: self._start_or_reach(told, labels, holder, alone), request)
        except RunLost:
            await self._revival.of(request.tenant_id)
            raise RunGone if may_end else in_progress(await holder(), _RECOVERING) from None
        except WrongRun:
            # Every operation can be asked to give way; only a recovery that has just begun cannot yet.
            raise RunGone if may_end else await _conflict(holder) from None

    async def _start_or_reach(
        self, request: OperationRequest, labels: Labels, holder: Holder, alone: bool
    ) -> OperationAccepted:
        try:
            with temporal_errors():
                async with asyncio.timeout(ACCEPT_SECONDS):
                    return await self._start(request, labels, alone)
        except WorkflowAlreadyStartedError:
            return await self._reach(request, holder, alone)

    async def _start(self, request: OperationRequest, labels: Labels, alone: bool) -> OperationAccepted:
        accepted: OperationAccepted = await update_with_start(
            self._client,
            self._start_operation(request, labels, alone),
            _accept_update(request.kind),
            request,
            id=request.operation_id,
            result_type=OperationAccepted,
        )
        return accepted

    def _start_operation(
        self, request: OperationRequest, labels: Labels, alone: bool
    ) -> WithStartWorkflowOperation[Any, Any]:
        supersedes = request.kind is OperationKind.SCALE and not alone
        return WithStartWorkflowOperation(
            TRANSITIONS[request.kind].workflow,
            RunInput(tenant_id=request.tenant_id, slug=request.slug),
            id=workflow_id(request.slug, request.tenant_id),
            task_queue=self._task_queue,
            # With USE_EXISTING a request reaches whatever run is open; only a newer target may.
            id_conflict_policy=(
                WorkflowIDConflictPolicy.USE_EXISTING if supersedes else WorkflowIDConflictPolicy.FAIL
            ),
            id_reuse_policy=WorkflowIDReusePolicy.ALLOW_DUPLICATE,
            memo={_ASKED_BY: request.operation_id},
            search_attributes=at_start(request.slug, labels.plan, labels.region, labels.phase, request.kind),
            static_summary=summary(request),
            static_details=details(request, labels.plan, labels.region),
        )

    async def _reach(self, request: OperationRequest, holder: Holder, alone: bool) -> OperationAccepted:
        """Another run is open: it may be ours from a lost first try, or one that this request may end."""
        handle = self._handle(request)
        with temporal_errors():
            described = await handle.describe(rpc_timeout=SHORT_RPC)
            ours = await described.memo_value(_ASKED_BY, None) == request.operation_id
        if ours:
            return await self._update(handle, _accept_update(request.kind), request)
        if request.kind in _MAY_TAKE_OVER and not alone:
            return await self._take_over(handle, request, holder)
        raise await _conflict(holder)

    async def _take_over(
        self, handle: WorkflowHandle[Any, Any], request: OperationRequest, holder: Holder
    ) -> OperationAccepted:
        try:
            return await self._update(handle, "take_over", request)
        except ApiProblem as refused:
            if refused.kind.code != "PhaseConflict":
                raise
            raise in_progress(await holder(), refused.detail) from refused

    async def _update(
        self, handle: WorkflowHandle[Any, Any], update: str, request: OperationRequest
    ) -> OperationAccepted:
        with temporal_errors():
            async with asyncio.timeout(ACCEPT_SECONDS):
                accepted: OperationAccepted = await handle.execute_update(
                    update, request, id=request.operation_id, result_type=OperationAccepted
                )
        return accepted

    def _handle(self, request: OperationRequest) -> WorkflowHandle[Any, Any]:
        return self._client.get_workflow_handle(workflow_id(request.slug, request.tenant_id))


async def update_with_start(
    client: Client, start: WithStartWorkflowOperation[Any, Any], update: str, *args: Any, **options: Any
) -> Any:
    """What the update answers. Raises what the client raises."""
    try:
        return await client.execute_update_with_start_workflow(
            update,
            *args,
            start_workflow_operation=start,
            rpc_timeout=timedelta(seconds=ACCEPT_SECONDS),
            **options,
        )
    except Exception:
        # The SDK reports a failed start twice; the copy that nobody awaits would be logged as lost.
        with contextlib.suppress(Exception):
            async with asyncio.timeout(0):
                await start.workflow_handle()
        raise


def _accept_update(kind: OperationKind) -> str:
    return f"accept_{kind}"


async def _conflict(holder: Holder) -> Exception:
    """The refusal that names the operation in the way; RunGone when its run has nothing left but to close."""
    held_by = await holder()
    return in_progress(held_by) if held_by else RunGone()


def in_progress(operation: OperationRef | None, why: str | None = None) -> ApiProblem:
    named = f"Operation {operation.id} ({operation.kind}) is open." if operation else "An operation is open."
    advice = why or "wait for its end or cancel it"
    return ApiProblem(
        "OperationInProgress", f"{named} {advice[:1].upper()}{advice[1:]}.", operation=operation
    )
