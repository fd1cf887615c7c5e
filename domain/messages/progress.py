"""What people see of an operation while it runs and afterwards."""

from datetime import datetime
from enum import StrEnum
from typing import Annotated

from pydantic import Field

from domain.phases import OperationKind, OperationStatus
from domain.plans import Model


class StepStatus(StrEnum):
    PENDING = "pending"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"
    UNDOING = "undoing"
    UNDONE = "undone"


class StepView(Model):
    """One line of an operation's timeline."""

    name: str
    title: str
    status: StepStatus = StepStatus.PENDING
    started_at: datetime | None = None
    finished_at: datetime | None = None
    detail: str = ""


class ErrorView(Model):
    """Why an operation failed: `code` is a class name of domain/errors.py."""

    code: str
    message: str
    step: str | None = None


class Condition(Model):
    type: str
    status: bool
    reason: str
    message: str
    since: datetime


class OperationView(Model):
    """Progress of one operation: answer of the `progress` query and of the API."""

    operation_id: str
    kind: OperationKind
    status: OperationStatus
    tenant_id: str
    slug: str
    steps: list[StepView] = []
    percent: Annotated[int, Field(ge=0, le=100)] = 0
    waiting_for: str = ""
    error: ErrorView | None = None
    kept: list[str] = []
    conditions: list[Condition] = []
