"""Plans and cells as the YAML files had them when last read; kept while tenants refer to them."""

from datetime import datetime

from sqlalchemy import Column
from sqlmodel import Field

from domain.plans import Cell, Plan
from store.tables.base import INSTANT, Table
from store.tables.document import Document


class PlanRow(Table, table=True):
    __tablename__ = "plan"

    name: str = Field(primary_key=True)
    definition: Plan = Field(sa_column=Column(Document(Plan), nullable=False))
    synced_at: datetime = Field(sa_type=INSTANT)
    retired_at: datetime | None = Field(default=None, sa_type=INSTANT)
    """Since when plans.yaml no longer offers it."""


class CellRow(Table, table=True):
    __tablename__ = "cell"

    name: str = Field(primary_key=True)
    region: str = Field(index=True)
    definition: Cell = Field(sa_column=Column(Document(Cell), nullable=False))
    synced_at: datetime = Field(sa_type=INSTANT)
    retired_at: datetime | None = Field(default=None, sa_type=INSTANT)
    """Since when cells.yaml no longer lists it."""
