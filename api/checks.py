"""Rules that a request must keep before anything is started, each with words that help."""

from collections.abc import Sequence
from datetime import datetime

from activities.records.planning import steps_of
from api.problems import ApiProblem, FieldProblem
from catalog import Catalog
from domain.grace import shortening_problem
from domain.messages import JsonObject
from domain.phases import GONE, OPEN_PHASES, TRANSITIONS, OperationKind, Phase
from domain.plans import Target

_WAY_OUT = {
    Phase.ACTIVE: "it is active: suspend, scale or tear it down",
    Phase.SUSPENDED: "it is suspended: resume it first",
    Phase.CLOSED: "it is torn down: restore it while its grace lasts, or shorten that by a teardown",
}


def target_problems(catalog: Catalog, target: Target) -> list[FieldProblem]:
    """What is wrong with a plan and its users."""
    plan = catalog.plans.get(target.plan)
    if plan is None:
        known = ", ".join(sorted(catalog.plans))
        return [FieldProblem(field="plan", message=f"there is no plan '{target.plan}'; there are {known}")]
    if plan.users.min <= target.users <= plan.users.max:
        return []
    fitting = sorted(
        other.name
        for other in catalog.plans.values()
        if other.blueprint == plan.blueprint and other.users.min <= target.users <= other.users.max
    )
    hint = f"; {target.users} fit {' or '.join(fitting)}" if fitting else ""
    said = f"plan '{plan.name}' is for {plan.users.min} to {plan.users.max} users{hint}"
    return [FieldProblem(field="users", message=said)]


def known_problems(catalog: Catalog, body: JsonObject) -> list[FieldProblem]:
    """What can be said of the sound fields of a body that has others which are not."""
    region, plan, users = body.get("region"), body.get("plan"), body.get("users")
    problems = region_problems(catalog, region) if isinstance(region, str) else []
    if isinstance(plan, str):
        # Without a sound number of users only the plan is judged: with its own smallest number.
        sold = catalog.plans.get(plan)
        fitting = sold.users.min if sold else 1
        problems += target_problems(catalog, Target(plan=plan, users=users if users is not None else fitting))
    return problems


def region_problems(catalog: Catalog, region: str) -> list[FieldProblem]:
    if catalog.cells_of(region):
        return []
    known = ", ".join(sorted({cell.region for cell in catalog.cells.values()}))
    return [FieldProblem(field="region", message=f"there is no region '{region}'; there are {known}")]


def pause_problems(
    catalog: Catalog,
    kind: OperationKind,
    blueprint: str,
    pause_before: Sequence[str],
    *,
    removes: bool = False,
) -> list[FieldProblem]:
    """Steps to pause before that the operation never comes to; `removes`: it takes all of them away."""
    known = catalog.blueprints.get(blueprint)
    if not pause_before or known is None:
        return []
    steps = known.model.steps if removes else steps_of(kind, known.model)
    names = [step.name for step in steps]
    wrong = [name for name in pause_before if name not in names]
    said = f"a {kind} has no step {', '.join(wrong)}; its steps are {', '.join(names)}"
    return [FieldProblem(field="pause_before", message=said)] if wrong else []


def blueprint_problems(catalog: Catalog, target: Target, blueprint: str) -> list[FieldProblem]:
    """A tenant keeps what it consists of: only plans of the same product fit."""
    if catalog.plans[target.plan].blueprint == blueprint:
        return []
    fitting = ", ".join(sorted(p.name for p in catalog.plans.values() if p.blueprint == blueprint))
    said = f"plan '{target.plan}' is of another product; this tenant can have {fitting}"
    return [FieldProblem(field="plan", message=said)]


def check_shortened(remove_after: datetime | None, now: datetime, grace_seconds: int | None) -> None:
    """Refuses the teardown of a closed tenant that would not bring its removal forward. Raises ApiProblem."""
    if problem := shortening_problem(remove_after, now, grace_seconds):
        raise ApiProblem("PhaseConflict", problem[:1].upper() + problem[1:] + ".")


def check_phase(kind: OperationKind, phase: Phase) -> None:
    """Refuses what cannot start from a settled phase; an open run is asked itself. Raises ApiProblem."""
    allowed = TRANSITIONS[kind].starts_from
    if phase in OPEN_PHASES or phase in allowed:
        return
    nothing_left = f"it is {phase} and nothing of it is left"
    way_out = nothing_left if phase in GONE else _WAY_OUT[phase]
    needed = " or ".join(sorted(allowed))
    raise ApiProblem("PhaseConflict", f"a {kind} needs a tenant that is {needed}; {way_out}")
