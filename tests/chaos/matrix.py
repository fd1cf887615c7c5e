"""All cases: every workflow type, every step it touches, every fault that can strike there."""

from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path

from tests.chaos.faults import FAULTS, FaultKind
from tests.chaos.lives import LIVES, Life
from tests.chaos.points import Point


@dataclass(frozen=True)
class Case:
    life: Life
    point: Point
    fault: FaultKind

    @property
    def name(self) -> str:
        """'SignupTenant/database/killed-during'."""
        return f"{self.life.name}/{self.point.name}/{self.fault.name}"


def all_cases() -> list[Case]:
    return [
        Case(life, point, fault)
        for life in LIVES
        for point in life.points
        for fault in FAULTS
        if fault.where(point)
    ]


def chosen(patterns: list[str]) -> list[Case]:
    """Cases whose names fit a pattern with `*` and `?`."""
    return [case for case in all_cases() if any(fnmatchcase(case.name, pattern) for pattern in patterns)]


def sample() -> list[str]:
    """Names of the cases that are played with all other tests."""
    lines = Path(__file__).with_name("sample.txt").read_text().splitlines()
    return [line for line in lines if line and not line.startswith("#")]


CASE = {case.name: case for case in all_cases()}
