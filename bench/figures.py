"""What is measured, beside what, and what it should reach."""

import operator
import statistics
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

_HOLDS: Final = {"≤": operator.le, "≥": operator.ge, ">": operator.gt}


class Verdict(StrEnum):
    REACHED = "reached"
    MISSED = "missed"
    SHOWN = ""
    """Nothing was to be reached."""


@dataclass(frozen=True)
class Target:
    """`sign` is ≤, ≥ or >."""

    sign: str
    limit: float

    def holds(self, value: float) -> bool:
        return bool(_HOLDS[self.sign](value, self.limit))

    def __str__(self) -> str:
        return f"{self.sign} {amount(self.limit)}"


@dataclass(frozen=True)
class Figure:
    """One row of the results: its values are those of the rounds, in their order."""

    key: str
    """Names the row for machines; stays the same from version to version."""
    what: str
    beside: str
    """What stands next to it in the same run; empty if nothing does."""
    unit: str
    values: tuple[float, ...]
    target: Target | None = None

    @property
    def median(self) -> float:
        return statistics.median(self.values)

    @property
    def verdict(self) -> Verdict:
        if self.target is None:
            return Verdict.SHOWN
        return Verdict.REACHED if self.target.holds(self.median) else Verdict.MISSED

    @property
    def spread(self) -> str:
        """Of the rounds, least to most; empty for a single one."""
        if len(self.values) == 1:
            return ""
        return f"{amount(min(self.values))} to {amount(max(self.values))}"


@dataclass(frozen=True)
class Section:
    """What one part of the bench measured."""

    title: str
    figures: Sequence[Figure]
    notes: Sequence[str] = ()
    """What a reader needs to judge the figures: versions, flags, sizes."""


def amount(value: float) -> str:
    """With three digits that say something."""
    if value == int(value) or abs(value) >= 100:
        return f"{value:,.0f}"
    return f"{value:.2f}" if abs(value) >= 1 else f"{value:.3g}"
