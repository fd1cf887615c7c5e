"""The audit log. Rows are only added: triggers refuse all else, also for the whole table at once."""

from datetime import datetime
from typing import Any

from sqlalchemy import CheckConstraint, Column, Index
from sqlalchemy.dialects.postgresql import BIGINT
from sqlmodel import Field

from domain.audit.origin import ActorKind
from store.tables.base import INSTANT, Arguments, Table, enumeration, one_of
from store.tables.document import Document


def _constraints() -> Arguments:
    return (
        one_of("actor_kind", ActorKind),
        CheckConstraint("seq > 0", name="seq"),
        CheckConstraint("hash ~ '^[0-9a-f]{64}$'", name="hash"),
        Index("ix_audit_at", "at"),
        Index("ix_audit_actor", "actor", "seq"),
        Index("ix_audit_object", "object_kind", "object_id"),
        Index("ix_audit_tenant", "tenant_id", "seq"),
    )


class AuditRow(Table, table=True):
    """One change. It refers to nothing: whatever goes, what was done to it stays."""

    __tablename__ = "audit"
    __table_args__ = _constraints()

    seq: int = Field(sa_column=Column(BIGINT, primary_key=True, autoincrement=False))
    at: datetime = Field(sa_type=INSTANT)
    actor: str
    actor_kind: ActorKind = Field(sa_type=enumeration(ActorKind))
    roles: list[str] = Field(sa_column=Column(Document(list[str]), nullable=False))
    action: str
    object_kind: str
    object_id: str
    tenant_id: str | None = None
    customer_id: str | None = None
    reason: str
    request_id: str
    before: dict[str, Any] | None = Field(default=None, sa_column=Column(Document(dict[str, Any])))
    after: dict[str, Any] | None = Field(default=None, sa_column=Column(Document(dict[str, Any])))
    previous: str
    hash: str
