"""Keys of the API: their hashes, never the keys themselves."""

from datetime import datetime

from sqlalchemy import CheckConstraint, Column, Index, Text
from sqlalchemy.dialects.postgresql import ARRAY, BYTEA
from sqlmodel import Field

from domain.access import Role
from domain.api_key import KEY_ID_PATTERN
from store.tables.base import INSTANT, Table, matches

_KEYS_ROLES = ", ".join(f"'{role}'" for role in sorted(set(Role) - {Role.INSTANCE}))


class ApiKeyRow(Table, table=True):
    __tablename__ = "api_key"
    __table_args__ = (
        matches("id", KEY_ID_PATTERN),
        CheckConstraint("length(btrim(name)) BETWEEN 1 AND 100", name="name"),
        CheckConstraint("length(hash) = 32", name="hash"),
        CheckConstraint(f"cardinality(roles) > 0 AND roles <@ ARRAY[{_KEYS_ROLES}]", name="roles"),
        CheckConstraint("(customer_id IS NOT NULL) = (roles = ARRAY['customer'])", name="customer"),
        Index("ix_api_key_page", "created_at", "id"),
        Index("ix_api_key_customer_id", "customer_id"),
    )

    id: str = Field(primary_key=True)
    name: str
    hash: bytes = Field(sa_type=BYTEA)
    """SHA-256."""
    roles: list[str] = Field(sa_column=Column(ARRAY(Text), nullable=False))
    customer_id: str | None = Field(default=None, foreign_key="customer.id")
    made_by: str
    created_at: datetime = Field(sa_type=INSTANT)
    expires_at: datetime | None = Field(default=None, sa_type=INSTANT)
    revoked_at: datetime | None = Field(default=None, sa_type=INSTANT)
    last_used_at: datetime | None = Field(default=None, sa_type=INSTANT)
    """To the minute."""
