"""What happened, as webhooks tell it: the type, whom it is about, and the data that receivers get."""

import json
import secrets
import string
from datetime import datetime
from enum import StrEnum
from typing import Annotated, Any

from pydantic import ConfigDict, Field

from domain.billing.invoices import Kind
from domain.billing.words import instant_text
from domain.phases import OperationKind, OperationStatus, Phase
from domain.plans import Model

EVENT_ID_PATTERN = r"^ev[a-z0-9]{20}$"
_ALPHABET = string.ascii_lowercase + string.digits


class EventType(StrEnum):
    PHASE_CHANGED = "tenant.phase_changed"
    OPERATION_FINISHED = "operation.finished"
    INVOICE_FINALIZED = "invoice.finalized"


class PhaseChanged(Model):
    model_config = ConfigDict(validate_by_name=True, validate_by_alias=True)

    tenant_id: str
    slug: str
    before: Annotated[Phase | None, Field(alias="from")]
    """None: it has just signed up."""
    after: Annotated[Phase, Field(alias="to")]
    operation_id: str


class OperationFinished(Model):
    operation_id: str
    kind: OperationKind
    status: OperationStatus
    tenant_id: str
    slug: str
    error_code: str | None
    """The words are with the operation, for those who may read it."""


class InvoiceFinalized(Model):
    invoice_id: str
    number: str
    kind: Kind
    tenant_id: str
    slug: str
    total_minor: int
    currency: str


TYPES: dict[type[Model], EventType] = {
    PhaseChanged: EventType.PHASE_CHANGED,
    OperationFinished: EventType.OPERATION_FINISHED,
    InvoiceFinalized: EventType.INVOICE_FINALIZED,
}
EventData = PhaseChanged | OperationFinished | InvoiceFinalized


def new_event_id() -> str:
    return "ev" + "".join(secrets.choice(_ALPHABET) for _ in range(20))


def payload(kind: str, at: datetime, data: dict[str, Any]) -> str:
    """The body: the same text at every attempt."""
    said = {"type": kind, "timestamp": instant_text(at), "data": data}
    return json.dumps(said, ensure_ascii=False, separators=(",", ":"))
