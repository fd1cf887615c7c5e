"""What closing runs took of usage, for when the events behind it are gone."""

from decimal import Decimal

from sqlalchemy import Column, ForeignKeyConstraint
from sqlalchemy.dialects.postgresql import BIGINT
from sqlmodel import Field

from store.tables.base import Table
from store.tables.document import Document


class KeptUsageRow(Table, table=True):
    """All aggregates by which a run rated a tenant; a trigger refuses changes."""

    __tablename__ = "kept_usage"
    __table_args__ = (ForeignKeyConstraint(["closing"], ["closing.number"]),)

    tenant_id: str = Field(primary_key=True, foreign_key="subscription.tenant_id")
    closing: int = Field(sa_column=Column(BIGINT, primary_key=True, autoincrement=False))
    """Its cut-off says what they knew, its beginning which of them can change no more."""
    answers: dict[str, Decimal] = Field(sa_column=Column(Document(dict[str, Decimal]), nullable=False))
    """By `domain.billing.keeping.name_of`."""
