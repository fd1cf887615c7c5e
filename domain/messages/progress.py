"""What people see of an operation while it runs and afterwards."""

from datetime import datetime
from enum import StrEnum
from typing import Annotated

from pydantic import Field

from domain.messages.interventions import Action, Intervention
from domain.phases import OperationKind, OperationStatus
from domain.plans import Model


class StepStatus(StrEnum):
    PENDING = "pending"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"
    UNDOING = "undoing"
    UNDONE = "undone"
    SKIPPED = "skipped"
    """Left as it is, because a person said so."""


class StepView(Model):
    """One line of an operation's timeline."""

    name: str
    title: str
    status: StepStatus = StepStatus.PENDING
    done: bool = False
    """Whether its work was done; stays so when that is undone."""
    started_at: datetime | None = None
    """When its work began, the first time."""
    finished_at: datetime | None = None
    undo_started_at: datetime | None = None
    undo_finished_at: datetime | None = None
    detail: str = ""


class ObjectName(Model):
    """One thing at a provider, in the provider's words."""

    kind: str
    name: str
    namespace: str = ""


class ErrorView(Model):
    """Why an operation failed: `code` is a class name of domain/errors.py."""

    code: str
    message: str
    step: str | None = None
    object: ObjectName | None = None


class Stop(Model):
    """One place at which a run stands still until a person decides."""

    step: str
    """Name of the step; of what belongs to no step, such as 'verification', a word for it."""
    object: ObjectName | None = None
    """What is stuck, where it is known."""
    reason: str
    """A class name of domain/errors.py, or another word in that form."""
    message: str
    since: datetime
    """When it first stopped here; a retry in vain does not change it."""
    actions: list[Action]
    """What can be done about it now."""


class Condition(Model):
    type: str
    status: bool
    reason: str
    message: str
    since: datetime
    stops: list[Stop] = []
    """NeedsAttention and Paused only: every place at which the run stands still."""


class OperationView(Model):
    """Progress of one operation: answer of the `progress` query and of the API."""

    operation_id: str
    kind: OperationKind
    status: OperationStatus
    tenant_id: str
    slug: str
    steps: list[StepView] = []
    percent: Annotated[int, Field(ge=0, le=100)] = 0
    undone_percent: Annotated[int, Field(ge=0, le=100)] | None = None
    """None where nothing is being undone."""
    waiting_for: str = ""
    error: ErrorView | None = None
    kept: list[str] = []
    conditions: list[Condition] = []
    interventions: list[Intervention] = []
