"""What tenants used: identities, single events, and what is summed up of them by hour and day.

Of these only hours have a foreign key: checking one takes longer than storing an event, and each event is in
an hour. Who may send for a tenant is known by its token. Text is compared by its bytes, as the domain does.
"""

from datetime import date, datetime
from decimal import Decimal
from uuid import UUID

from sqlalchemy import (
    CheckConstraint,
    Column,
    Date,
    ForeignKey,
    Identity,
    Index,
    Numeric,
    Sequence,
    String,
    UniqueConstraint,
)
from sqlalchemy import Table as PlainTable
from sqlalchemy.dialects.postgresql import BIGINT, BIT, BYTEA
from sqlalchemy.dialects.postgresql import UUID as DIGEST
from sqlmodel import Field

from store.tables.base import INSTANT, Arguments, Table

BYTES = String(collation="C")
HOURS_A_MONTH = 31 * 24
ROOM = {"fillfactor": 80}
"""Rows that are written again and again find room beside themselves, and their indexes need no change."""

INGESTION = Sequence("usage_ingestion", metadata=Table.metadata)
"""Numbers of ingesting transactions; `store/usage_order.py` says what their order means."""


class UsageStreamRow(Table, table=True):
    """What one meter counts of one tenant in one group: a number by which all else names these three.

    Rows and indexes are a third smaller by it, and a number is compared in no time. Kept for good.
    """

    __tablename__ = "usage_stream"
    __table_args__ = (UniqueConstraint("tenant_id", "meter", "grp"),)

    id: int | None = Field(default=None, sa_column=Column(BIGINT, Identity(always=True), primary_key=True))
    tenant_id: str = Field(sa_type=BYTES)
    meter: str = Field(sa_type=BYTES)
    grp: str = Field(sa_type=BYTES)


class UsageIdentityRow(Table, table=True):
    """An event that was accepted; so long as this row is there, its name is taken."""

    __tablename__ = "usage_identity"
    __table_args__ = (Index("ix_usage_identity_received", "received_at"),)

    name: UUID = Field(sa_column=Column(DIGEST, primary_key=True))
    """Digest of tenant, source and id: an index a third as large as of these themselves, for all there is."""
    content: UUID = Field(sa_type=DIGEST)
    """Digest of what it said."""
    received_at: datetime = Field(sa_type=INSTANT)
    ingestion: int = Field(sa_type=BIGINT)


USAGE_EVENT = PlainTable(
    "usage_event",
    Table.metadata,
    Column("stream", BIGINT, nullable=False),
    Column("at", INSTANT, nullable=False),
    Column("received_at", INSTANT, nullable=False),
    Column("ingestion", BIGINT, nullable=False),
    Column("value", Numeric, nullable=False),
    Column("source", BYTES, nullable=False),
    Column("id", BYTES, nullable=False),
    Column("key", BYTES, nullable=True),
    Index("ix_usage_event_read", "stream", "at"),
    postgresql_partition_by="RANGE (at)",
)
"""What one meter counted of one event. A partition for each month; never changed, dropped by age. That
nothing is in here twice is the work of usage_identity: a key of this table would have to hold the month."""


def _sum_constraints(unit: str) -> Arguments:
    return (
        CheckConstraint("count > 0", name="count"),
        CheckConstraint(f"date_trunc('{unit}', {unit}, 'UTC') = {unit}", name=unit),
        CheckConstraint(
            "(first_at IS NULL) = (last_value IS NULL) AND (first_at IS NULL) = (integral IS NULL)",
            name="state_whole",
        ),
        {"postgresql_with": ROOM},
    )


class _Sums(Table):
    """All that was counted in a stream in a span of time; kept for good."""

    count: int = Field(sa_type=BIGINT)
    sum: Decimal = Field(sa_type=Numeric)
    max: Decimal = Field(sa_type=Numeric)
    first_at: datetime | None = Field(default=None, sa_type=INSTANT)
    """Of meters that hold a state: when the span first set it."""
    last_value: Decimal | None = Field(default=None, sa_type=Numeric)
    integral: Decimal | None = Field(default=None, sa_type=Numeric)
    """Value times seconds from `first_at` to the end of the span."""
    ingestion: int = Field(sa_type=BIGINT)
    """The last one that changed it: a reader with a cut-off before it must look at the events themselves."""


class UsageHourRow(_Sums, table=True):
    __tablename__ = "usage_hour"
    __table_args__ = _sum_constraints("hour")

    stream: int = Field(sa_column=Column(BIGINT, ForeignKey("usage_stream.id"), primary_key=True))
    hour: datetime = Field(sa_type=INSTANT, primary_key=True)


class UsageDayRow(_Sums, table=True):
    """The sum of a day's hours, so that a month is read from 31 rows."""

    __tablename__ = "usage_day"
    __table_args__ = _sum_constraints("day")

    stream: int = Field(sa_column=Column(BIGINT, primary_key=True, autoincrement=False))
    day: datetime = Field(sa_type=INSTANT, primary_key=True)


class UsageKeyRow(Table, table=True):
    """In which hours of a month, in UTC, one key was seen; kept for good."""

    __tablename__ = "usage_key"
    __table_args__ = ({"postgresql_with": ROOM},)

    stream: int = Field(sa_column=Column(BIGINT, primary_key=True, autoincrement=False))
    month: date = Field(sa_column=Column(Date, primary_key=True))
    key: str = Field(sa_column=Column(BYTES, primary_key=True))
    ingestion: int = Field(sa_type=BIGINT)
    """The last one that set a bit."""
    hours: str = Field(sa_column=Column(BIT(HOURS_A_MONTH), nullable=False))
    """A bit for each hour, the month's first on the left."""


class UsageTokenRow(Table, table=True):
    """By which token a tenant's usage is taken: its hash, never the token itself."""

    __tablename__ = "usage_token"
    __table_args__ = (CheckConstraint("length(hash) = 32", name="hash"),)

    tenant_id: str = Field(primary_key=True, foreign_key="tenant.id")
    hash: bytes = Field(sa_type=BYTEA)
    """SHA-256."""
    secret: str
    """Name of the secret that holds the token."""
    version: str
    """Of the secret's value: another one there is known by another hash, or by none yet."""
    operation_id: str
    """Whose run wrote it."""
    recorded_at: datetime = Field(sa_type=INSTANT)
