"""How an operation whose run was lost is found and taken up again."""

from datetime import datetime

from domain.messages.requests import OperationRequest, Recovered
from domain.phases import OperationKind
from domain.plans import Model


class RecoverInput(Model):
    """Argument of RecoverTenant."""

    tenant_id: str
    slug: str
    calls_ended_by: datetime
    """When no call of the lost run can be under way any more."""


class LostOperation(Model):
    """What an open operation needs to be carried on by a new run."""

    request: OperationRequest
    recovered: Recovered


class StartedRecovery(Model):
    slug: str
    tenant_id: str
    operation_id: str
    kind: OperationKind


class RecoveryPage(Model):
    """One page of the tenants that an operation holds."""

    looked_at: int
    started: list[StartedRecovery]
    next: str | None
    """Where the next page begins; none on the last."""


class RecoveryResult(Model):
    """Result of RecoverLost."""

    looked_at: int
    started: list[StartedRecovery]
