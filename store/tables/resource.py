"""The inventory: what exists, was to exist or existed because of a tenant, and the proof of its end."""

from datetime import datetime
from enum import StrEnum

from sqlalchemy import CheckConstraint, Column, ForeignKeyConstraint
from sqlmodel import Field

from domain.blueprint import StepKind
from domain.messages import Certificate, Skipped
from store.tables.base import INSTANT, Arguments, Table, enumeration, implies, one_of
from store.tables.document import Document


class ResourceState(StrEnum):
    INTENDED = "intended"
    """Recorded before it is made; whether it was made is unknown until it is `made` or `gone`."""
    MADE = "made"
    GONE = "gone"
    """The provider was asked and does not have it."""
    SKIPPED = "skipped"
    """It may still be there; a person decided that nobody waits for its end."""


ENDED = frozenset({ResourceState.GONE, ResourceState.SKIPPED})
"""States of which no removal and no verification asks any more."""


def _constraints() -> Arguments:
    untouched = "made_at IS NULL AND gone_at IS NULL AND proof IS NULL"
    return (
        one_of("step_kind", StepKind),
        one_of("state", ResourceState),
        CheckConstraint("provider IN ('aws', 'kubernetes')", name="provider"),
        CheckConstraint("(provider = 'kubernetes') = (step_kind = 'kubernetes')", name="provider_of_kind"),
        CheckConstraint("name <> ''", name="name"),
        CheckConstraint(implies("state = 'intended'", untouched), name="intended_untouched"),
        CheckConstraint(
            implies("state = 'made'", "made_at IS NOT NULL AND gone_at IS NULL AND proof IS NULL"),
            name="made_has_instant",
        ),
        CheckConstraint(
            implies("state = 'gone'", "gone_at IS NOT NULL AND proof IS NOT NULL AND proof <> ''"),
            name="gone_is_proven",
        ),
        CheckConstraint("(state = 'skipped') = (skipped IS NOT NULL)", name="skipped_says_why"),
        CheckConstraint(
            implies("state = 'skipped'", "gone_at IS NULL AND proof IS NULL"), name="skipped_is_unproven"
        ),
        ForeignKeyConstraint(
            ["operation_id", "tenant_id"],
            ["operation.id", "operation.tenant_id"],
            name="fk_resource_operation",
        ),
    )


class ResourceRow(Table, table=True):
    __tablename__ = "resource"
    __table_args__ = _constraints()

    tenant_id: str = Field(primary_key=True, foreign_key="tenant.id")
    step: str
    step_kind: StepKind = Field(sa_type=enumeration(StepKind))
    provider: str
    kind: str = Field(primary_key=True)
    namespace: str = Field(default="", primary_key=True)
    name: str = Field(primary_key=True)
    state: ResourceState = Field(sa_type=enumeration(ResourceState))
    provider_id: str = ""
    attributes: dict[str, str] = Field(
        default_factory=dict, sa_column=Column(Document(dict[str, str]), nullable=False)
    )
    intended_at: datetime = Field(sa_type=INSTANT)
    made_at: datetime | None = Field(default=None, sa_type=INSTANT)
    removing_since: datetime | None = Field(default=None, sa_type=INSTANT)
    """When we began to delete what holds data or a password: its absence is then our own doing."""
    gone_at: datetime | None = Field(default=None, sa_type=INSTANT)
    proof: str | None = None
    """The question asked and the answer: 's3:HeadBucket answered 404'."""
    skipped: Skipped | None = Field(default=None, sa_column=Column(Document(Skipped)))
    operation_id: str
    """Operation that wrote last."""


class CertificateRow(Table, table=True):
    __tablename__ = "certificate"
    __table_args__ = (
        ForeignKeyConstraint(
            ["operation_id", "tenant_id"],
            ["operation.id", "operation.tenant_id"],
            name="fk_certificate_operation",
        ),
    )

    tenant_id: str = Field(primary_key=True, foreign_key="tenant.id")
    operation_id: str
    document: Certificate = Field(sa_column=Column(Document(Certificate), nullable=False))
    issued_at: datetime = Field(sa_type=INSTANT)
