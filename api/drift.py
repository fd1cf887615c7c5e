"""Drift and orphans as the API shows them."""

from collections.abc import Sequence
from datetime import datetime

from pydantic import BaseModel, Field

from domain.drift import OBSERVED, drift_conditions
from domain.messages import Condition, Difference, ErrorView
from domain.phases import Phase
from store.repairs import FailedRepair
from store.tables import ObservationRow, OrphanRow, OrphanState, TenantRow


class Look(BaseModel):
    """The last look at what a tenant has at one provider."""

    provider: str = Field(examples=["aws"])
    observed_at: datetime | None = Field(description="Null until everything could be looked at once.")
    differences: list[Difference]
    error: str | None = Field(description="Why the newest look failed; what was found before stays.")
    deferred_at: datetime | None = Field(
        description="When it was left alone last, because an operation holds the tenant."
    )


class FailedRepairView(BaseModel):
    operation_id: str
    failed_at: datetime
    error: ErrorView


class DriftView(BaseModel):
    """What differs from what the blueprint wants; secrets are compared and never shown."""

    tenant_id: str
    slug: str
    phase: Phase
    in_sync: bool | None = Field(description="Null until everything was looked at, or when it is not done.")
    conditions: list[Condition]
    looks: list[Look]
    failed_repair: FailedRepairView | None = Field(
        description="The last repair, if it failed: for a day from then on none is started by the scan."
    )
    operation_id: str | None = Field(description="The operation that is changing the tenant now.")


class DriftPage(BaseModel):
    items: list[DriftView]
    next: str | None = Field(description="Cursor of the next page; null on the last one.")


class OrphanView(BaseModel):
    """A thing with our install's mark that belongs to no tenant that may have it."""

    id: str = Field(examples=["or5f0c2a9be1d47a63"])
    provider: str
    place: str = Field(description="Region of an AWS thing, cell of a Kubernetes object.")
    kind: str = Field(examples=["s3:bucket"])
    namespace: str
    name: str
    tenant_id: str = Field(description="What its mark says.")
    why: str = Field(examples=["no such tenant"])
    state: OrphanState
    first_seen: datetime
    last_seen: datetime
    requested_by: str | None
    reason: str | None
    requested_at: datetime | None
    ended_at: datetime | None
    detail: str = Field(description="How it is known to be gone, or why it was not deleted.")


class OrphanPage(BaseModel):
    items: list[OrphanView]
    next: str | None = Field(description="Cursor of the next page; null on the last one.")


def conditions_of(tenant: TenantRow, rows: Sequence[ObservationRow]) -> list[Condition]:
    """Those of its drift; a tenant that is leaving, or being changed, has none that would still be true."""
    return drift_conditions(rows) if tenant.phase in OBSERVED else []


def drift_view(tenant: TenantRow, rows: Sequence[ObservationRow], failed: FailedRepair | None) -> DriftView:
    conditions = conditions_of(tenant, rows)
    return DriftView(
        tenant_id=tenant.id,
        slug=tenant.slug,
        phase=tenant.phase,
        in_sync=next((one.status for one in conditions if one.type == "InSync"), None),
        conditions=conditions,
        looks=[
            Look(
                provider=row.provider,
                observed_at=row.observed_at,
                differences=row.differences,
                error=row.error,
                deferred_at=row.deferred_at,
            )
            for row in rows
        ],
        failed_repair=FailedRepairView.model_validate(failed, from_attributes=True) if failed else None,
        operation_id=tenant.held_by,
    )


def orphan_view(row: OrphanRow) -> OrphanView:
    return OrphanView.model_validate(row, from_attributes=True)
