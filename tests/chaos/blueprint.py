"""What the matrix is computed from: the steps of the Teleport blueprint, read as data."""

from dataclasses import dataclass, field
from functools import cache
from typing import Any

import yaml

from runtime.settings import ROOT

BLUEPRINT = ROOT / "blueprints" / "teleport" / "blueprint.yaml"


@dataclass(frozen=True)
class Step:
    name: str
    kind: str
    needs: tuple[str, ...]
    sized: bool
    workload: bool
    spec: dict[str, Any] = field(compare=False)

    @property
    def provider(self) -> str:
        return "kubernetes" if self.kind == "kubernetes" else "aws"


@cache
def steps() -> tuple[Step, ...]:
    """In the order of the file, which is one of dependence."""
    entries: list[dict[str, Any]] = yaml.safe_load(BLUEPRINT.read_text())["steps"]
    return tuple(
        Step(
            name=entry["name"],
            kind=entry["kind"],
            needs=tuple(entry.get("needs", ())),
            sized=entry.get("sized", False),
            workload=entry.get("workload", False),
            spec=entry["spec"],
        )
        for entry in entries
    )


def step(name: str) -> Step:
    return next(step for step in steps() if step.name == name)
