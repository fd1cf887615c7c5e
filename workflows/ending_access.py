"""An operation that stops a tenant ends support access to it."""

from collections.abc import Sequence
from contextlib import suppress

from temporalio import workflow
from temporalio.exceptions import FailureError

from domain.support import access_workflow_id


async def end_access(grant_ids: Sequence[str], why: str) -> None:
    """Its runs take the accounts away by themselves; nobody waits for that, since leaving always works."""
    for grant_id in grant_ids:
        # A run that is gone has nobody left to tell, and its tokens die by themselves.
        with suppress(FailureError):
            await workflow.get_external_workflow_handle(access_workflow_id(grant_id)).signal("withdraw", why)
