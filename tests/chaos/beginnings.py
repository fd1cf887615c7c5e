"""Beginnings of an operation that asks the same twice: the fault strikes only the second time."""

from typing import TYPE_CHECKING, Any

from tests.chaos import wire
from tests.chaos.wire import HOLD_SECONDS, Fault

if TYPE_CHECKING:
    from tests.chaos.scene import Scene


async def stopped_before_proof(scene: "Scene", fault: Fault) -> None:
    """A proof asks what removals ask too: its fault is set when all but one of them have ended."""
    gate = await wire.spot(scene.ground, scene.life.point("recordings"), scene.tenant)
    held = Fault(scene.ground, gate, {"action": "delay", "seconds": HOLD_SECONDS, "times": 1})
    await held.set()
    try:
        await scene.begin()
        await held.until_taken()
        for name in ("database-password", "foundation"):
            await scene.watch.until_done(scene.life.point(name))
        await fault.set()
    finally:
        await held.lift()


async def stopped_before_undo(scene: "Scene", fault: Fault) -> None:
    """The way back asks what the work has asked: its fault is set when that is about to be refused."""
    last = await refusal(scene)
    for_good = last.fields
    last.fields = {"action": "refuse", "status": 503, "retry_after": 1}
    await last.set()
    await scene.ask()
    await last.until_taken()
    await fault.set()
    # Under the same name it keeps its place before the fault.
    last.fields = for_good
    await last.set()


async def refusal(scene: "Scene") -> Fault:
    """For good, and once: of the last step of the work, which the way back can then bring back."""
    point = scene.life.point(scene.life.refused_at)
    fields: dict[str, Any] = {"action": "refuse", "times": 1, **wire.REFUSED[point.provider]}
    return Fault(scene.ground, await wire.spot(scene.ground, point, scene.tenant), fields)
