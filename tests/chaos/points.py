"""Where a fault can strike: one point for each activity of a workflow, named as an engineer sees it."""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from tests.chaos.blueprint import Step, steps


class Act(StrEnum):
    """What a point's activity does."""

    MAKE = "make"
    """ensures what does not exist yet"""
    TOUCH = "touch"
    """ensures what exists"""
    CHANGE = "change"
    """ensures other sizes"""
    PREPARE = "prepare"
    """makes the next password"""
    MOVE = "move"
    """moves the secret to it"""
    REMOVE = "remove"
    VERIFY = "verify"
    RECORD = "record"


@dataclass(frozen=True)
class Point:
    name: str
    activity: str
    act: Act
    step: str = ""
    """Of the blueprint; empty for records and proofs."""

    @property
    def provider(self) -> str:
        """aws, kubernetes or records."""
        if self.act is Act.RECORD:
            return "records"
        return "kubernetes" if self.activity.startswith("kubernetes.") else "aws"


def record(name: str) -> Point:
    return Point(f"records.{name}", f"records.{name}", Act.RECORD)


def ensured(chosen: Iterable[Step], act: Act) -> list[Point]:
    return [Point(step.name, f"{step.kind}.ensure", act, step.name) for step in chosen]


def stopped() -> list[Point]:
    """The workload's steps, whose names a removal uses once more."""
    return [
        Point(f"{step.name}.stop", f"{step.kind}.ensure", Act.TOUCH, step.name)
        for step in reversed(steps())
        if step.workload
    ]


def removed() -> list[Point]:
    """A whole removal, from its list to its certificate."""
    return [record("begin_removal"), *undone(steps()), record("issue_certificate")]


def undone(made: Iterable[Step]) -> list[Point]:
    """The removal of these steps, and the proof that nothing of them is left."""
    return [
        *(Point(step.name, f"{step.kind}.remove", Act.REMOVE, step.name) for step in reversed(list(made))),
        *(Point(f"{name}.verify_gone", f"{name}.verify_gone", Act.VERIFY) for name in ("aws", "kubernetes")),
    ]


def whole(work: Iterable[Point]) -> tuple[Point, ...]:
    """A run: it takes hold, works and lets go."""
    return (record("begin"), *work, record("finish"))
