"""Live progress: what open runs say of themselves, asked at most once a second however many watch."""

import asyncio
import time
from dataclasses import dataclass, replace
from datetime import timedelta

import structlog
from temporalio.client import Client, WorkflowQueryFailedError, WorkflowQueryRejectedError
from temporalio.common import QueryRejectCondition
from temporalio.service import RPCError, RPCStatusCode

from domain.messages import OperationView
from domain.naming import workflow_id

log = structlog.get_logger(__name__)

FRESH_SECONDS = 1.0
AWAY_SECONDS = 5.0
"""How long a run that could not be asked is left alone; its watchers would all wait for the timeout."""
QUERIES_PER_SECOND = 10
"""Of this process, over all runs: a query costs a worker as much as a step does, so with many watched runs
each answer is kept longer."""
_QUERY_TIMEOUT = timedelta(seconds=2)
_KEPT_ANSWERS = 2000


class RunClosed(Exception):
    """No run of the tenant is open: the operation has just ended, or its run was lost."""


@dataclass(frozen=True)
class _Answer:
    until: float
    views: asyncio.Task[list[OperationView]]


class Progress:
    def __init__(self, client: Client, fresh_seconds: float = FRESH_SECONDS) -> None:
        self._client = client
        self._fresh_seconds = fresh_seconds
        self._answers: dict[str, _Answer] = {}

    async def of(self, slug: str, tenant_id: str, operation_id: str) -> OperationView | None:
        """The operation as its open run sees it; None when that does not know it or cannot be asked now.

        Raises RunClosed.
        """
        views = await self._views(workflow_id(slug, tenant_id))
        return next((view for view in views if view.operation_id == operation_id), None)

    async def _views(self, run: str) -> list[OperationView]:
        now = time.monotonic()
        answer = self._answers.get(run)
        if answer is None or answer.until < now:
            self._forget_old(now)
            answer = _Answer(now + self._lifetime(now), asyncio.create_task(self._ask(run)))
            self._answers[run] = answer
        # Shielded: one watcher that leaves must not take the answer away from the others.
        return await asyncio.shield(answer.views)

    def _lifetime(self, now: float) -> float:
        watched = 1 + sum(answer.until >= now for answer in self._answers.values())
        return max(self._fresh_seconds, watched / QUERIES_PER_SECOND)

    async def _ask(self, run: str) -> list[OperationView]:
        try:
            views: list[OperationView] = await self._client.get_workflow_handle(run).query(
                "progress",
                result_type=list[OperationView],
                # A closed run would answer, too, and show as under way what nobody does any more.
                reject_condition=QueryRejectCondition.NOT_OPEN,
                rpc_timeout=_QUERY_TIMEOUT,
            )
        except WorkflowQueryRejectedError as error:
            raise RunClosed from error
        except (RPCError, WorkflowQueryFailedError, RuntimeError) as error:
            if isinstance(error, RPCError) and error.status is RPCStatusCode.NOT_FOUND:
                raise RunClosed from error
            # Temporal or the workers are away, or the run has just ended: the database answers instead.
            log.debug("progress_unknown", run=run, error=str(error))
            if answer := self._answers.get(run):
                self._answers[run] = replace(answer, until=time.monotonic() + AWAY_SECONDS)
            return []
        return views

    def _forget_old(self, now: float) -> None:
        if len(self._answers) >= _KEPT_ANSWERS:
            self._answers = {run: answer for run, answer in self._answers.items() if answer.until >= now}
