"""Plays one case from its prelude to its verdict."""

import asyncio
import time
import traceback
from dataclasses import asdict, dataclass, field
from typing import Any

from tests.chaos.ground import Ground
from tests.chaos.matrix import Case
from tests.chaos.scene import Scene
from tests.chaos.undisturbed import undisturbed
from tests.chaos.verdict import judge
from tests.chaos.world import look


@dataclass
class Result:
    """What became of one case; a line of the results file."""

    case: str
    problems: list[str] = field(default_factory=list)
    converged: bool = False
    orphans: int = 0
    duplicates: int = 0
    attention: int = 0
    """How often a person was asked for."""
    seconds: float = 0.0
    """From the request for the operation to its verdict."""

    @property
    def well(self) -> bool:
        return self.converged and not self.problems

    def as_json(self) -> dict[str, Any]:
        return asdict(self)


async def play(ground: Ground, case: Case) -> Result:
    """Never raises for what the engine does: that is in the result."""
    result = Result(case.name)
    began = time.monotonic()
    try:
        await undisturbed(ground)
        tenant = await case.life.prelude(ground)
        began = time.monotonic()
        await _play(ground, case, Scene(ground, case.life, case.point, tenant), result)
    except Exception as error:  # noqa: BLE001 - whatever breaks is this case's result, and the next one is played
        where = traceback.extract_tb(error.__traceback__)[-1]
        result.problems.append(f"{type(error).__name__} in {where.name}: {error}")
    result.seconds = round(time.monotonic() - began, 2)
    await _calm(ground)
    return result


async def _play(ground: Ground, case: Case, scene: Scene, result: Result) -> None:
    auditor, tenant_id = ground.stage.auditor, scene.tenant["tenant_id"]
    before = await look(auditor, ground.front(ground.cluster_url), tenant_id)
    await asyncio.to_thread(scene.canaries.learn)
    await case.fault.strike(scene)
    await scene.converged()
    await scene.repair()
    result.converged = True
    after = await look(auditor, ground.front(ground.cluster_url), tenant_id)
    verdict = await judge(scene, case.fault, before, after)
    result.problems += verdict.problems
    result.orphans, result.duplicates = verdict.orphans, verdict.duplicates
    result.attention = len(scene.attention)


async def _calm(ground: Ground) -> None:
    """Nothing of a case befalls the next one."""
    for url in (ground.aws_url, ground.cluster_url):
        await ground.front(url).delete("/_devstack/faults")
        await ground.front(url).delete("/_devstack/calls")
