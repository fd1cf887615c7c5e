"""Support access to tenants: each grant, open or ended."""

from datetime import datetime

from sqlalchemy import CheckConstraint, Index, text
from sqlmodel import Field

from domain.support import LONGEST_SECONDS, OPEN_ACCESS, SLOTS, AccessMode, AccessState
from store.tables.base import INSTANT, Arguments, Table, enumeration, implies, matches, one_of, words

_OPEN = f"state IN ({words(OPEN_ACCESS)})"


def _constraints() -> Arguments:
    approved = "(approved_by IS NOT NULL AND approved_at IS NOT NULL AND ends_at IS NOT NULL)"
    return (
        matches("id", "^ag[0-9a-f]{18}$"),
        one_of("state", AccessState),
        one_of("mode", AccessMode),
        CheckConstraint("approval IN ('second_person', 'customer')", name="approval"),
        CheckConstraint(f"seconds BETWEEN 1 AND {LONGEST_SECONDS}", name="seconds"),
        CheckConstraint(f"slot BETWEEN 1 AND {SLOTS}", name="slot"),
        CheckConstraint("length(btrim(reason)) BETWEEN 1 AND 500", name="reason"),
        CheckConstraint(implies("state IN ('approved', 'active', 'expired')", approved), name="approved"),
        CheckConstraint("approved_by <> requested_by", name="second_person"),
        CheckConstraint("ends_at - approved_at <= make_interval(secs => seconds)", name="ends"),
        CheckConstraint(f"(ended_at IS NULL) = ({_OPEN})", name="end_has_instant"),
        Index("uq_access_grant_slot", "tenant_id", "slot", unique=True, postgresql_where=text(_OPEN)),
        Index("ix_access_grant_page", "requested_at", "id"),
        Index("ix_access_grant_tenant_id", "tenant_id", "requested_at", "id"),
    )


class AccessGrantRow(Table, table=True):
    """Somebody's access to one tenant. Written by the run of the grant alone."""

    __tablename__ = "access_grant"
    __table_args__ = _constraints()

    id: str = Field(primary_key=True)
    tenant_id: str = Field(foreign_key="tenant.id")
    requested_by: str
    reason: str
    seconds: int
    mode: AccessMode = Field(sa_type=enumeration(AccessMode))
    approval: str
    slot: int
    state: AccessState = Field(sa_type=enumeration(AccessState))
    requested_at: datetime = Field(sa_type=INSTANT)
    approved_by: str | None = None
    approved_at: datetime | None = Field(default=None, sa_type=INSTANT)
    ends_at: datetime | None = Field(default=None, sa_type=INSTANT)
    ended_at: datetime | None = Field(default=None, sa_type=INSTANT)
    ended_by: str | None = None
    detail: str = ""
