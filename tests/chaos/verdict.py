"""What an outcome allows, compared with what there is: phase, things, inventory, certificate."""

import asyncio
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field

from tests.chaos.faults import FaultKind, Means
from tests.chaos.lives import State
from tests.chaos.login import login_problem
from tests.chaos.scene import Scene
from tests.chaos.undisturbed import undisturbed
from tests.chaos.world import WHOLE, World, inventory_key
from tests.workflows.stage import Json

NAMED = 4
STOPPED = {State.SUSPENDED, State.CLOSED}


@dataclass
class Verdict:
    """What is wrong with how a case ended; nothing, if all is right."""

    problems: list[str] = field(default_factory=list)
    orphans: int = 0
    duplicates: int = 0

    def expect(self, right: bool, otherwise: str) -> None:
        if not right:
            self.problems.append(otherwise)


@dataclass(frozen=True)
class Outcome:
    statuses: frozenset[str]
    state: State


def allowed(scene: Scene, fault: FaultKind) -> tuple[Outcome, ...]:
    """How the operation may end."""
    life = scene.life
    reached = Outcome(frozenset({life.ends}), life.goal)
    undone = Outcome(frozenset({"failed"}), life.undone(cancelled=False))
    left = Outcome(frozenset({"succeeded", "failed", "superseded"}), State.DELETED)
    if scene.refused or fault.means is Means.GOES_ON:
        return (reached,)
    if fault.means is Means.MEDDLED:
        return (reached, undone, left) if life.goes_back else (reached, left)
    if not life.goes_back:
        # A teardown takes over what is being undone, too.
        return (reached, left) if fault.means is Means.TAKEN_OVER else (reached,)
    if fault.means is Means.CANCELLED:
        return (Outcome(frozenset({"cancelled"}), life.undone(cancelled=True)),)
    return (left,) if fault.means is Means.TAKEN_OVER else (undone,)


async def judge(scene: Scene, fault: FaultKind, before: World, after: World) -> Verdict:
    verdict = Verdict(problems=list(scene.notes))
    tenant = await scene.ground.stage.tenant(scene.tenant)
    outcomes = allowed(scene, fault)
    phase, status = tenant["phase"], await _status(scene)
    outcome = next((o for o in outcomes if o.state == phase and status in o.statuses), outcomes[0])
    verdict.expect(phase == outcome.state, f"the phase is {phase}, not {outcome.state}")
    why = await _error(scene)
    verdict.expect(status in outcome.statuses, f"the {scene.life.kind} is {status}: {why}")
    verdict.expect(
        not scene.refused or not scene.life.goes_back or _too_early_or_late(scene),
        f"the wish was refused, though the operation could be undone: {scene.refused}",
    )
    verdict.expect(
        not scene.attention or fault.means in {Means.FAILS, Means.MEDDLED},
        f"a person was needed: {'; '.join(scene.attention)}",
    )
    await _hold(scene, verdict)
    if scene.hand is not None and outcome.state.exists:
        traced = await asyncio.to_thread(scene.hand.trace)
        verdict.expect(not traced, "what was changed by hand is still as the hand left it")
    if outcome.state.exists and not scene.left_to_the_hand and not scene.lost_for_good:
        problem = await asyncio.to_thread(login_problem, scene.ground, scene.tenant, after)
        verdict.expect(problem is None, f"the tenant cannot log in: {problem}")
    _things(scene, outcome.state, after, verdict)
    strange = sorted(set(before.others) ^ set(after.others))
    touched = await scene.ground.strangers.changed()
    verdict.expect(not touched, f"a stranger's things were touched: {touched}")
    verdict.problems += await scene.canaries.found(after)
    verdict.expect(before.others == after.others, f"things of others came or went: {_some(strange)}")
    await _objects(scene, outcome.state, after, verdict)
    if outcome.state == scene.life.origin and status != "succeeded" and scene.life.takes_back:
        verdict.expect(before.quotas() == after.quotas(), "it was undone, and the sizes are not as before")
    await _inventory(scene, outcome.state, after, verdict, done=status == scene.life.ends)
    await _certificate(scene, outcome.state, before, verdict)
    return verdict


def _too_early_or_late(scene: Scene) -> bool:
    """Nobody knows an operation before it is registered, and nothing stops one that ends."""
    return scene.point.name in {"records.begin", "records.finish"}


async def _status(scene: Scene) -> str:
    """Of the operation under test."""
    rows = await scene.rows("SELECT kind, status FROM operation WHERE tenant_id = %s ORDER BY accepted_at")
    return str(next(status for kind, status in reversed(rows) if kind == scene.life.kind))


async def _hold(scene: Scene, verdict: Verdict) -> None:
    (held_by, conditions), *_ = await scene.rows("SELECT held_by, conditions FROM tenant WHERE id = %s")
    verdict.expect(held_by is None, f"the tenant is held by {held_by}")
    needy = [c for c in conditions if c["type"] == "NeedsAttention" and c["status"]]
    verdict.expect(not needy, f"NeedsAttention is left: {needy}")


async def _error(scene: Scene) -> Json:
    errors = await scene.rows(
        "SELECT error FROM operation WHERE tenant_id = %s AND error IS NOT NULL ORDER BY accepted_at DESC"
    )
    return dict(errors[0][0]) if errors else {}


def _things(scene: Scene, state: State, after: World, verdict: Verdict) -> None:
    wanted = WHOLE if state.exists else Counter[str]()
    lost = Counter(key.split()[0] for key in scene.lost_for_good)
    surplus, missing = after.kinds - wanted, wanted - after.kinds - lost
    if state.exists:
        verdict.duplicates = surplus.total()
    else:
        verdict.orphans = surplus.total()
    verdict.expect(not surplus, f"too many: {_some(after.things)}")
    verdict.expect(scene.left_to_the_hand or not missing, f"missing: {dict(missing)}")


async def _objects(scene: Scene, state: State, after: World, verdict: Verdict) -> None:
    """As an undisturbed run leaves them."""
    if not state.exists:
        return
    wanted = (await undisturbed(scene.ground)).objects(stopped=state in STOPPED)
    found = {f"{resource} {name}" for resource, name, _ in after.objects}
    kept = scene.left_to_the_hand or found >= wanted
    verdict.expect(kept, f"missing in the cluster: {_some(wanted - found)}")
    verdict.expect(found <= wanted, f"too many in the cluster: {_some(found - wanted)}")
    verdict.duplicates += len(found - wanted)
    running = [name for name, replicas in after.replicas().items() if replicas]
    verdict.expect(bool(running) is (state not in STOPPED), f"of the workload run {running}")


async def _inventory(scene: Scene, state: State, after: World, verdict: Verdict, *, done: bool) -> None:
    """Every thing is known, and nothing is known that is not there.

    What an undone operation only intended stays intended: a later removal asks for it.
    """
    rows = await scene.rows("SELECT kind, name, state FROM resource WHERE tenant_id = %s")
    if not state.exists:
        left = [f"{kind} {name}" for kind, name, row in rows if row != "gone"]
        verdict.expect(not left, f"not gone in the inventory: {_some(left)}")
        return
    made = {inventory_key(kind, name) for kind, name, row in rows if row == "made"}
    there = after.keys - (await undisturbed(scene.ground)).derived
    verdict.expect(there <= made, f"not in the inventory: {_some(there - made)}")
    absent = made - there - scene.lost_for_good
    verdict.expect(scene.left_to_the_hand or not absent, f"in the inventory only: {_some(absent)}")
    undecided = [f"{kind} {name}" for kind, name, row in rows if row == "intended"]
    verdict.expect(not undecided or not done, f"intended for ever: {_some(undecided)}")


async def _certificate(scene: Scene, state: State, before: World, verdict: Verdict) -> None:
    rows = await scene.rows("SELECT document FROM certificate WHERE tenant_id = %s")
    if state is not State.DELETED:
        verdict.expect(not rows, "a certificate of deletion, and nothing was deleted")
        return
    verdict.expect(len(rows) == 1, f"{len(rows)} certificates")
    if not rows:
        return
    document: Json = rows[0][0]
    verdict.expect(document["tenant_id"] == scene.tenant["tenant_id"], "the certificate is of another tenant")
    entries: list[Json] = document["entries"]
    unproven = [entry["name"] for entry in entries if not (entry.get("gone_at") and entry.get("proof"))]
    verdict.expect(not unproven, f"certified without proof: {unproven}")
    certified = {inventory_key(entry["kind"], entry["name"]) for entry in entries}
    silent = before.keys - certified - (await undisturbed(scene.ground)).derived
    verdict.expect(not silent, f"not in the certificate: {_some(silent)}")


def _some(names: Iterable[str]) -> str:
    """The first few, for a reader."""
    listed = sorted(names)
    more = f" and {len(listed) - NAMED} more" if len(listed) > NAMED else ""
    return f"{', '.join(listed[:NAMED])}{more}"
