"""When retrying cannot help, a person must look: the run says what is stuck and waits."""

from collections.abc import Awaitable, Callable
from typing import TypeVar

from temporalio import workflow
from temporalio.exceptions import ActivityError

from domain.errors import StaleRun
from domain.messages import Condition, StateInput
from workflows import records
from workflows.board import Board
from workflows.failures import error_view

NEEDS_ATTENTION = "NeedsAttention"
Result = TypeVar("Result")


class Attention:
    """The condition NeedsAttention of one run."""

    def __init__(self, board: Board, given_up: Callable[[], bool]) -> None:
        self._board = board
        self._given_up = given_up
        self._retries = 0
        self._tenant_id = ""
        self._operation_id = ""
        self.condition: Condition | None = None

    def belongs_to(self, tenant_id: str, operation_id: str) -> None:
        self._tenant_id = tenant_id
        self._operation_id = operation_id

    def retry(self) -> None:
        """Somebody mended the cause and asks to try again."""
        self._retries += 1

    async def wait(self, failures: dict[str, BaseException]) -> None:
        """Shows which step is stuck and why; returns when asked to retry, or when trying was given up."""
        errors = [error_view(error, step) for step, error in failures.items()]
        message = "; ".join(f"{error.step}: {error.message}" for error in errors)
        await self._wait(errors[0].code, message, self._given_up)

    async def insist(self, what: str, action: Callable[[], Awaitable[Result]]) -> Result:
        """For calls without which nothing can end: what fails for good waits and is tried again.

        Only a run that was replaced gives up: raises its StaleRun.
        """
        while True:
            try:
                return await action()
            except ActivityError as error:
                view = error_view(error, what)
                if view.code == StaleRun.__name__:
                    raise
                await self.wait_for(view.code, f"{what}: {view.message}")

    async def wait_for(self, reason: str, message: str) -> None:
        """Returns when asked to retry."""
        await self._wait(reason, message, lambda: False)

    async def _wait(self, reason: str, message: str, given_up: Callable[[], bool]) -> None:
        seen = self._retries
        await self._set(
            Condition(type=NEEDS_ATTENTION, status=True, reason=reason, message=message, since=workflow.now())
        )
        await workflow.wait_condition(lambda: self._retries > seen or given_up())
        await self._set(
            Condition(type=NEEDS_ATTENTION, status=False, reason="Retried", message="", since=workflow.now())
        )

    async def _set(self, condition: Condition) -> None:
        self.condition = condition if condition.status else None
        self._board.attention = f"a person, because {condition.message}" if condition.status else ""
        self._board.refresh()
        records.show_attention(needed=condition.status)
        await records.note(
            StateInput(tenant_id=self._tenant_id, operation_id=self._operation_id, condition=condition)
        )
        await records.follow_releases(following=condition.status)
