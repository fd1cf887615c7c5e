"""What can go wrong at a point. Each fault begins the operation, strikes, and leaves nothing in force."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from enum import StrEnum

import httpx
from temporalio.api.common.v1 import WorkflowExecution
from temporalio.api.workflowservice.v1 import ResetWorkflowExecutionRequest

from tests.chaos import wire
from tests.chaos.asks import path
from tests.chaos.blueprint import step
from tests.chaos.meddling import Hand
from tests.chaos.points import Act, Point
from tests.chaos.scene import Scene

TIMES = 3
SILENT_SECONDS, SHUT_SECONDS = 4.0, 6.0
"""The cluster's API is away for ten seconds: first it does not answer, then it takes no connection."""
PAUSE_SECONDS = 3
"""Between two attempts, by Retry-After: a worker can be killed in it."""
MOMENT = 0.4
"""In which a wish reaches the run that is held."""

Strike = Callable[[Scene], Awaitable[None]]


class Means(StrEnum):
    """What a fault lets the operation come to."""

    GOES_ON = "goes on"
    """It is a nuisance: the operation reaches its goal."""
    FAILS = "fails"
    """It is for good: undone, or waiting for a person where there is no way back."""
    CANCELLED = "cancelled"
    TAKEN_OVER = "taken over"
    MEDDLED = "meddled"
    """Something else was at the tenant's things."""


@dataclass(frozen=True)
class FaultKind:
    name: str
    title: str
    means: Means
    strike: Strike
    where: Callable[[Point], bool] = lambda _point: True
    """The points that it can strike."""


def _provider(point: Point) -> bool:
    return point.act is not Act.RECORD


def _thing(point: Point) -> bool:
    return bool(point.step)


REFUSALS = {
    "throttled": {
        "aws": {"code": "ThrottlingException", "status": 400, "message": "Rate exceeded"},
        "kubernetes": {"status": 429, "reason": "TooManyRequests", "message": "too many requests"},
    },
    "unavailable": {
        "aws": {"code": "InternalFailure", "status": 500, "message": "internal failure"},
        "kubernetes": {"status": 503, "reason": "ServiceUnavailable", "message": "try again"},
    },
    "refused": wire.REFUSED,
    "denied": {
        "aws": {"code": "AccessDenied", "status": 403, "message": "not authorized"},
        "kubernetes": {"status": 403, "reason": "Forbidden", "message": "not allowed"},
    },
}


def _three_times(answer: str) -> Strike:
    async def strike(scene: Scene) -> None:
        fields = REFUSALS[answer][scene.point.provider]
        async with scene.struck(action="refuse", times=TIMES, **fields) as fault:
            await fault.until_taken(TIMES)

    return strike


def _for_good(answer: str) -> Strike:
    async def strike(scene: Scene) -> None:
        fields = REFUSALS[answer][scene.point.provider]
        async with scene.struck(action="refuse", **fields) as fault:
            await fault.until_taken()
            await scene.ended_or_stuck()

    return strike


async def _lost_answer(scene: Scene) -> None:
    if scene.point.act is Act.RECORD:
        async with scene.held():
            scene.ground.database_door.lose_next_commit()
        await asyncio.wait_for(scene.ground.database_door.lost.wait(), 10)
        return
    async with scene.struck(action="drop_answer", times=1) as fault:
        await fault.until_taken()


# --- the worker ---------------------------------------------------------------------------------------------


async def _killed_before(scene: Scene) -> None:
    """Between two attempts: the activity is wanted, and nobody is at it."""
    worker, door = scene.ground.worker, scene.ground.database_door
    if scene.point.act is Act.RECORD:
        async with scene.held():
            await door.shut()
            await scene.watch.until_waiting(scene.point.activity)
            await worker.kill()
            await door.open()
    else:
        busy = REFUSALS["unavailable"][scene.point.provider]
        async with scene.struck(action="refuse", times=1, retry_after=PAUSE_SECONDS, **busy) as fault:
            await fault.until_taken()
            await scene.watch.until_waiting(scene.point.activity)
            await worker.kill()
    await worker.start()


async def _killed_during(scene: Scene) -> None:
    """Its call is on its way, and takes effect when nobody waits for it any more."""
    async with scene.held():
        await scene.ground.worker.kill()
    await scene.ground.worker.start()


async def _killed_after(scene: Scene) -> None:
    await scene.begin()
    await scene.watch.until_done(scene.point)
    await scene.ground.worker.kill()
    await scene.ground.worker.start()


# --- wishes and hands ---------------------------------------------------------------------------------------


async def _cancelled(scene: Scene) -> None:
    async with scene.held():
        operation = await scene.operation_id()
        cancelling = asyncio.create_task(
            scene.ground.stage.send("POST", f"/v1/operations/{operation}/cancel")
        )
        await asyncio.wait({cancelling}, timeout=MOMENT)
    _heard(scene, await cancelling)


async def _taken_over(scene: Scene) -> None:
    async with scene.held():
        leaving = asyncio.create_task(scene.ground.stage.send("DELETE", f"{path(scene.tenant)}?grace=0"))
        await asyncio.wait({leaving}, timeout=MOMENT)
    _heard(scene, await leaving)


def _heard(scene: Scene, answer: httpx.Response) -> None:
    """Notes whether the wish was refused: 409, or 404 as long as nobody can know of the tenant."""
    if answer.status_code in {404, 409}:
        scene.refused = answer.text
    elif answer.status_code != 202:
        scene.notes.append(f"the wish was answered {answer.status_code} {answer.text}")


async def _terminated(scene: Scene) -> None:
    """By hand; the reconciler finds what the run has left open."""
    async with scene.held():
        await scene.watch.run.terminate("chaos")
    await scene.lost()


async def _reset(scene: Scene) -> None:
    async with scene.held():
        run_id, decision = await scene.watch.last_decision()
        client = scene.ground.stage.client
        await client.workflow_service.reset_workflow_execution(
            ResetWorkflowExecutionRequest(
                namespace=client.namespace,
                workflow_execution=WorkflowExecution(workflow_id=scene.watch.run.id, run_id=run_id),
                reason="chaos",
                workflow_task_finish_event_id=decision,
                request_id=run_id,
            )
        )


def _meddled(act: Callable[[Hand], None]) -> Strike:
    """A thing that exists: of a sign-up what it has made, when only its last step is left."""

    async def strike(scene: Scene) -> None:
        hand = Hand(scene.ground, scene.tenant, step(scene.point.step))
        async with scene.held_late():
            await asyncio.to_thread(act, hand)
        scene.hand = hand

    return strike


# --- servers ------------------------------------------------------------------------------------------------


async def _temporal(scene: Scene) -> None:
    async with scene.held():
        await asyncio.to_thread(scene.ground.temporal.crash)
    await asyncio.to_thread(scene.ground.temporal.start_again)


async def _postgres(scene: Scene) -> None:
    async with scene.held():
        await asyncio.to_thread(scene.ground.postgres.crash)
    await asyncio.to_thread(scene.ground.postgres.start_again)
    await scene.ground.reconnect()


async def _both(scene: Scene) -> None:
    async with scene.held():
        await asyncio.gather(
            asyncio.to_thread(scene.ground.temporal.crash), asyncio.to_thread(scene.ground.postgres.crash)
        )
    await asyncio.gather(
        asyncio.to_thread(scene.ground.temporal.start_again),
        asyncio.to_thread(scene.ground.postgres.start_again),
    )
    await scene.ground.reconnect()


async def _cluster_away(scene: Scene) -> None:
    door = scene.ground.cluster_door
    async with scene.held():
        door.fall_silent()
    await asyncio.sleep(SILENT_SECONDS)
    await door.shut()
    await asyncio.sleep(SHUT_SECONDS)
    await door.open()


FAULTS = (
    FaultKind("throttled", "throttled three times", Means.GOES_ON, _three_times("throttled"), _provider),
    FaultKind("unavailable", "5xx three times", Means.GOES_ON, _three_times("unavailable"), _provider),
    FaultKind("lost-answer", "done, and the answer lost", Means.GOES_ON, _lost_answer),
    FaultKind("refused", "refused for good", Means.FAILS, _for_good("refused"), _provider),
    FaultKind("denied", "access denied", Means.FAILS, _for_good("denied"), _provider),
    FaultKind("killed-before", "worker killed before", Means.GOES_ON, _killed_before),
    FaultKind("killed-during", "worker killed during", Means.GOES_ON, _killed_during),
    FaultKind("killed-after", "worker killed after", Means.GOES_ON, _killed_after),
    FaultKind("cancelled", "operation cancelled", Means.CANCELLED, _cancelled),
    FaultKind("taken-over", "teardown takes over", Means.TAKEN_OVER, _taken_over),
    FaultKind("terminated", "run terminated by hand", Means.GOES_ON, _terminated),
    FaultKind("reset", "run reset by hand", Means.GOES_ON, _reset),
    FaultKind("temporal", "Temporal killed", Means.GOES_ON, _temporal),
    FaultKind("postgres", "PostgreSQL killed", Means.GOES_ON, _postgres),
    FaultKind("both", "Temporal and PostgreSQL killed", Means.GOES_ON, _both),
    FaultKind("changed", "something else changes it", Means.MEDDLED, _meddled(Hand.change), _thing),
    FaultKind("deleted", "something else deletes it", Means.MEDDLED, _meddled(Hand.delete), _thing),
    FaultKind("cluster", "Kubernetes API away", Means.GOES_ON, _cluster_away, _provider),
)

FAULT = {fault.name: fault for fault in FAULTS}
