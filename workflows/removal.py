"""Removal only goes forward: in dependency order, then proof from every provider, then the certificate."""

from domain.graph import inverted
from domain.messages import OperationPlan, StepPlan
from domain.phases import Phase
from workflows import records
from workflows.attention import Attention
from workflows.graph import MayGoOn, run_to_the_end
from workflows.operation import Operation
from workflows.provider import Provider

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
    await _remove_steps(run, removal)
    await prove_gone(run.provider, run.attention)
    await run.attention.insist("certificate", lambda: records.issue_certificate(plan.tenant, operation))


async def _remove_steps(run: Operation, removal: OperationPlan) -> None:
    async def one(step: StepPlan, _may_go_on: MayGoOn) -> None:
        await run.provider.remove(step)

    await run_to_the_end(inverted(removal.steps), one, run.attention.wait)


async def prove_gone(provider: Provider, attention: Attention) -> None:
    """Returns when every provider has said of every thing of the inventory that it is not there."""
    while survivors := await attention.insist("verification", provider.survivors):
        named = ", ".join(f"{ref.kind} {ref.name}" for ref in survivors[:_NAMED_SURVIVORS])
        more = f" and {len(survivors) - _NAMED_SURVIVORS} more" if len(survivors) > _NAMED_SURVIVORS else ""
        await attention.wait_for("StillThere", f"removed, and yet still there: {named}{more}")
