"""What looks at tenants and at the providers found: neither is part of a tenant's own state."""

from datetime import datetime
from enum import StrEnum

from sqlalchemy import CheckConstraint, Column, Index, text
from sqlmodel import Field

from domain.messages import Difference
from store.tables.base import INSTANT, Arguments, Table, enumeration, implies, one_of
from store.tables.document import Document


class ObservationRow(Table, table=True):
    """The last look at what a tenant has at one provider."""

    __tablename__ = "observation"
    __table_args__ = (
        CheckConstraint("provider IN ('aws', 'kubernetes')", name="provider"),
        CheckConstraint("(observed_at IS NULL) = (since IS NULL)", name="seen_since"),
        CheckConstraint(implies("differences <> '[]'", "observed_at IS NOT NULL"), name="found_by_a_look"),
        Index("ix_observation_drifted", "tenant_id", postgresql_where=text("differences <> '[]'")),
    )

    tenant_id: str = Field(primary_key=True, foreign_key="tenant.id")
    provider: str = Field(primary_key=True)
    observed_at: datetime | None = Field(default=None, sa_type=INSTANT)
    """When everything was looked at last; none before the first time."""
    since: datetime | None = Field(default=None, sa_type=INSTANT)
    """Since when it has, or has not, been as wanted."""
    differences: list[Difference] = Field(
        default_factory=list, sa_column=Column(Document(list[Difference]), nullable=False)
    )
    error: str | None = None
    """Why the newest try to look failed; none after a look."""
    deferred_at: datetime | None = Field(default=None, sa_type=INSTANT)
    """When it was last left alone because an operation holds the tenant; none after a look or a repair."""


class OrphanState(StrEnum):
    FOUND = "found"
    DELETING = "deleting"
    """A person said so."""
    DELETED = "deleted"
    REFUSED = "refused"
    """Was to be deleted, and is not: `detail` says why. The next scan finds it again."""
    GONE = "gone"
    """A later scan did not find it any more, or found a tenant that may have it."""


ORPHANS_THERE = frozenset({OrphanState.FOUND, OrphanState.DELETING, OrphanState.REFUSED})
_THERE = "state IN ('deleting', 'found', 'refused')"


def _orphan_constraints() -> Arguments:
    asked = "requested_by IS NOT NULL AND reason IS NOT NULL AND requested_at IS NOT NULL"
    return (
        one_of("state", OrphanState),
        CheckConstraint("provider IN ('aws', 'kubernetes')", name="provider"),
        CheckConstraint(implies("state IN ('deleting', 'deleted', 'refused')", asked), name="deleted_by"),
        CheckConstraint("(ended_at IS NOT NULL) = (state IN ('deleted', 'gone'))", name="end_has_instant"),
        CheckConstraint("reason IS NULL OR length(btrim(reason)) BETWEEN 1 AND 500", name="reason"),
        Index(
            "uq_orphan_there",
            "provider",
            "place",
            "kind",
            "namespace",
            "name",
            unique=True,
            postgresql_where=text(_THERE),
        ),
    )


class OrphanRow(Table, table=True):
    """A thing that bears our install's mark and belongs to no tenant that may have it."""

    __tablename__ = "orphan"
    __table_args__ = _orphan_constraints()

    id: str = Field(primary_key=True)
    provider: str
    place: str
    """Region of an AWS thing, cell of an object."""
    cell: str
    """Cell by whose account or cluster it is reached."""
    kind: str
    namespace: str = ""
    name: str
    provider_id: str = ""
    tenant_id: str
    """What its mark says."""
    slug: str = ""
    why: str
    """What of the tenant makes it an orphan: 'no such tenant', 'tenant is deleted'."""
    state: OrphanState = Field(sa_type=enumeration(OrphanState))
    first_seen: datetime = Field(sa_type=INSTANT)
    last_seen: datetime = Field(sa_type=INSTANT)
    requested_by: str | None = None
    reason: str | None = None
    requested_at: datetime | None = Field(default=None, sa_type=INSTANT)
    ended_at: datetime | None = Field(default=None, sa_type=INSTANT)
    detail: str = ""
