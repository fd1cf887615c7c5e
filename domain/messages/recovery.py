"""How an operation whose run was lost is found and taken up again."""

from datetime import datetime

from domain.messages.requests import OperationRequest, Recovered
from domain.phases import OperationKind
from domain.plans import Model


class RecoverInput(Model):
    """Argument of RecoverTenant."""

    tenant_id: str
    slug: str
    run_closed_at: datetime | None
    """When the lost run ended; none when Temporal does not know it any more."""
    settling_seconds: float
    """How long its calls may go on after that."""


class LookInput(Model):
    tenant_id: str
    calls_ended_by: datetime


class LostOperation(Model):
    """What an open operation needs to be carried on by a new run."""

    request: OperationRequest
    recovered: Recovered | None
    """None: it was handed the tenant and had not begun."""


class LookResult(Model):
    lost: LostOperation | None
    """None: the tenant is free after all."""


class StartedRecovery(Model):
    slug: str
    tenant_id: str
    operation_id: str
    kind: OperationKind


class RecoveryPage(Model):
    """One page of the tenants that an operation holds."""

    looked_at: int
    started: list[StartedRecovery]
    failed: int = 0
    """Tenants of which nobody knows whether they need one; the next firing looks again."""
    next: str | None
    """Where the next page begins; none on the last."""


class RecoveryResult(Model):
    """Result of RecoverLost."""

    looked_at: int
    started: list[StartedRecovery]
    failed: int = 0
    """Tenants of which nobody knows whether they need one; the next firing looks again."""
