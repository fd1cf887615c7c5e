"""Rows that the API writes itself: customers, and the keys that make a repeated request harmless."""

from datetime import datetime

from sqlalchemy import CheckConstraint, Index
from sqlmodel import Field

from domain.naming import CUSTOMER_ID_PATTERN, TENANT_ID_PATTERN
from store.tables.base import INSTANT, Table, matches


class CustomerRow(Table, table=True):
    __tablename__ = "customer"
    __table_args__ = (
        matches("id", CUSTOMER_ID_PATTERN),
        CheckConstraint("length(btrim(name)) BETWEEN 1 AND 200", name="name"),
        CheckConstraint("length(email) BETWEEN 3 AND 254", name="email"),
        CheckConstraint("length(time_zone) BETWEEN 1 AND 64", name="time_zone"),
        Index("ix_customer_page", "created_at", "id"),
        Index("ix_customer_name", "name", "created_at", "id"),
    )

    id: str = Field(primary_key=True)
    name: str
    email: str | None = None
    """Personal: in no log line, and in nothing that Temporal keeps."""
    time_zone: str | None = None
    """Of tenants that sign up from now on and name none."""
    created_at: datetime = Field(sa_type=INSTANT)


class IdempotencyRow(Table, table=True):
    """Written before the workflow starts, so it refers to rows that may not exist yet."""

    __tablename__ = "idempotency"
    __table_args__ = (
        matches("tenant_id", TENANT_ID_PATTERN),
        CheckConstraint("length(caller) BETWEEN 1 AND 200", name="caller"),
        CheckConstraint("length(key) BETWEEN 1 AND 255", name="key"),
        CheckConstraint("num_nonnulls(customer_id, operation_id, webhook_id) = 1", name="one_thing"),
        CheckConstraint("(operation_id IS NULL) = (tenant_id IS NULL)", name="operation_of_tenant"),
        Index("ix_idempotency_created_at", "created_at"),
    )

    caller: str = Field(primary_key=True)
    key: str = Field(primary_key=True)
    body_hash: str
    operation_id: str | None = Field(default=None, unique=True)
    """What a change of a tenant became; also the id of the update that carries it."""
    tenant_id: str | None = None
    customer_id: str | None = None
    """The customer that a request made or changed."""
    webhook_id: str | None = None
    """The webhook that a request made or changed."""
    created_at: datetime = Field(sa_type=INSTANT)
