"""What differences between wanted and found come to: objects, disruption, duration."""

from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.blueprint import StepKind
from domain.graph import longest_chain
from domain.messages import Desired, Difference, DriftKind, StepPlan
from domain.messages.drift import ABSENT, PRESENCE, PRESENT
from domain.phases import Mode, OperationKind
from domain.plans import Target
from domain.previewing.disruption import Severity, disruption
from domain.previewing.duration import QUICK, Expectations, duration
from domain.previewing.objects import Effect, ObjectChange, object_changes
from domain.sizing import ComponentSize, Sizes
from tests.domain.test_graph import graphs

USUAL = Expectations(database=480, load_balancer=90, rollout=40)
STEPS = [
    StepPlan(name="database", kind=StepKind.DATABASE, title="Database"),
    StepPlan(name="rules", kind=StepKind.KUBERNETES, title="Rules"),
    StepPlan(name="auth", kind=StepKind.KUBERNETES, title="Auth", needs=["database", "rules"], workload=True),
    StepPlan(name="proxy", kind=StepKind.KUBERNETES, title="Proxy", needs=["auth"], workload=True),
]


def difference(name: str, field: str = "", now: str = "", then: str = "", **more: Any) -> Difference:
    kinds = {"database": "rds:db-instance", "autoscaler": "autoscaling/v2/HorizontalPodAutoscaler"}
    kind = kinds.get(name, "apps/v1/Deployment")
    what = more.pop("what", DriftKind.DRIFTED)
    return Difference(what=what, step=name, kind=kind, name=name, field=field, found=now, wanted=then, **more)


def desired(*, auth: int = 2, mode: Mode = Mode.RUNNING) -> Desired:
    size = ComponentSize(replicas=auth, max_replicas=4, cpu_millis=100, memory_mib=100)
    sizes = Sizes(components={"auth": size, "proxy": size.model_copy(update={"replicas": 2})})
    return Desired(target=Target(plan="team", users=5), sizes=sizes, mode=mode)


def test_each_object_is_told_once() -> None:
    """Fields of one object come together; what is there too much is removed, what is foreign blocks."""
    found = object_changes(
        [
            difference("auth", "spec.replicas", "1", "2"),
            difference("auth", "spec.strategy.type", "Recreate", "RollingUpdate"),
            difference("proxy", PRESENCE, PRESENT, ABSENT),
            difference("rules", what=DriftKind.MISSING),
            difference("other", what=DriftKind.LOST, now="not ours"),
        ]
    )
    assert [(one.name, one.effect, len(one.fields)) for one in found] == [
        ("auth", Effect.CHANGED, 2),
        ("proxy", Effect.REMOVED, 0),
        ("rules", Effect.ADDED, 0),
        ("other", Effect.BLOCKED, 0),
    ]
    assert found[-1].detail == "not ours"


@pytest.mark.parametrize(
    ("found", "before", "severity"),
    [
        ([], desired(), Severity.NONE),
        ([difference("auth", "spec.template.spec.x", "1", "2")], desired(auth=1), Severity.INTERRUPTED),
        ([difference("auth", "spec.template.spec.x", "1", "2")], desired(auth=2), Severity.BRIEF),
        ([difference("auth", "metadata.labels.x", "1", "2")], desired(auth=1), Severity.NONE),
        ([difference("auth", "spec.replicas", "10", "9")], desired(), Severity.BRIEF),
        ([difference("auth", "spec.replicas", "9", "10")], desired(), Severity.NONE),
        ([difference("autoscaler", "spec.minReplicas", "4", "2")], desired(), Severity.BRIEF),
        ([difference("autoscaler", "spec.minReplicas", "2", "4")], desired(), Severity.NONE),
        ([difference("auth", "spec.replicas", "2", "0")], desired(), Severity.STOPPED),
        ([difference("database", "AllocatedStorage", "20", "40")], desired(), Severity.NONE),
        ([difference("database", "DBInstanceClass", "small", "large")], desired(), Severity.INTERRUPTED),
        ([difference("database", "DBInstanceClass", "a", "b")], desired(mode=Mode.STOPPED), Severity.NONE),
        ([difference("auth", "spec.replicas", "0", "2")], None, Severity.NONE),
    ],
)
def test_how_much_is_noticed(found: list[Difference], before: Desired | None, severity: Severity) -> None:
    """By what changes, and by whether another pod takes over; of what does not run nothing is noticed."""
    told = disruption(object_changes(found), before, removes=False)
    assert told.severity is severity
    assert bool(told.interruptions) == (severity is not Severity.NONE)


def test_the_worst_counts_and_nothing_is_left_by_a_removal() -> None:
    """Of several interruptions the worst is the change's; a removal leaves nothing, running or not."""
    found = [difference("auth", "spec.template.x"), difference("database", "DBInstanceClass", "a", "b")]
    assert disruption(object_changes(found), desired(), removes=False).severity is Severity.INTERRUPTED
    assert disruption([], desired(mode=Mode.STOPPED), removes=True).severity is Severity.GONE


def test_expected_seconds() -> None:
    """By hand: the database moves, then two roll-outs; storage is quick; what nobody saw is expected."""
    grows = difference("database", "AllocatedStorage", "20", "40")
    moves = difference("database", "DBInstanceClass", "a", "b")
    rolls = [difference(name, "spec.template.x", "1", "2") for name in ("auth", "proxy")]
    assert _seconds([moves, *rolls]) == (480 + 40 + 40, ["database", "auth", "proxy"])
    assert _seconds([grows, *rolls]) == (QUICK + 40 + 40, ["database", "auth", "proxy"])
    assert _seconds([rolls[1]]) == (40, ["proxy"])
    assert _seconds([]) == (0, [])
    assert _seconds([], unseen={"database"}) == (480, ["database"])


def _seconds(found: list[Difference], unseen: set[str] | None = None) -> tuple[int, list[str]]:
    changes = object_changes(found)
    told = duration(OperationKind.SCALE, STEPS, changes, unseen or set(), USUAL, removes=False)
    return told.expected_seconds, told.longest_chain


@given(graphs(), st.lists(st.integers(0, 100), min_size=8, max_size=8))
def test_no_other_chain_is_longer(steps: list[StepPlan], times: list[int]) -> None:
    """Each step of the chain needs the one before it, and no way through the graph takes longer."""
    seconds = {step.name: time for step, time in zip(steps, times, strict=False)}
    needs = {step.name: step.needs for step in steps}
    chain = longest_chain(steps, seconds)

    def longest(name: str) -> int:
        return seconds[name] + max(map(longest, needs[name]), default=0)

    assert all(earlier in needs[later] for earlier, later in pairwise(chain))
    assert sum(seconds[name] for name in chain) == max(map(longest, needs))


def test_an_object_knows_its_fields() -> None:
    """A field is found by its name, and fields below a path by their begin."""
    change = ObjectChange(effect=Effect.CHANGED, step="s", kind="k", name="n", fields=[])
    assert change.field("x") is None
    assert not change.changes_below("spec.")
