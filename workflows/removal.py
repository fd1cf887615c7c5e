"""Removal only goes forward: in dependency order, then proof from every provider, then the certificate."""

from collections.abc import Awaitable, Callable

from temporalio import workflow

from domain.graph import inverted
from domain.messages import Action, ObjectName, OperationPlan, StepPlan, StepStatus, Stop, Survivor
from domain.phases import Phase
from workflows import records
from workflows.graph import MayGoOn, run_to_the_end
from workflows.operation import Operation

_NAMED_SURVIVORS = 5


async def remove_everything(run: Operation, plan: OperationPlan) -> None:
    """Removes what the inventory knows of the tenant, proves it, and issues the certificate."""
    operation = run.asked.operation_id
    removal = await run.attention.insist(
        "begin removal", lambda: records.begin_removal(plan.tenant, operation)
    )
    records.show_phase(Phase.REMOVING)
    run.board.removing = True
    run.board.plan(removal.steps)
    run.amend_again(removal.steps)
    await run.attention.insist("begin removal", lambda: run.skip_again(removal.steps))
    await _remove_steps(run, removal)
    await prove_gone(run, lambda: _remove_steps(run, removal))
    await run.attention.insist(
        "deletion certificate", lambda: records.issue_certificate(plan.tenant, operation)
    )


async def _remove_steps(run: Operation, removal: OperationPlan) -> None:
    async def one(step: StepPlan, may_go_on: MayGoOn) -> None:
        if step.name not in run.skipped:
            await run.pauses.before(step, may_go_on)
            await run.provider.remove(step)

    await run_to_the_end(inverted(removal.steps), one, run.stuck)


async def prove_gone(run: Operation, remove_again: Callable[[], Awaitable[None]]) -> None:
    """Returns when every provider has said of every thing of the inventory that it is not there.

    What somebody made anew meanwhile, or marked as ours again, is removed when a person says so.
    """
    since = None
    left: set[str] = set()
    while survivors := await run.attention.insist("verification", run.provider.survivors):
        since = since or workflow.now()
        first = survivors[0]
        left |= _show(run, survivors)
        stop = Stop(
            step="verification",
            object=ObjectName(kind=first.kind, name=first.name, namespace=first.namespace),
            reason="StillThere",
            message=_still_there(survivors),
            since=since,
            actions=[Action.RETRY],
        )
        await run.attention.stuck(stop, lambda: False)
        await remove_again()
    for step in sorted(left):
        run.board.mark(step, StepStatus.UNDONE)


def _show(run: Operation, survivors: list[Survivor]) -> set[str]:
    """The steps that are not done, whatever their removals answered."""
    shown = {view.name for view in run.board.timeline} - run.skipped
    left = {survivor.step for survivor in survivors} & shown
    for step in sorted(left):
        run.board.mark(step, StepStatus.FAILED, "still there")
    return left


def _still_there(survivors: list[Survivor]) -> str:
    marked = [survivor for survivor in survivors if not survivor.unmarked]
    unmarked = [survivor for survivor in survivors if survivor.unmarked]
    found = []
    if marked:
        found.append(f"removed, and yet still there: {_named(marked)}")
    if unmarked:
        found.append(
            f"bears no marks of ours, left untouched: {_named(unmarked)} ({unmarked[0].unmarked}); "
            "tag it again or delete it, then retry"
        )
    return "; ".join(found)


def _named(survivors: list[Survivor]) -> str:
    named = ", ".join(f"{ref.kind} {ref.name}" for ref in survivors[:_NAMED_SURVIVORS])
    more = f" and {len(survivors) - _NAMED_SURVIVORS} more" if len(survivors) > _NAMED_SURVIVORS else ""
    return f"{named}{more}"
