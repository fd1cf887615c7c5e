"""The tenant: where it is in its life, its last good state, and which operation may write to it."""

from datetime import datetime

from sqlalchemy import CheckConstraint, Column, ForeignKeyConstraint, Index, text
from sqlmodel import Field

from domain.messages import Condition
from domain.naming import SLUG_PATTERN, TENANT_ID_PATTERN
from domain.phases import GONE, OPEN_PHASES, Mode, Phase
from domain.plans import Target
from domain.sizing import Sizes
from store.tables.base import INSTANT, Arguments, Table, enumeration, matches, one_of, words
from store.tables.document import Document

WITH_GRACE = frozenset({Phase.CLOSING, Phase.CLOSED, Phase.RESTORING, Phase.REMOVING})
"""Phases in which `remove_after` means something."""

NEVER_GOOD = frozenset(
    {Phase.PROVISIONING, Phase.CLOSING, Phase.REMOVING, Phase.DELETED, Phase.FAILED, Phase.CANCELLED}
)
"""Phases that a tenant can be in without ever having been active."""


def _constraints() -> Arguments:
    return (
        matches("id", TENANT_ID_PATTERN),
        matches("slug", SLUG_PATTERN),
        CheckConstraint("length(time_zone) BETWEEN 1 AND 64", name="time_zone"),
        one_of("phase", Phase),
        one_of("mode", Mode),
        CheckConstraint("target->>'plan' = plan", name="plan_is_targets"),
        CheckConstraint("(sizes IS NULL) = (mode IS NULL)", name="last_good_state_whole"),
        CheckConstraint(f"sizes IS NOT NULL OR phase IN ({words(NEVER_GOOD)})", name="last_good_state_known"),
        CheckConstraint(f"held_by IS NOT NULL OR phase NOT IN ({words(OPEN_PHASES)})", name="open_is_held"),
        CheckConstraint(f"held_by IS NULL OR phase NOT IN ({words(GONE)})", name="gone_is_free"),
        CheckConstraint(f"(deleted_at IS NOT NULL) = (phase IN ({words(GONE)}))", name="gone_has_instant"),
        CheckConstraint(
            f"remove_after IS NULL OR phase IN ({words(WITH_GRACE)})", name="grace_only_when_leaving"
        ),
        CheckConstraint("remove_after IS NOT NULL OR phase <> 'closed'", name="closed_has_grace"),
        # Deferred: tenant and first operation name each other and are inserted in one transaction.
        ForeignKeyConstraint(
            ["held_by", "id"],
            ["operation.id", "operation.tenant_id"],
            name="fk_tenant_held_by",
            deferrable=True,
            initially="DEFERRED",
            use_alter=True,
        ),
        Index(
            "uq_tenant_slug_not_gone",
            "slug",
            unique=True,
            postgresql_where=text(f"phase NOT IN ({words(GONE)})"),
        ),
        Index("ix_tenant_slug", "slug"),
        # What waits for a person is looked for among the few tenants that an operation holds.
        Index("ix_tenant_held", "held_by", postgresql_where=text("held_by IS NOT NULL")),
        Index("ix_tenant_page", "created_at", "id"),
        Index("ix_tenant_due", "remove_after", postgresql_where=text("remove_after IS NOT NULL")),
    )


class TenantRow(Table, table=True):
    __tablename__ = "tenant"
    __table_args__ = _constraints()

    id: str = Field(primary_key=True)
    slug: str
    customer_id: str = Field(foreign_key="customer.id", index=True)
    plan: str = Field(foreign_key="plan.name")
    cell: str = Field(foreign_key="cell.name", index=True)
    region: str
    time_zone: str | None = None
    """Where the wall time of its billing periods is read, fixed at sign-up; none if that was before tenants
    had zones and nothing was billed."""
    blueprint: str
    phase: Phase = Field(sa_type=enumeration(Phase))
    target: Target = Field(sa_column=Column(Document(Target), nullable=False))
    """What it has; until it is active for the first time, what it asked for."""
    sizes: Sizes | None = Field(default=None, sa_column=Column(Document(Sizes)))
    """With `mode` the last good state; none until it is active for the first time."""
    mode: Mode | None = Field(default=None, sa_type=enumeration(Mode))
    outputs: dict[str, str] = Field(
        default_factory=dict, sa_column=Column(Document(dict[str, str]), nullable=False)
    )
    """What steps found out, `<step>.<key>`. Never a secret."""
    conditions: list[Condition] = Field(
        default_factory=list, sa_column=Column(Document(list[Condition]), nullable=False)
    )
    held_by: str | None = None
    """Operation whose run may write; the fencing token of every write to the tenant and its resources."""
    run_id: str
    """Run that wrote last."""
    remove_after: datetime | None = Field(default=None, sa_type=INSTANT)
    created_at: datetime = Field(sa_type=INSTANT)
    updated_at: datetime = Field(sa_type=INSTANT)
    deleted_at: datetime | None = Field(default=None, sa_type=INSTANT)
    """When it was proven that nothing is left: of a deleted, failed or cancelled tenant alike."""
