"""Which version of the code a worker is, and which version new runs get."""

import asyncio
from typing import Any

import structlog
from temporalio.api.enums.v1 import TaskQueueType
from temporalio.api.taskqueue.v1 import TaskQueue
from temporalio.api.workflowservice.v1 import (
    DescribeTaskQueueRequest,
    DescribeWorkerDeploymentRequest,
    DescribeWorkerDeploymentVersionRequest,
    SetWorkerDeploymentCurrentVersionRequest,
)
from temporalio.client import Client
from temporalio.common import VersioningBehavior, WorkerDeploymentVersion
from temporalio.service import RPCError, RPCStatusCode
from temporalio.worker import WorkerDeploymentConfig

from runtime.settings import Settings
from worker.roles import ROLES, queue_of

log = structlog.get_logger()

POLL_SECONDS = 0.1
PATIENCE_SECONDS = 60.0
_TYPES = {
    TaskQueueType.TASK_QUEUE_TYPE_WORKFLOW: "runs",
    TaskQueueType.TASK_QUEUE_TYPE_ACTIVITY: "activities",
}
Polled = set[tuple[str, str]]


class NotPromoted(Exception):
    """The version cannot become the current one; the text says what is missing."""


def deployment_config(settings: Settings) -> WorkerDeploymentConfig | None:
    """A run stays on the version that began it, unless it says otherwise while it waits for a person."""
    if settings.build_id is None:
        return None
    return WorkerDeploymentConfig(
        version=WorkerDeploymentVersion(settings.install, settings.build_id),
        use_worker_versioning=True,
        default_versioning_behavior=VersioningBehavior.PINNED,
    )


async def promote(client: Client, settings: Settings, patience: float = PATIENCE_SECONDS) -> None:
    """Makes the settings' version the one that new runs get, once its workers serve every queue.

    Raises NotPromoted if they do not within `patience` seconds.
    """
    if settings.build_id is None:
        raise NotPromoted("TENANTRY_BUILD_ID is not set: there is no version to promote")
    wanted = _queues(settings)
    missing = wanted
    try:
        async with asyncio.timeout(patience):
            while missing := wanted - await _polled(client, settings.install, settings.build_id):  # noqa: ASYNC110 - it is in another process
                await asyncio.sleep(POLL_SECONDS)
            await _set_current(client, settings.install, settings.build_id)
    except TimeoutError:
        queues = ", ".join(sorted(f"{what} of {queue}" for queue, what in missing)) or "the last one"
        raise NotPromoted(
            f"no worker of version {settings.build_id} polls {queues} after {patience:.0f} s; "
            "start its workers, then promote it"
        ) from None
    log.info("version is current", deployment=settings.install, build_id=settings.build_id)


async def begin_with(client: Client, settings: Settings) -> None:
    """Makes the version of a new installation the current one: no run is there yet that could wait for it."""
    if settings.build_id is None or await _current(client, settings.install):
        return
    if await _served(client, settings.task_queue):
        log.warning("workers without a version serve; promote this one when its workers do")
        return
    await _set_current(client, settings.install, settings.build_id, before_workers=True)
    log.info("first version is current", deployment=settings.install, build_id=settings.build_id)


async def _current(client: Client, deployment: str) -> str:
    request = DescribeWorkerDeploymentRequest(namespace=client.namespace, deployment_name=deployment)
    try:
        answer = await client.workflow_service.describe_worker_deployment(request)
    except RPCError as error:
        if error.status is RPCStatusCode.NOT_FOUND:
            return ""
        raise
    return answer.worker_deployment_info.routing_config.current_deployment_version.build_id


async def _served(client: Client, queue: str) -> bool:
    request = DescribeTaskQueueRequest(
        namespace=client.namespace,
        task_queue=TaskQueue(name=queue),
        task_queue_type=TaskQueueType.TASK_QUEUE_TYPE_WORKFLOW,
    )
    return bool((await client.workflow_service.describe_task_queue(request)).pollers)


def _queues(settings: Settings) -> Polled:
    activities = {(queue_of(settings.task_queue, role), "activities") for role in ROLES}
    return activities | {(settings.task_queue, "runs")}


async def _polled(client: Client, deployment: str, build_id: str) -> Polled:
    request = DescribeWorkerDeploymentVersionRequest(namespace=client.namespace)
    request.deployment_version.deployment_name = deployment
    request.deployment_version.build_id = build_id
    try:
        answer = await client.workflow_service.describe_worker_deployment_version(request)
    except RPCError as error:
        if error.status is RPCStatusCode.NOT_FOUND:
            return set()
        raise
    # Servers before 1.30 answer in the older field.
    queues: list[Any] = [*answer.version_task_queues, *answer.worker_deployment_version_info.task_queue_infos]
    return {(queue.name, _TYPES.get(queue.type, "")) for queue in queues}


async def _set_current(
    client: Client, deployment: str, build_id: str, *, before_workers: bool = False
) -> None:
    await client.workflow_service.set_worker_deployment_current_version(
        SetWorkerDeploymentCurrentVersionRequest(
            namespace=client.namespace,
            deployment_name=deployment,
            build_id=build_id,
            identity="tenantry",
            allow_no_pollers=before_workers,
        )
    )
