"""The audit log as the API shows it: whole to those who may see all, and a tenant's to its customer."""

from datetime import datetime
from typing import Any

from pydantic import BaseModel, Field

from domain.audit.chain import Checkpoint, Entry
from domain.audit.origin import ActorKind


class CheckpointView(BaseModel):
    """Of the newest row: note it outside the database, and compare it later."""

    seq: int = Field(description="0 when there are no rows yet.")
    hash: str

    @staticmethod
    def of(head: Checkpoint) -> "CheckpointView":
        return CheckpointView(seq=head.seq, hash=head.hash)


class AuditPage(BaseModel):
    items: list[Entry]
    next: str | None = Field(description="Cursor of the next page; null on the last one.")
    head: CheckpointView


class TenantAuditView(BaseModel):
    """One change of a tenant, as its customer sees it: of others than customers, no names."""

    seq: int
    at: datetime
    actor_kind: ActorKind
    actor: str | None = Field(description="Only of a customer.")
    action: str = Field(examples=["scale.accepted"])
    object_kind: str = Field(examples=["operation"])
    object_id: str
    reason: str
    before: dict[str, Any] | None
    after: dict[str, Any] | None

    @staticmethod
    def of(entry: Entry) -> "TenantAuditView":
        own = entry.actor_kind is ActorKind.CUSTOMER
        shown = {name: getattr(entry, name) for name in TenantAuditView.model_fields if name != "actor"}
        return TenantAuditView(actor=entry.actor if own else None, **shown)


class TenantAuditPage(BaseModel):
    items: list[TenantAuditView]
    next: str | None = Field(description="Cursor of the next page; null on the last one.")
