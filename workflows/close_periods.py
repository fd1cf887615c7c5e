"""The scheduled run that closes periods: drafts, makes final what is due, numbers it and hands it on.

Pages of tenants are activities, and not children: a run over any number of tenants has a history of one size.
"""

from datetime import timedelta
from typing import TypeVar

from temporalio import workflow

from domain.counting import counted
from domain.messages import (
    BeginClosingInput,
    CloseInput,
    ClosePageInput,
    CloseResult,
    ClosingRun,
    DeliverInput,
    DeliveryResult,
    PageResult,
)
from workflows import policies

PAGE_LIMIT = timedelta(minutes=2)
"""A hundred times what a page takes; a worker that is killed in one is missed after as long."""
DELIVERY_LIMIT = timedelta(minutes=5)
DELIVERED_AT_ONCE = 20
"""Invoices that one activity hands on: each is several calls to somebody else."""
Result = TypeVar("Result")


@workflow.defn
class ClosePeriods:
    """Runs at once, and again after any failure, make each invoice once."""

    @workflow.run
    async def run(self, given: CloseInput) -> CloseResult:
        result = given.so_far or CloseResult()
        left = given.closing
        while True:
            closing = left or await _begin(given)
            result = await self._close(closing, given, result)
            result = await self._number(given.page_size, result)
            await _call("end", closing.number, "all of it is numbered", type(None))
            if given.as_of is None or closing.moment >= given.as_of:
                break
            # An earlier run had been left open, and only now there is room for this one.
            left = None
        return await self._hand_on(result)

    async def _close(self, closing: ClosingRun, given: CloseInput, result: CloseResult) -> CloseResult:
        for _ in range(given.pages_per_run):
            call = ClosePageInput(closing=closing, size=given.page_size)
            page = await _call("close_page", call, "close the next tenants", PageResult)
            if not page.looked_at:
                return result
            result = result.model_copy(
                update={
                    "looked_at": result.looked_at + page.looked_at,
                    "final": result.final + page.final,
                    "drafts": result.drafts + page.drafts,
                    "failed": result.failed + page.failed,
                }
            )
            _show(closing, result)
        return workflow.continue_as_new(
            given.model_copy(update={"closing": closing, "so_far": result}),
            initial_versioning_behavior=workflow.ContinueAsNewVersioningBehavior.AUTO_UPGRADE,
        )

    async def _number(self, size: int, result: CloseResult) -> CloseResult:
        """Only when all of the run is written: numbers are in the order in which invoices fell due."""
        numbered = result.numbered
        while given := await _call("number_page", size, "number the next invoices", int):
            numbered += given
        return result.model_copy(update={"numbered": numbered})

    async def _hand_on(self, result: CloseResult) -> CloseResult:
        after: str | None = ""
        while after is not None:
            call = DeliverInput(after=after, size=DELIVERED_AT_ONCE)
            page = await _call(
                "deliver_page", call, "hand the next invoices on", DeliveryResult, DELIVERY_LIMIT
            )
            after = page.next
            result = result.model_copy(
                update={
                    "delivered": result.delivered + page.delivered,
                    "undelivered": result.undelivered + page.failed,
                }
            )
        return result


async def _begin(given: CloseInput) -> ClosingRun:
    call = BeginClosingInput(as_of=given.as_of)
    return await _call("begin", call, "what this run knows", ClosingRun)


async def _call(
    name: str, argument: object, summary: str, result_type: type[Result], limit: timedelta = PAGE_LIMIT
) -> Result:
    result: Result = await workflow.execute_activity(
        f"billing.{name}", argument, result_type=result_type, summary=summary, **policies.billing(limit)
    )
    return result


def _show(closing: ClosingRun, result: CloseResult) -> None:
    workflow.set_current_details(
        f"**Closes what has ended by {closing.moment:%Y-%m-%d %H:%M} UTC**: "
        f"{counted(result.looked_at, 'tenant')} looked at, {counted(result.final, 'invoice')} final, "
        f"{counted(result.drafts, 'draft')}, {counted(result.failed, 'tenant')} failed."
    )
