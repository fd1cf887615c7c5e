"""What a run writes down: its start, its state in between, its ending."""

from datetime import datetime
from typing import Annotated

from pydantic import Field

from domain.audit.origin import OriginIfAny
from domain.messages.interventions import Intervention, Skipped
from domain.messages.progress import Condition, ErrorView, ObjectName, StepView
from domain.messages.requests import OperationRequest, Undoing
from domain.messages.steps import Desired, StepPlan, TenantContext
from domain.phases import OperationStatus, Phase
from domain.plans import Model


class BeginInput(Model):
    request: OperationRequest
    run_id: str


class OperationPlan(Model):
    """Everything the run needs, read and written in one transaction at its start."""

    tenant: TenantContext
    phase_before: Phase | None
    """None for a sign-up."""
    before: Desired | None
    """Last good state; none for a sign-up."""
    after: Desired | None
    """None when the operation ends with nothing left."""
    steps: list[StepPlan]
    """In dependency order. For a removal: every step that the inventory still knows."""
    outputs: dict[str, str] = {}
    grace_seconds: int = 0
    final_snapshot: bool = False
    ends_access: Annotated[list[str], Field(exclude_if=lambda grants: not grants)] = []
    """Open grants of support access, which this operation ends. Left out where there are none: open runs of
    older versions refuse fields that they do not know."""


class AcceptInput(Model):
    """A request that reached an open run: a take-over that waits, or a newer target of a scale."""

    request: OperationRequest
    run_id: str
    holder: str
    """Operation id that holds the tenant."""
    supersedes: str | None = None


class AcceptResult(Model):
    after: Desired | None = None
    """Newer target only: the sizes that follow from it."""


class FinishInput(Model):
    """How a run leaves the tenant, written in one transaction."""

    tenant_id: str
    operation_id: str
    """Operation that holds the tenant."""
    result_of: str
    """Operation that this ending belongs to: the newest target of a scale."""
    status: OperationStatus
    phase: Phase
    at: datetime | None = None
    """When the tenant was what it is now: what it pays changes at this instant."""
    desired: Desired | None = None
    """New last good state; none leaves it as it was."""
    timeline: list[StepView] = []
    error: ErrorView | None = None
    kept: list[str] = []
    outputs: dict[str, str] = {}
    remove_after: datetime | None = None
    superseded_by: str | None = None
    interventions: list[Intervention] = []


class FinishResult(Model):
    handed_to: str | None
    """Operation that holds the tenant from now on; none if it is free."""


class StateInput(Model):
    """What a run notes in the middle: a condition, what a person did, that it undoes its work."""

    tenant_id: str
    operation_id: str
    condition: Condition | None = None
    undoing: Undoing | None = None
    intervention: Intervention | None = None
    origin: OriginIfAny = None
    """Of the intervention, for the audit log."""


class SkipInput(Model):
    """A step whose things stay as they are."""

    tenant_id: str
    operation_id: str
    step: str
    skipped: Skipped


class SkipOutcome(Model):
    things: list[ObjectName] = []
    """What was not proven gone."""


class DueRotations(Model):
    started: list[str]
    """Slugs for which a rotation was started."""
    failed: int = 0


class DueRemovals(Model):
    started: list[str]
    """Slugs for which a removal was started."""
    failed: int = 0
    """Tenants for which none could be started; the next firing tries again."""
    more: bool
