"""Inputs and results of workflows, updates and activities: one of each, all serialisable, nothing secret."""

from typing import Any

from domain.messages.certificate import Certificate, CertificateEntry, VerifyInput, VerifyOutcome
from domain.messages.progress import Condition, ErrorView, OperationView, StepStatus, StepView
from domain.messages.records import (
    AcceptInput,
    AcceptResult,
    BeginInput,
    DueRemovals,
    FinishInput,
    FinishResult,
    OperationPlan,
    StateInput,
)
from domain.messages.recovery import (
    LostOperation,
    RecoverInput,
    RecoveryPage,
    RecoveryResult,
    StartedRecovery,
)
from domain.messages.requests import (
    CancelRequest,
    OperationAccepted,
    OperationRequest,
    Recovered,
    RetryRequest,
    RunInput,
    RunResult,
    Undoing,
)
from domain.messages.steps import Desired, ResourceRef, StepCall, StepOutcome, StepPlan, TenantContext

__all__ = [
    "AcceptInput",
    "AcceptResult",
    "BeginInput",
    "CancelRequest",
    "Certificate",
    "CertificateEntry",
    "Condition",
    "Desired",
    "DueRemovals",
    "ErrorView",
    "FinishInput",
    "FinishResult",
    "JsonObject",
    "LostOperation",
    "OperationAccepted",
    "OperationPlan",
    "OperationRequest",
    "OperationView",
    "RecoverInput",
    "Recovered",
    "RecoveryPage",
    "RecoveryResult",
    "ResourceRef",
    "RetryRequest",
    "RunInput",
    "RunResult",
    "StartedRecovery",
    "StateInput",
    "StepCall",
    "StepOutcome",
    "StepPlan",
    "StepStatus",
    "StepView",
    "TenantContext",
    "Undoing",
    "VerifyInput",
    "VerifyOutcome",
]

JsonObject = dict[str, Any]
