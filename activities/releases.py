"""Whether an open run stays with the version of the code that began it, or follows the current one."""

from datetime import timedelta

import structlog
from google.protobuf.field_mask_pb2 import FieldMask
from temporalio import activity
from temporalio.api.workflowservice.v1 import UpdateWorkflowExecutionOptionsRequest
from temporalio.client import Client
from temporalio.service import RPCError, RPCStatusCode

log = structlog.get_logger()

PATIENCE = timedelta(minutes=1)
"""How long a person may wait for this: neither a stop nor its end may hang on it."""

_RPC_TIMEOUT = timedelta(seconds=10)
_NEVER = (RPCStatusCode.UNIMPLEMENTED, RPCStatusCode.PERMISSION_DENIED)
"""An old server, or a key without the right: nothing that the run should be held up by."""


class Releases:
    """`versioned`: whether the workers of this installation say which version they are."""

    def __init__(self, client: Client, *, versioned: bool) -> None:
        self._client = client
        self._versioned = versioned

    @activity.defn(name="releases.follow")
    async def follow(self, following: bool) -> None:
        """Lets the run that asks move to each new version at once, or stay again with the one it is at.

        A run that waits for a person may wait for days; pinned, it would keep an old version alive, and
        what was mended in the code would not reach it.
        """
        if not self._versioned:
            return
        info = activity.info()
        request = UpdateWorkflowExecutionOptionsRequest(
            namespace=self._client.namespace, update_mask=FieldMask(paths=["versioning_override"])
        )
        request.workflow_execution.workflow_id = info.workflow_id or ""
        request.workflow_execution.run_id = info.workflow_run_id or ""
        request.workflow_execution_options.SetInParent()  # empty takes the override away
        if following:
            request.workflow_execution_options.versioning_override.auto_upgrade = True
        try:
            await self._client.workflow_service.update_workflow_execution_options(
                request, timeout=_RPC_TIMEOUT
            )
        except RPCError as error:
            tried_for = info.current_attempt_scheduled_time - info.scheduled_time
            if error.status not in _NEVER and tried_for < PATIENCE:
                raise
            log.warning("the run keeps its version", following=following, reason=error.message)
