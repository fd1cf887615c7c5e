"""What comes out over HTTP."""

from datetime import datetime

from pydantic import BaseModel, Field

from domain.messages import Action, Condition, ErrorView, Intervention, ObjectName, StepView
from domain.phases import OperationKind, OperationStatus, Phase
from domain.plans import Target
from domain.sizing import Sizes


class CustomerView(BaseModel):
    id: str = Field(examples=["cusk3v9x2m4q8w1"])
    name: str
    email: str | None = Field(examples=["billing@acme.example"])
    time_zone: str | None = Field(examples=["Europe/Paris"])
    created_at: datetime


class CustomerPage(BaseModel):
    items: list[CustomerView]
    next: str | None = Field(description="Cursor of the next page; null on the last one.")


class Links(BaseModel):
    operation: str = Field(examples=["/v1/operations/opk3v9x2m4q8w1r5t7za"])
    events: str = Field(examples=["/v1/operations/opk3v9x2m4q8w1r5t7za/events"])
    tenant: str = Field(examples=["/v1/tenants/acme?id=k3v9x2m4q8w1"])


class Accepted(BaseModel):
    """Answer of every change: the same for every repeat with the same Idempotency-Key."""

    operation_id: str = Field(examples=["opk3v9x2m4q8w1r5t7za"])
    kind: OperationKind
    tenant_id: str = Field(examples=["k3v9x2m4q8w1"])
    slug: str = Field(examples=["acme"])
    links: Links


class TenantView(BaseModel):
    id: str
    slug: str
    customer_id: str
    phase: Phase
    plan: str
    target: Target = Field(
        description="What it has; until it is active for the first time, what it asked for."
    )
    sizes: Sizes | None = Field(
        description="The last good sizes; null until it is active for the first time."
    )
    region: str
    cell: str
    time_zone: str | None = Field(
        description="Of its billing periods, for good; null if it signed up before tenants had one.",
        examples=["Europe/Paris"],
    )
    url: str | None
    conditions: list[Condition]
    remove_after: datetime | None = Field(description="End of the grace of a tenant that was torn down.")
    operation_id: str | None = Field(description="The operation that is changing the tenant now.")
    created_at: datetime
    updated_at: datetime
    deleted_at: datetime | None = Field(description="When it was proven that nothing of it is left.")


class TenantPage(BaseModel):
    items: list[TenantView]
    next: str | None = Field(description="Cursor of the next page; null on the last one.")


class OperationSummary(BaseModel):
    id: str
    kind: OperationKind
    status: OperationStatus
    error: ErrorView | None
    superseded_by: str | None
    requested_by: str
    accepted_at: datetime
    finished_at: datetime | None


class OperationDetail(BaseModel):
    """One operation: live from its run while that is open, as recorded afterwards."""

    id: str
    kind: OperationKind
    status: OperationStatus
    tenant_id: str
    slug: str
    percent: int = Field(ge=0, le=100, description="Of its work; never falls.")
    undone_percent: int | None = Field(
        ge=0, le=100, description="Of the undo, when what was begun is being, or was, undone."
    )
    waiting_for: str
    steps: list[StepView]
    error: ErrorView | None
    kept: list[str] = Field(description="What could only grow and stayed as it is, in words.")
    conditions: list[Condition]
    interventions: list[Intervention] = Field(description="What people did to it, who and why, oldest first.")
    superseded_by: str | None
    requested_by: str
    accepted_at: datetime
    started_at: datetime | None
    finished_at: datetime | None


class AttentionView(BaseModel):
    """One step at which an operation stands still until a person decides."""

    tenant_id: str
    slug: str
    operation_id: str = Field(examples=["opk3v9x2m4q8w1r5t7za"])
    kind: OperationKind
    condition: str = Field(description="NeedsAttention: it failed for good. Paused: it was asked to wait.")
    step: str
    object: ObjectName | None = Field(description="What is stuck, where it is known.")
    reason: str = Field(examples=["AccessDenied"])
    message: str
    since: datetime = Field(description="When it first stopped here; a retry in vain does not change it.")
    actions: list[Action] = Field(description="What can be done about it now.")


class AttentionPage(BaseModel):
    items: list[AttentionView]
    next: str | None = Field(description="Cursor of the next page; null on the last one.")


class PlanView(BaseModel):
    name: str
    title: str
    blueprint: str
    min_users: int
    max_users: int
    grace_days: int


class CellView(BaseModel):
    name: str
    region: str
    domain: str


class Health(BaseModel):
    status: str = Field(examples=["ok"])
