"""A look ahead: each step of a change is asked what it would do, all at once and within seconds.

It has an id of its own, so it neither waits for the tenant's run nor keeps one from beginning.
"""

import asyncio

from temporalio import workflow
from temporalio.exceptions import ActivityError

from domain.messages import PreviewCall, PreviewInput, PreviewResult, StepLook, StepPlan
from workflows import policies
from workflows.failures import error_view


@workflow.defn
class PreviewChange:
    @workflow.run
    async def run(self, given: PreviewInput) -> PreviewResult:
        looks = await asyncio.gather(*(_look(given, step) for step in given.steps))
        return PreviewResult(looks=looks)


async def _look(given: PreviewInput, step: StepPlan) -> StepLook:
    """A step that cannot be looked at says why, and keeps no other from being looked at."""
    call = PreviewCall(
        kind=step.kind,
        tenant=given.tenant,
        operation_id="",
        step=step.name,
        desired=given.desired,
        outputs=given.outputs,
        final_snapshot=given.final_snapshot,
    )
    provider = step.kind.provider
    try:
        look: StepLook = await workflow.execute_activity(
            f"{provider}.preview",
            call,
            result_type=StepLook,
            summary=step.title,
            **policies.preview(provider, given.tenant.id),
        )
    except ActivityError as error:
        return StepLook(step=step.name, error=error_view(error, step.name))
    return look
