"""The way from a person's wish to the run that deletes an orphan."""

from temporalio.common import WorkflowIDConflictPolicy

from api.services import Services
from api.temporal_errors import temporal_errors
from domain.messages import OrphanRequest
from store.tables import OrphanRow

WORKFLOW = "DeleteOrphan"


async def start_deletion(services: Services, orphan: OrphanRow, requested_by: str, reason: str) -> None:
    """Its run bears the orphan's id: a second wish while it is open meets the first. Raises ApiProblem."""
    with temporal_errors():
        await services.temporal.start_workflow(
            WORKFLOW,
            OrphanRequest(orphan_id=orphan.id, requested_by=requested_by, reason=reason),
            id=f"orphan/{orphan.id}",
            task_queue=services.runs.task_queue,
            id_conflict_policy=WorkflowIDConflictPolicy.USE_EXISTING,
            static_summary=f"delete {orphan.kind} {orphan.name}, which belongs to no tenant",
        )
