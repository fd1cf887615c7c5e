"""Where a run stands still until a person decides: what is stuck or paused, why, and what can be done."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import TypeVar

from temporalio import workflow
from temporalio.exceptions import ActivityError

from domain.errors import StaleRun
from domain.messages import Action, Condition, Intervention, StateInput, Stop
from workflows import records
from workflows.board import Board
from workflows.failures import error_view

NEEDS_ATTENTION = "NeedsAttention"
PAUSED = "Paused"
Result = TypeVar("Result")


class Attention:
    """The conditions NeedsAttention and Paused of one run, with every place at which it stands still."""

    def __init__(self, board: Board, actions: Callable[[], list[Action]]) -> None:
        self._board = board
        self._actions = actions
        self._stops: dict[str, dict[str, Stop]] = {NEEDS_ATTENTION: {}, PAUSED: {}}
        self._answers: dict[str, Intervention] = {}
        self._noting = asyncio.Lock()
        self._shown: set[str] = set()
        self._tenant_id = ""
        self._operation_id = ""

    def belongs_to(self, tenant_id: str, operation_id: str) -> None:
        self._tenant_id = tenant_id
        self._operation_id = operation_id

    def stops(self, kind: str) -> dict[str, Stop]:
        """By step."""
        return self._stops[kind]

    @property
    def conditions(self) -> list[Condition]:
        return [_condition(kind, list(stops.values())) for kind, stops in self._stops.items() if stops]

    def answer(self, kind: str, step: str | None, intervention: Intervention) -> None:
        """Lets the step, or everything that stands still because of `kind`, go on."""
        for name in [step] if step else list(self._stops[kind]):
            self._answers[name] = intervention

    async def stuck(self, stop: Stop, given_up: Callable[[], bool]) -> Intervention | None:
        """Returns what a person did about it; None when waiting was given up."""
        return await self._at(NEEDS_ATTENTION, stop, given_up)

    async def paused(self, stop: Stop, given_up: Callable[[], bool]) -> Intervention | None:
        """Returns when a person lets the run go on; None when waiting was given up."""
        return await self._at(PAUSED, stop, given_up)

    async def insist(self, what: str, action: Callable[[], Awaitable[Result]]) -> Result:
        """For calls without which nothing can end: what fails for good waits and is tried again.

        Only a run that was replaced gives up: raises its StaleRun.
        """
        since = None
        while True:
            try:
                return await action()
            except ActivityError as error:
                view = error_view(error, what)
                if view.code == StaleRun.__name__:
                    raise
                since = since or workflow.now()
                stop = Stop(
                    step=what, reason=view.code, message=view.message, since=since, actions=self._actions()
                )
            await self.stuck(stop, lambda: False)

    async def _at(self, kind: str, stop: Stop, given_up: Callable[[], bool]) -> Intervention | None:
        self._answers.pop(stop.step, None)
        self._stops[kind][stop.step] = stop
        try:
            await self._show(kind)
            await workflow.wait_condition(lambda: stop.step in self._answers or given_up())
        finally:
            del self._stops[kind][stop.step]
            await self._show(kind)
        return self._answers.pop(stop.step, None)

    async def _show(self, kind: str) -> None:
        self._board.stand_still(self.conditions)
        # One at a time: an older note that is written late would cover a newer one.
        async with self._noting:
            before, now = self._shown, {shown for shown, stops in self._stops.items() if stops}
            self._shown = now
            if (NEEDS_ATTENTION in before) != (NEEDS_ATTENTION in now):
                records.show_attention(needed=NEEDS_ATTENTION in now)
            self._learn(kind, await self._note(kind))
            if bool(before) != bool(now):
                await records.follow_releases(following=bool(now))

    async def _note(self, kind: str) -> Condition | None:
        stops = list(self._stops[kind].values())
        condition = (
            _condition(kind, stops)
            if stops
            else Condition(type=kind, status=False, reason="Over", message="", since=workflow.now())
        )
        return await records.note(
            StateInput(tenant_id=self._tenant_id, operation_id=self._operation_id, condition=condition)
        )

    def _learn(self, kind: str, noted: Condition | None) -> None:
        """Which things the steps are stuck at, as the inventory tells."""
        for known in noted.stops if noted else []:
            if known.object and known.step in self._stops[kind]:
                self._stops[kind][known.step] = known
        self._board.stand_still(self.conditions)


def _condition(kind: str, stops: list[Stop]) -> Condition:
    return Condition(
        type=kind,
        status=True,
        reason=stops[0].reason,
        message="; ".join(f"{stop.step}: {stop.message}" for stop in stops),
        since=min(stop.since for stop in stops),
        stops=stops,
    )
