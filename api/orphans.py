"""The way from a person's wish to the run that deletes an orphan."""

import asyncio
import time
from typing import Any

from temporalio.client import WithStartWorkflowOperation
from temporalio.common import WorkflowIDConflictPolicy

from api.problems import ApiProblem, away
from api.runs import ACCEPT_SECONDS, ENDING_SECONDS, update_with_start
from api.services import Services
from api.temporal_errors import RunGone, temporal_errors
from domain.audit.origin import Author
from domain.messages import OrphanRequest
from store.orphans import get_orphan
from store.tables import ORPHANS_THERE, OrphanRow

WORKFLOW = "DeleteOrphan"
_PAUSE_SECONDS = 0.2


async def find_orphan(services: Services, orphan_id: str) -> OrphanRow:
    """Raises ApiProblem."""
    row = await services.query(get_orphan, orphan_id)
    if row is None:
        raise ApiProblem("OrphanNotFound")
    return row


async def accept_deletion(services: Services, orphan_id: str, by: Author, reason: str) -> OrphanRow:
    """The orphan once the wish is recorded: who asks sees this deletion's end, not that of an earlier one.

    Raises ApiProblem.
    """
    deadline = time.monotonic() + ENDING_SECONDS
    while True:
        row = await find_orphan(services, orphan_id)
        if row.state not in ORPHANS_THERE:
            raise ApiProblem("OrphanGone", f"Orphan {row.id} is {row.state}; there is nothing to delete.")
        try:
            await _start_or_join(services, row, by, reason)
        except RunGone:
            if time.monotonic() > deadline:
                raise away("The run that deletes it") from None
        else:
            return await find_orphan(services, orphan_id)
        await asyncio.sleep(_PAUSE_SECONDS)


async def _start_or_join(services: Services, orphan: OrphanRow, by: Author, reason: str) -> None:
    """Its run bears the orphan's id: a second wish while it is open meets the first."""
    start: WithStartWorkflowOperation[Any, Any] = WithStartWorkflowOperation(
        WORKFLOW,
        OrphanRequest(orphan_id=orphan.id, requested_by=by.name, reason=reason, origin=by.origin),
        id=f"orphan/{orphan.id}",
        task_queue=services.runs.task_queue,
        id_conflict_policy=WorkflowIDConflictPolicy.USE_EXISTING,
        static_summary=f"delete {orphan.kind} {orphan.name}, which belongs to no tenant",
    )
    with temporal_errors():
        async with asyncio.timeout(ACCEPT_SECONDS):
            await update_with_start(services.temporal, start, "accept_deletion")
