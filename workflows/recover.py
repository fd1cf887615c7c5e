"""An operation's run was lost: this run takes the tenant's id and goes on as the operation's own type."""

from datetime import timedelta

from temporalio import workflow

from domain.messages import LookInput, LookResult, RecoverInput, RunInput
from domain.phases import TRANSITIONS
from workflows import policies, records


@workflow.defn
class RecoverTenant:
    """Ends without a trace when the tenant is free after all."""

    @workflow.run
    async def run(self, given: RecoverInput) -> None:
        workflow.set_current_details("**Looks up how far the lost run had come.**")
        closed_at = given.run_closed_at or workflow.now()
        found: LookResult = await workflow.execute_activity(
            "recovery.look",
            LookInput(
                tenant_id=given.tenant_id,
                calls_ended_by=closed_at + timedelta(seconds=given.settling_seconds),
            ),
            result_type=LookResult,
            summary="look up how far the lost run had come",
            **policies.records(),
        )
        lost = found.lost
        if lost is None:
            records.show_no_phase()
            return
        # The overload by name takes the arguments as a list.
        workflow.continue_as_new(
            args=[
                RunInput(
                    tenant_id=given.tenant_id,
                    slug=given.slug,
                    handed_over=lost.request,
                    recovered=lost.recovered,
                )
            ],
            workflow=TRANSITIONS[lost.request.kind].workflow,
            # The version that lost it may have no workers any more.
            initial_versioning_behavior=workflow.ContinueAsNewVersioningBehavior.AUTO_UPGRADE,
        )
