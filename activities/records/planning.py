"""What an operation is to do, decided from catalog and records: pure, no database."""

from collections.abc import Collection
from enum import Enum

from domain.blueprint import Blueprint, StepKind
from domain.errors import InvalidSpec, PhaseConflict
from domain.graph import restricted
from domain.messages import Desired, StepPlan
from domain.phases import OPEN_PHASES, TRANSITIONS, Mode, OperationKind, Phase
from domain.plans import Plan, Target
from domain.sizing import size
from domain.specs import DatabaseSpec, spec_of


class Hold(Enum):
    """How an operation comes to hold its tenant."""

    FREE = "free"
    """Nobody held it."""
    HANDED_OVER = "handed over"
    """The run before left it to this operation."""


BUILDING = frozenset(
    {
        OperationKind.SCALE,
        OperationKind.RESUME,
        OperationKind.RESTORE,
        OperationKind.REPAIR,
        OperationKind.ROTATE,
    }
)
"""Operations on a tenant that may make things."""


def desired(plan: Plan, target: Target, mode: Mode) -> Desired:
    """Sizes for a target. Raises InvalidSpec when the plan is not sold in this size."""
    if not plan.users.min <= target.users <= plan.users.max:
        raise InvalidSpec(
            f"plan '{plan.name}' is for {plan.users.min} to {plan.users.max} users, not {target.users}"
        )
    return Desired(target=target, sizes=size(plan, target), mode=mode)


def known_plan(plans: dict[str, Plan], name: str) -> Plan:
    """Raises InvalidSpec for a plan that is not sold."""
    if name not in plans:
        raise InvalidSpec(f"there is no plan '{name}'; plans are {', '.join(sorted(plans))}")
    return plans[name]


def step_plans(blueprint: Blueprint) -> list[StepPlan]:
    return [
        StepPlan(
            name=step.name,
            kind=step.kind,
            title=step.title,
            needs=step.needs,
            sized=step.sized,
            workload=step.workload,
            skippable=step.skippable,
        )
        for step in blueprint.steps
    ]


def steps_of(kind: OperationKind, blueprint: Blueprint) -> list[StepPlan]:
    """The steps that an operation on an existing tenant touches."""
    steps = step_plans(blueprint)
    match kind:
        case OperationKind.SIGNUP | OperationKind.RESTORE | OperationKind.REPAIR:
            return steps
        case OperationKind.SCALE:
            return restricted(steps, {step.name for step in steps if step.sized})
        case OperationKind.ROTATE:
            return restricted(steps, login_steps(blueprint))
        case _:
            return restricted(steps, {step.name for step in steps if step.workload})


def login_steps(blueprint: Blueprint) -> set[str]:
    """Steps that know how the tenant logs in to its database; none where that is never rotated."""
    names: set[str] = set()
    for step in blueprint.steps:
        spec = spec_of(step)
        if isinstance(spec, DatabaseSpec) and spec.login:
            names |= {step.name, spec.login, spec.password}
        elif step.kind is StepKind.KUBERNETES and names & blueprint.before(step.name):
            names.add(step.name)
    return names


def removal_steps(blueprint: Blueprint | None, left: dict[str, StepKind]) -> list[StepPlan]:
    """Steps of which the inventory still knows something, in the order in which they were made.

    What the blueprint no longer lists depends on nothing.
    """
    listed = step_plans(blueprint) if blueprint else []
    known = {step.name for step in listed}
    dropped = [
        StepPlan(name=name, kind=kind, title=name) for name, kind in sorted(left.items()) if name not in known
    ]
    return [*restricted(listed, left.keys()), *dropped]


def check_phase(slug: str, kind: OperationKind, phase: Phase, hold: Hold) -> None:
    """Raises PhaseConflict, which says where the tenant is and what can be done from there."""
    if phase not in startable(kind, hold):
        wanted = " or ".join(sorted(TRANSITIONS[kind].starts_from))
        raise PhaseConflict(
            f"tenant '{slug}' is {phase}; a {kind} starts from {wanted}; {_possible_from(phase)}"
        )


def startable(kind: OperationKind, hold: Hold) -> Collection[Phase]:
    """Phases from which an operation may begin."""
    starts_from = TRANSITIONS[kind].starts_from
    match hold, kind:
        case Hold.HANDED_OVER, OperationKind.TEARDOWN:
            # An undone sign-up, whose slug stays guarded.
            return starts_from | {Phase.CLOSING}
        case Hold.HANDED_OVER, OperationKind.SUSPEND:
            # SUSPENDED: an undone resumption.
            return starts_from | {Phase.SUSPENDED}
        case _:
            return starts_from


def _possible_from(phase: Phase) -> str:
    kinds = sorted(
        kind
        for kind, transition in TRANSITIONS.items()
        if phase in transition.starts_from and kind is not OperationKind.REMOVE
    )
    if kinds:
        return f"possible now: {', '.join(kinds)}"
    if phase in OPEN_PHASES:
        return "wait for the end of the running operation"
    return "nothing is possible any more"
