"""What a run leaves when nothing goes wrong: the measure of every other one."""

from dataclasses import dataclass
from weakref import WeakKeyDictionary

from tests.chaos.asks import FEW, path
from tests.chaos.ground import Ground
from tests.chaos.world import World, inventory_key, look
from tests.workflows.stage import Json


@dataclass(frozen=True)
class Undisturbed:
    running: frozenset[str]
    stopped: frozenset[str]
    """Objects in the namespace, '<resource> <name>'."""
    derived: frozenset[str]
    """Of those what controllers made and the inventory need not know."""

    def objects(self, *, stopped: bool) -> frozenset[str]:
        return self.stopped if stopped else self.running


_KNOWN: WeakKeyDictionary[Ground, Undisturbed] = WeakKeyDictionary()


async def undisturbed(ground: Ground) -> Undisturbed:
    """Played once on each ground."""
    if ground not in _KNOWN:
        _KNOWN[ground] = await _play(ground)
    return _KNOWN[ground]


async def _play(ground: Ground) -> Undisturbed:
    stage = ground.stage
    tenant = await stage.active(users=FEW)
    running = await _look(ground, tenant)
    await stage.finished(await stage.ask("POST", f"{path(tenant)}/suspend"))
    stopped = await _look(ground, tenant)
    cursor = await ground.database.execute(
        "SELECT kind, name FROM resource WHERE tenant_id = %s", (tenant["tenant_id"],)
    )
    known = {inventory_key(kind, name) for kind, name in await cursor.fetchall()}
    await stage.finished(await stage.ask("DELETE", f"{path(tenant)}?grace=0"))
    return Undisturbed(_names(running), _names(stopped), _names(running) - known)


async def _look(ground: Ground, tenant: Json) -> World:
    return await look(ground.stage.auditor, ground.front(ground.cluster_url), tenant["tenant_id"])


def _names(world: World) -> frozenset[str]:
    return frozenset(f"{resource} {name}" for resource, name, _ in world.objects)
