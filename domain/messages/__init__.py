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
from domain.messages.requests import (
    CancelRequest,
    OperationAccepted,
    OperationRequest,
    RetryRequest,
    RunInput,
    RunResult,
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
    "OperationAccepted",
    "OperationPlan",
    "OperationRequest",
    "OperationView",
    "ResourceRef",
    "RetryRequest",
    "RunInput",
    "RunResult",
    "StateInput",
    "StepCall",
    "StepOutcome",
    "StepPlan",
    "StepStatus",
    "StepView",
    "TenantContext",
    "VerifyInput",
    "VerifyOutcome",
]

JsonObject = dict[str, Any]
