"""What one tenant of a product consists of: the model of blueprint.yaml."""

from enum import StrEnum
from typing import Annotated, Any

from pydantic import Field, model_validator

from domain.naming import STEP_LIMIT, STEP_PATTERN
from domain.plans import Model
from domain.queues import Provider


class StepKind(StrEnum):
    """The kinds of things a step can make; each has activities `<kind>.ensure|await_ready|remove`."""

    BUCKET = "bucket"
    SECRET = "secret"  # noqa: S105 - the name of a kind, not a password
    DATABASE_PARAMETERS = "database_parameters"
    DATABASE = "database"
    ROLE = "role"
    POD_IDENTITY = "pod_identity"
    DNS = "dns"
    KUBERNETES = "kubernetes"

    @property
    def provider(self) -> Provider:
        return "kubernetes" if self is StepKind.KUBERNETES else "aws"


HOLDS_DATA = frozenset({StepKind.BUCKET, StepKind.SECRET, StepKind.DATABASE})
"""Kinds of which a certificate must not be silent: they hold what belongs to the customer."""


class Step(Model):
    """One step of a sign-up: makes one AWS thing or one group of Kubernetes objects."""

    name: Annotated[str, Field(pattern=STEP_PATTERN, max_length=STEP_LIMIT)]
    kind: StepKind
    title: str
    """What a customer reads in the progress: 'Database', 'Auth service'."""
    needs: list[str] = []
    sized: bool = False
    """Whether a scale-change touches it."""
    workload: bool = False
    """Whether suspending stops it."""
    skippable: bool = False
    """Whether a person may leave its things behind when they cannot be removed; the certificate says so."""
    spec: dict[str, Any] = {}
    """Parameters of the kind; checked by the kind's own model in domain/specs.py when loaded."""

    @model_validator(mode="after")
    def _leaves_no_data(self) -> "Step":
        if self.skippable and self.kind in HOLDS_DATA:
            raise ValueError(f"a {self.kind} holds the customer's data, so it cannot be skippable")
        return self


class Blueprint(Model):
    name: Annotated[str, Field(pattern=r"^[a-z][a-z0-9-]{0,30}$")]
    version: int
    title: str
    components: list[str]
    """Names of the workloads that plans must give sizes for."""
    needs_database: bool = False
    values: dict[str, str] = {}
    """Constants for the templates, such as the version of an image."""
    steps: Annotated[list[Step], Field(min_length=1)]

    @model_validator(mode="after")
    def _is_a_graph(self) -> "Blueprint":
        seen: set[str] = set()
        for step in self.steps:
            if step.name in seen:
                raise ValueError(f"step '{step.name}' is listed twice")
            missing = [need for need in step.needs if need not in seen]
            if missing:
                raise ValueError(f"step '{step.name}' needs {', '.join(missing)}, not listed before it")
            seen.add(step.name)
        return self

    def step(self, name: str) -> Step:
        """Raises KeyError if no step has this name."""
        for step in self.steps:
            if step.name == name:
                return step
        raise KeyError(name)

    def before(self, name: str) -> set[str]:
        """Every step that is finished when `name` starts: what it needs, and what those need."""
        found: set[str] = set()
        for need in self.step(name).needs:
            found |= {need} | self.before(need)
        return found
