"""How long a change is expected to take: the longest chain of its steps, by the settings' expectations."""

from collections.abc import Collection, Sequence

from domain.blueprint import StepKind
from domain.graph import inverted, longest_chain, restricted, rule_steps
from domain.messages import StepPlan
from domain.phases import OperationKind
from domain.plans import Model
from domain.previewing.disruption import DATABASE, WORKLOADS
from domain.previewing.objects import Effect, ObjectChange

QUICK = 2
"""Seconds of a step that nobody has to wait for beyond its calls."""
LOAD_BALANCED = "v1/Service"


class Expectations(Model):
    """Seconds that slow things usually take, of the settings."""

    database: int
    load_balancer: int
    rollout: int


class StepDuration(Model):
    name: str
    title: str
    expected_seconds: int
    """0 where it finds nothing to change."""


class Duration(Model):
    expected_seconds: int
    """Of the longest chain."""
    longest_chain: list[str]
    """Names of steps that wait for one another."""
    steps: list[StepDuration]


def duration(
    kind: OperationKind,
    steps: Sequence[StepPlan],
    changes: Sequence[ObjectChange],
    unseen: Collection[str],
    usual: Expectations,
    *,
    removes: bool,
) -> Duration:
    """`unseen` are steps that could not be looked at: as if they changed all that they can."""
    seconds = {
        step.name: _if_unseen(step, usual)
        if step.name in unseen
        else max((_of_change(one, usual) for one in changes if one.step == step.name), default=0)
        for step in steps
    }
    chain = [
        name
        for group in _in_turn(kind, steps, removes=removes)
        for name in longest_chain(group, seconds)
        if seconds[name]
    ]
    return Duration(
        expected_seconds=sum(seconds[name] for name in chain),
        longest_chain=chain,
        steps=[
            StepDuration(name=step.name, title=step.title, expected_seconds=seconds[step.name])
            for step in steps
        ],
    )


def _in_turn(kind: OperationKind, steps: Sequence[StepPlan], *, removes: bool) -> list[list[StepPlan]]:
    """Groups of steps, each run when the one before it is done."""
    if removes or kind in {OperationKind.SUSPEND, OperationKind.TEARDOWN}:
        return [inverted(steps)]
    if kind is OperationKind.SCALE:
        bounds = rule_steps(steps)
        names = {step.name for step in steps} - {step.name for step in bounds}
        return [bounds, restricted(steps, names)]
    return [list(steps)]


def _if_unseen(step: StepPlan, usual: Expectations) -> int:
    if step.kind is StepKind.DATABASE:
        return max(usual.database, QUICK)
    return max(usual.rollout, QUICK) if step.workload else QUICK


def _of_change(change: ObjectChange, usual: Expectations) -> int:
    if change.kind == DATABASE and (change.effect is not Effect.CHANGED or change.field("DBInstanceClass")):
        return max(usual.database, QUICK)
    if change.kind in WORKLOADS:
        return max(usual.rollout, QUICK)
    if change.kind == LOAD_BALANCED and change.effect is Effect.ADDED:
        return max(usual.load_balancer, QUICK)
    return QUICK
