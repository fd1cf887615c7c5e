"""Plays workflows with scripted activities, which end one at a time in the order of their scheduling.

So the code meets the same events in the same order each time, and what it asks for can be compared.
"""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple
from uuid import uuid4

from pydantic import BaseModel
from temporalio import activity
from temporalio.client import (
    Client,
    WithStartWorkflowOperation,
    WorkflowContinuedAsNewError,
    WorkflowFailureError,
    WorkflowHandle,
    WorkflowUpdateFailedError,
    WorkflowUpdateStage,
)
from temporalio.common import RawValue, WorkflowIDConflictPolicy
from temporalio.exceptions import ApplicationError
from temporalio.service import RPCError
from temporalio.worker import Worker

from domain.queues import billing_queue, provider_queue
from tests.workflows.commands import Recorder, RunLog, activity_key
from workflows.registry import WORKFLOWS

PATIENCE_SECONDS = 30
Answer = Callable[[dict[str, Any]], object]


class Ask(NamedTuple):
    """An update of the run."""

    update: str
    argument: BaseModel


@dataclass(frozen=True)
class Play:
    """One run of a workflow, from its start to one of its endings."""

    name: str
    workflow: str
    argument: BaseModel | None
    begin: Ask | None = None
    """The update that the run is started with."""
    fails: frozenset[str] = frozenset()
    """Activities that fail for good, the first time."""
    asks: Mapping[str, Ask] = field(default_factory=dict)
    """Updates that come while an activity is under way."""
    when_stuck: Sequence[Ask] = ()
    """Updates that come, one after the other, when the run waits for nothing else."""
    answers: Mapping[str, Answer] = field(default_factory=dict)
    """What activities answer, where it differs from the theatre's."""


class _Stage:
    """One play under way."""

    def __init__(self, play: Play) -> None:
        self.play = play
        self.failed: set[str] = set()
        self.asked: set[str] = set()
        self.when_stuck = iter(play.when_stuck)
        self.waiting: dict[str, asyncio.Future[None]] = {}


class Theatre:
    """Workers for every queue, whose activities answer what the plays say."""

    def __init__(self, client: Client, answers: Mapping[str, Answer]) -> None:
        self._client = client
        self._answers = answers
        self._queue = f"theatre-{uuid4().hex[:8]}"
        self._recorder = Recorder(self._queue)
        self._stages: dict[str, _Stage] = {}

    @contextlib.asynccontextmanager
    async def open(self) -> AsyncIterator["Theatre"]:
        async with contextlib.AsyncExitStack() as stack:
            await stack.enter_async_context(
                Worker(
                    self._client,
                    task_queue=self._queue,
                    workflows=WORKFLOWS,
                    activities=[self.perform],
                    workflow_runner=self._recorder,
                )
            )
            aside = (provider_queue(self._queue, "aws"), provider_queue(self._queue, "kubernetes"))
            for queue in (*aside, billing_queue(self._queue)):
                worker = Worker(self._client, task_queue=queue, activities=[self.perform])
                await stack.enter_async_context(worker)
            yield self

    async def commands(self, play: Play) -> list[str]:
        """What the run asked for, in order."""
        run = f"{self._queue}/{play.name}"
        stage = self._stages[run] = _Stage(play)
        updates: list[asyncio.Task[Any]] = []
        handle = await self._start(run, play, updates)
        log = self._recorder.runs[handle.result_run_id or handle.first_execution_run_id or ""]
        try:
            async with asyncio.timeout(PATIENCE_SECONDS):
                await _until(lambda: log.told["initialize_workflow"] == 1)
                while not log.ended and await self._next(handle, stage, log, updates):
                    pass
                if not log.ended:
                    return [*log.lines, "waits"]
                for update in updates:
                    with contextlib.suppress(WorkflowUpdateFailedError):  # a refusal is an ending too
                        await update
                with contextlib.suppress(WorkflowFailureError, WorkflowContinuedAsNewError):  # endings too
                    await handle.result(follow_runs=False)
        finally:
            with contextlib.suppress(RPCError):  # there is a successor, or the play went wrong
                await self._client.get_workflow_handle(run).terminate()
        return log.lines

    @activity.defn(dynamic=True)
    async def perform(self, arguments: Sequence[RawValue]) -> object:
        """Answers when it is its turn."""
        info = activity.info()
        stage = self._stages[info.workflow_id or ""]
        payloads = [argument.payload for argument in arguments]
        key = activity_key(info.activity_type, payloads)
        stage.waiting[info.activity_id] = turn = asyncio.get_running_loop().create_future()
        await turn
        if key in stage.play.fails and key not in stage.failed:
            stage.failed.add(key)
            raise ApplicationError("scripted", type="AccessDenied", non_retryable=True)
        answer = {**self._answers, **stage.play.answers}.get(info.activity_type)
        given = activity.payload_converter().from_payload(payloads[0]) if payloads else {}
        return answer(given if isinstance(given, dict) else {}) if answer else None

    async def _start(
        self, run: str, play: Play, updates: list[asyncio.Task[Any]]
    ) -> WorkflowHandle[Any, Any]:
        arguments = [play.argument] if play.argument else []
        if play.begin is None:
            return await self._client.start_workflow(
                play.workflow, args=arguments, id=run, task_queue=self._queue
            )
        start: WithStartWorkflowOperation[Any, Any] = WithStartWorkflowOperation(
            play.workflow,
            args=arguments,
            id=run,
            task_queue=self._queue,
            id_conflict_policy=WorkflowIDConflictPolicy.FAIL,
        )
        update = await self._client.start_update_with_start_workflow(
            play.begin.update,
            play.begin.argument,
            start_workflow_operation=start,
            wait_for_stage=WorkflowUpdateStage.ACCEPTED,
            id="begin",
        )
        updates.append(asyncio.create_task(update.result()))
        return await start.workflow_handle()

    async def _next(
        self,
        handle: WorkflowHandle[Any, Any],
        stage: _Stage,
        log: RunLog,
        updates: list[asyncio.Task[Any]],
    ) -> bool:
        """Lets one thing happen, and returns when the code has dealt with it; False: nothing is left."""
        # One that is cancelled before it was taken up would end otherwise than one that is under way.
        await _until(lambda: log.open.keys() <= stage.waiting.keys())
        if not log.open:
            ask = next(stage.when_stuck, None)
            if ask:
                await self._ask(handle, ask, log, updates)
            return ask is not None
        first = min(log.open, key=int)
        key = log.open[first]
        ask_now = stage.play.asks.get(key)
        if ask_now and key not in stage.asked:
            stage.asked.add(key)
            await self._ask(handle, ask_now, log, updates)
            return True
        before = log.told["resolve_activity"]
        stage.waiting[first].set_result(None)
        await _until(lambda: log.told["resolve_activity"] > before)
        return True

    async def _ask(
        self,
        handle: WorkflowHandle[Any, Any],
        ask: Ask,
        log: RunLog,
        updates: list[asyncio.Task[Any]],
    ) -> None:
        before = log.told["do_update"]
        call = handle.execute_update(ask.update, ask.argument, id=f"update-{before}")
        updates.append(asyncio.create_task(call))
        await _until(lambda: log.told["do_update"] > before)


async def _until(condition: Callable[[], bool]) -> None:
    while not condition():  # noqa: ASYNC110 - workflow code runs in another thread
        await asyncio.sleep(0.004)
