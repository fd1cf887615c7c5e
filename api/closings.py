"""Closing runs that a person asks for: the schedule's workflow, under an id that follows from the key."""

from datetime import datetime, timedelta
from typing import Any

from temporalio.api.sdk.v1 import WorkflowMetadata
from temporalio.client import (
    Client,
    WorkflowExecutionDescription,
    WorkflowExecutionStatus,
    WorkflowFailureError,
    WorkflowHandle,
    WorkflowQueryFailedError,
)
from temporalio.common import WorkflowIDReusePolicy
from temporalio.exceptions import FailureError, WorkflowAlreadyStartedError
from temporalio.service import RPCError

from api.closing_views import ClosingState, ClosingView
from api.identity import Asked
from api.problems import ApiProblem, invalid
from api.temporal_errors import RunGone, temporal_errors
from domain.billing.closing import moment_problem
from domain.billing.words import instant_text
from domain.messages import CloseInput, CloseResult

WORKFLOW = "ClosePeriods"
RUN_LIMIT = timedelta(hours=6)
"""As the schedule's."""
_FINGERPRINT, _AS_OF = "fingerprint", "as_of"
_RPC = timedelta(seconds=10)
_QUERY = timedelta(seconds=2)
_METADATA = "__temporal_workflow_metadata"


class Closings:
    """Everything raises ApiProblem."""

    def __init__(self, client: Client, task_queue: str, *, may_run_ahead: bool) -> None:
        self._client = client
        self._task_queue = task_queue
        self._may_run_ahead = may_run_ahead

    def id_of(self, asked: Asked, as_of: datetime | None, now: datetime) -> str:
        """That of the first request under this key. Refuses a moment at which nothing can be closed."""
        if problem := moment_problem(as_of, now, may_run_ahead=self._may_run_ahead):
            raise invalid(_AS_OF, problem)
        return "cl" + asked.digest[:20]

    async def start(self, asked: Asked, closing_id: str, as_of: datetime | None) -> None:
        """Once for each id."""
        moment = instant_text(as_of) if as_of else None
        fingerprint = asked.fingerprint({_AS_OF: moment})
        try:
            with temporal_errors():
                await self._client.start_workflow(
                    WORKFLOW,
                    CloseInput(as_of=as_of),
                    id=_workflow_id(closing_id),
                    task_queue=self._task_queue,
                    run_timeout=RUN_LIMIT,
                    rpc_timeout=_RPC,
                    # A repeat after its end finds it, and does not run anew.
                    id_reuse_policy=WorkflowIDReusePolicy.REJECT_DUPLICATE,
                    memo={_FINGERPRINT: fingerprint, _AS_OF: moment},
                    static_summary="close billing periods, asked for by hand",
                )
        except WorkflowAlreadyStartedError:
            described = await self._described(closing_id)
            if await described.memo_value(_FINGERPRINT, None) != fingerprint:
                raise ApiProblem("IdempotencyKeyReused") from None

    async def show(self, closing_id: str) -> ClosingView:
        described = await self._described(closing_id)
        view = ClosingView(
            id=closing_id,
            state=_state(described),
            as_of=await described.memo_value(_AS_OF, None),
            began_at=described.start_time,
            ended_at=described.close_time,
        )
        handle = self._handle(closing_id)
        if view.state is ClosingState.RUNNING:
            return view.model_copy(update={"progress": await _progress(handle)})
        return view.model_copy(update=await _ending(handle))

    async def _described(self, closing_id: str) -> WorkflowExecutionDescription:
        try:
            with temporal_errors():
                return await self._handle(closing_id).describe(rpc_timeout=_RPC)
        except RunGone:
            raise ApiProblem("ClosingNotFound") from None

    def _handle(self, closing_id: str) -> WorkflowHandle[Any, CloseResult]:
        return self._client.get_workflow_handle(_workflow_id(closing_id), result_type=CloseResult)


def _workflow_id(closing_id: str) -> str:
    return f"closing/{closing_id}"


def _state(described: WorkflowExecutionDescription) -> ClosingState:
    if described.status is WorkflowExecutionStatus.RUNNING:
        return ClosingState.RUNNING
    done = described.status is WorkflowExecutionStatus.COMPLETED
    return ClosingState.DONE if done else ClosingState.FAILED


async def _progress(handle: WorkflowHandle[Any, CloseResult]) -> str:
    """What the run says of itself; nothing while no worker can be asked."""
    try:
        told = await handle.query(_METADATA, result_type=WorkflowMetadata, rpc_timeout=_QUERY)
    except (RPCError, WorkflowQueryFailedError):
        return ""
    details: str = told.current_details
    return details.replace("**", "")


async def _ending(handle: WorkflowHandle[Any, CloseResult]) -> dict[str, object]:
    try:
        with temporal_errors():
            return {"result": await handle.result(rpc_timeout=_RPC)}
    except WorkflowFailureError as error:
        cause: BaseException | None = error.cause
        while isinstance(cause, FailureError) and cause.cause:
            cause = cause.cause
        return {"error": str(cause) or "the run was ended from outside"}
