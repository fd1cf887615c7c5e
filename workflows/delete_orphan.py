"""A person said that an orphan goes: looked at once more, deleted, and recorded with who and why."""

from temporalio import workflow
from temporalio.exceptions import ActivityError

from domain.messages import OrphanEnding, OrphanPlace, OrphanRequest
from workflows import policies
from workflows.failures import error_view
from workflows.refusals import too_late


@workflow.defn
class DeleteOrphan:
    """Its id names the orphan, so that two wishes are one."""

    def __init__(self) -> None:
        self._recorded = False
        self._ending = False

    @workflow.update(description="Returns when it is recorded who has it deleted and why")
    async def accept_deletion(self) -> None:
        await workflow.wait_condition(lambda: self._recorded or self._ending)

    @accept_deletion.validator
    def _may_accept(self) -> None:
        # Joined this late, a wish to try again would be answered with the refusal of the last try.
        if self._ending:
            raise too_late()

    @workflow.run
    async def run(self, request: OrphanRequest) -> OrphanEnding | None:
        ending = await self._carry_out(request)
        await workflow.wait_condition(workflow.all_handlers_finished)
        return ending

    async def _carry_out(self, request: OrphanRequest) -> OrphanEnding | None:
        workflow.set_current_details(f"**Deletes orphan `{request.orphan_id}`.**")
        try:
            orphan: OrphanPlace = await workflow.execute_activity(
                "orphans.accept",
                request,
                result_type=OrphanPlace,
                summary="record who has it deleted and why",
                **policies.records(),
            )
        except ActivityError:
            self._ending = True
            return None
        self._recorded = True
        ending = await self._delete(orphan)
        self._ending = True
        await workflow.execute_activity(
            "orphans.end", ending, summary=f"record: {ending.state}", **policies.records()
        )
        return ending

    async def _delete(self, orphan: OrphanPlace) -> OrphanEnding:
        try:
            proof: str = await workflow.execute_activity(
                f"{orphan.step_kind.provider}.delete_orphan",
                orphan,
                result_type=str,
                summary="delete it",
                **policies.remove(orphan.step_kind, orphan.id),
            )
        except ActivityError as error:
            view = error_view(error)
            return OrphanEnding(orphan_id=orphan.id, state="refused", detail=f"{view.code}: {view.message}")
        return OrphanEnding(orphan_id=orphan.id, state="deleted", detail=proof)
