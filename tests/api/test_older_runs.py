"""The API is newer than a run that is open: what the run does not know is left out."""

import pytest
from pydantic import BaseModel, ConfigDict
from temporalio import workflow
from temporalio.worker import UnsandboxedWorkflowRunner, Worker

from domain.audit.origin import ActorKind, Origin
from domain.messages import CancelRequest, OperationRequest, RetryRequest
from domain.naming import new_operation_id, new_tenant_id, workflow_id
from domain.phases import OperationKind
from tests.api.front import Front

ORIGIN = Origin(kind=ActorKind.STAFF, reason="because")
QUEUE = "older-runs"


class OldRetry(BaseModel):
    """As it was before requests bore an origin."""

    model_config = ConfigDict(extra="forbid")

    requested_by: str
    reason: str
    operation_id: str | None
    step: str | None


@workflow.defn(sandboxed=False)
class OldRun:
    def __init__(self) -> None:
        self._heard = ""

    @workflow.run
    async def run(self) -> str:
        await workflow.wait_condition(lambda: self._heard != "")
        await workflow.wait_condition(workflow.all_handlers_finished)
        return self._heard

    @workflow.update
    async def retry(self, request: OldRetry) -> None:
        self._heard = request.requested_by


async def test_a_run_of_an_older_version_is_reached(front: Front) -> None:
    """It refuses fields that it does not know; it is told without them and does what is wished."""
    tenant_id = new_tenant_id()
    operation = OperationRequest(
        operation_id=new_operation_id(),
        kind=OperationKind.SUSPEND,
        tenant_id=tenant_id,
        slug=f"s-{tenant_id}",
        requested_by="tests",
    )
    async with Worker(
        front.temporal, task_queue=QUEUE, workflows=[OldRun], workflow_runner=UnsandboxedWorkflowRunner()
    ):
        handle = await front.temporal.start_workflow(
            OldRun.run, id=workflow_id(operation.slug, tenant_id), task_queue=QUEUE
        )
        wish = RetryRequest(requested_by="ann", origin=ORIGIN)
        await front.runs.intervene(operation, "retry", wish, new_operation_id())
        assert await handle.result() == "ann"


@pytest.mark.parametrize("origin", [None, ORIGIN])
def test_no_origin_is_no_field(origin: Origin | None) -> None:
    """A request without one reads as it did before there were any."""
    written = CancelRequest(requested_by="ann", origin=origin).model_dump(mode="json")
    assert ("origin" in written) == (origin is not None)
