"""What a run is asked to do, and what it answers."""

from datetime import datetime
from typing import Annotated

from pydantic import Field

from domain.audit.origin import OriginIfAny
from domain.messages.interventions import Intervention
from domain.messages.progress import ErrorView
from domain.messages.steps import Desired
from domain.phases import OperationKind, OperationStatus, Phase
from domain.plans import Model, Target


class OperationRequest(Model):
    """One accepted wish to change a tenant. Its id is also the id of the update that carries it."""

    operation_id: str
    kind: OperationKind
    tenant_id: str
    slug: str
    requested_by: str
    customer_id: str | None = None
    """Sign-up only: every tenant belongs to a customer."""
    region: str | None = None
    """Sign-up only."""
    # Left out where none: open runs of older versions refuse fields that they do not know.
    time_zone: Annotated[str | None, Field(exclude_if=lambda zone: zone is None)] = None
    """Sign-up only; none takes the customer's, or else the installation's."""
    target: Target | None = None
    """Sign-up and scale only."""
    grace_seconds: Annotated[int, Field(ge=0)] | None = None
    """Teardown only; none takes the plan's grace."""
    by_policy: bool = False
    """Repair only: bring back no more than the policy lets be repaired without asking."""
    accept_data_loss: bool = False
    """Repair only: a person agrees that what is gone with the tenant's data is made anew, empty."""
    pause_before: list[str] = []
    """Steps before which the run waits for a person, each once."""
    origin: OriginIfAny = None
    """For the audit log; none of what a schedule asks."""


class Undoing(Model):
    """Why a run takes its own work back; noted, because whoever carries it on must end it the same way.

    A take-over is not noted here: the row of the operation that waits tells it.
    """

    cancelled: bool = False
    error: ErrorView | None = None


class Recovered(Model):
    """What the run of an operation must know when an earlier run of it was lost half-way."""

    calls_ended_by: datetime
    """Until then calls of the lost run may still take effect."""
    phase: Phase
    """Where the lost run had brought the tenant."""
    undoing: Undoing | None = None
    successor: OperationRequest | None = None
    """Operation that waits to take over."""
    newest: OperationRequest | None = None
    """Scale only: the operation whose target replaced the first one."""
    targets: list[Desired] = []
    """Scale only: every target that the lost run worked on, the newest last."""
    decisions: list[Intervention] = []
    """What people decided in the lost run and what still holds, the newest last."""


class RunInput(Model):
    """Argument of every lifecycle workflow."""

    tenant_id: str
    slug: str
    handed_over: OperationRequest | None = None
    """Set when the request comes with the start (a take-over, a due removal) and no update is awaited."""
    recovered: Recovered | None = None
    """Set with `handed_over` when that operation had begun and its run was lost."""


class RunResult(Model):
    operation_id: str
    status: OperationStatus
    phase: Phase | None


class OperationAccepted(Model):
    """Answer of the accept and take-over updates."""

    operation_id: str
    tenant_id: str
    slug: str
    kind: OperationKind
