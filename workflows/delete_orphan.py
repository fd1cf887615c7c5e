"""A person said that an orphan goes: looked at once more, deleted, and recorded with who and why."""

from temporalio import workflow
from temporalio.exceptions import ActivityError

from domain.messages import OrphanEnding, OrphanPlace, OrphanRequest
from workflows import policies
from workflows.failures import error_view


@workflow.defn
class DeleteOrphan:
    """Its id names the orphan, so that two wishes are one."""

    @workflow.run
    async def run(self, request: OrphanRequest) -> OrphanEnding | None:
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
            return None
        ending = await self._delete(orphan)
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
