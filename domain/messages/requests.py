"""What a run is asked to do, and what it answers."""

from typing import Annotated

from pydantic import Field

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
    target: Target | None = None
    """Sign-up and scale only."""
    grace_seconds: Annotated[int, Field(ge=0)] | None = None
    """Teardown only; none takes the plan's grace."""


class RunInput(Model):
    """Argument of every lifecycle workflow."""

    tenant_id: str
    slug: str
    handed_over: OperationRequest | None = None
    """Set when the request comes with the start (a take-over, a due removal) and no update is awaited."""


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


class CancelRequest(Model):
    operation_id: str
    requested_by: str


class RetryRequest(Model):
    requested_by: str
