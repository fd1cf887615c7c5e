"""One accepted wish to change a tenant, and how it went."""

from datetime import datetime

from sqlalchemy import CheckConstraint, Column, ForeignKeyConstraint, Index, UniqueConstraint, text
from sqlmodel import Field

from domain.messages import ErrorView, Intervention, OperationPlan, OperationRequest, StepView, Undoing
from domain.phases import FINISHED, OperationKind, OperationStatus
from store.tables.base import INSTANT, Arguments, Table, enumeration, implies, one_of, words
from store.tables.document import Document


def _constraints() -> Arguments:
    return (
        one_of("kind", OperationKind),
        one_of("status", OperationStatus),
        CheckConstraint(
            f"(finished_at IS NOT NULL) = (status IN ({words(FINISHED)}))", name="finished_has_instant"
        ),
        CheckConstraint(implies("status = 'waiting'", "started_at IS NULL"), name="waiting_not_started"),
        CheckConstraint(implies("status = 'running'", "started_at IS NOT NULL"), name="running_is_started"),
        CheckConstraint(implies("status = 'running'", "plan IS NOT NULL"), name="running_has_plan"),
        CheckConstraint(implies("undoing IS NOT NULL", "started_at IS NOT NULL"), name="undoing_is_started"),
        CheckConstraint("(status = 'superseded') = (superseded_by IS NOT NULL)", name="superseded_names"),
        CheckConstraint("superseded_by <> id", name="superseded_by_another"),
        CheckConstraint(implies("status = 'failed'", "error IS NOT NULL"), name="failed_says_why"),
        CheckConstraint(implies("error IS NOT NULL", "finished_at IS NOT NULL"), name="error_is_final"),
        UniqueConstraint("id", "tenant_id", name="uq_operation_of_tenant"),
        Index("uq_operation_running", "tenant_id", unique=True, postgresql_where=text("status = 'running'")),
        Index("uq_operation_waiting", "tenant_id", unique=True, postgresql_where=text("status = 'waiting'")),
        # Deferred: the older operation gives way before the newer is inserted, or two would be running.
        ForeignKeyConstraint(
            ["superseded_by"],
            ["operation.id"],
            name="fk_operation_superseded_by",
            deferrable=True,
            initially="DEFERRED",
        ),
        Index("ix_operation_tenant", "tenant_id", "accepted_at"),
    )


class OperationRow(Table, table=True):
    __tablename__ = "operation"
    __table_args__ = _constraints()

    id: str = Field(primary_key=True)
    tenant_id: str = Field(foreign_key="tenant.id")
    kind: OperationKind = Field(sa_type=enumeration(OperationKind))
    status: OperationStatus = Field(sa_type=enumeration(OperationStatus))
    request: OperationRequest = Field(sa_column=Column(Document(OperationRequest), nullable=False))
    requested_by: str
    run_id: str
    """Run that wrote last."""
    plan: OperationPlan | None = Field(default=None, sa_column=Column(Document(OperationPlan)))
    """What its run was told at the start, so that a repeated start is told the same; none while it waits."""
    accepted_at: datetime = Field(sa_type=INSTANT)
    started_at: datetime | None = Field(default=None, sa_type=INSTANT)
    finished_at: datetime | None = Field(default=None, sa_type=INSTANT)
    undoing: Undoing | None = Field(default=None, sa_column=Column(Document(Undoing)))
    """Of the operation that holds the tenant: set when its run began to take its work back."""
    timeline: list[StepView] = Field(
        default_factory=list, sa_column=Column(Document(list[StepView]), nullable=False)
    )
    error: ErrorView | None = Field(default=None, sa_column=Column(Document(ErrorView)))
    kept: list[str] = Field(default_factory=list, sa_column=Column(Document(list[str]), nullable=False))
    superseded_by: str | None = None
    interventions: list[Intervention] = Field(
        default_factory=list, sa_column=Column(Document(list[Intervention]), nullable=False)
    )
    """What people did to its run, oldest first."""
