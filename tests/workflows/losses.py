"""How a run is lost in tests, and found again."""

from uuid import uuid4

from temporalio.api.common.v1 import WorkflowExecution
from temporalio.api.workflowservice.v1 import ResetWorkflowExecutionRequest

from domain.messages import RecoveryResult
from tests.workflows.stage import Json, Stage
from workflows.recover_lost import RecoverLost


async def lose(stage: Stage, tenant: Json) -> None:
    """Ends the tenant's run from outside: nothing of it runs any more, its handlers included."""
    await stage.run_of(tenant).terminate("somebody's mistake")


async def recover(stage: Stage) -> list[str]:
    """What the schedule does every five minutes: the operations whose recovery was started."""
    result: RecoveryResult = await stage.client.execute_workflow(
        RecoverLost.run, id=f"recover-lost-{uuid4().hex}", task_queue=stage.settings.task_queue
    )
    return [started.operation_id for started in result.started]


async def undoing(stage: Stage, accepted: Json, step: str) -> None:
    """Returns when the operation is taking the step back."""
    await stage.until(
        accepted, lambda view: any(s["name"] == step and s["status"] == "undoing" for s in view["steps"])
    )


async def reset(stage: Stage, tenant: Json, to_event: int) -> None:
    """What `temporal workflow reset --event-id` does."""
    run = stage.run_of(tenant)
    described = await run.describe()
    await stage.client.workflow_service.reset_workflow_execution(
        ResetWorkflowExecutionRequest(
            namespace=stage.client.namespace,
            workflow_execution=WorkflowExecution(workflow_id=run.id, run_id=described.run_id),
            reason="an engineer's try",
            workflow_task_finish_event_id=to_event,
            request_id=uuid4().hex,
        )
    )
