"""What a change would do, as the API shows it."""

from datetime import datetime

from pydantic import BaseModel, Field

from api.problems import OperationRef
from domain.billing.comparing import PriceChange
from domain.messages import ErrorView
from domain.phases import OperationKind, Phase
from domain.placement import Requests
from domain.plans import Target
from domain.previewing.disruption import Disruption
from domain.previewing.duration import Duration
from domain.previewing.objects import ObjectChange
from domain.sizing import Sizes


class TenantState(BaseModel):
    phase: Phase
    target: Target | None = Field(description="Null where nothing is left.")
    sizes: Sizes | None
    running: bool


class NotSeen(BaseModel):
    """A step that could not be looked at: what it would change is not known."""

    step: str = Field(examples=["database"])
    title: str
    error: ErrorView


class Quota(BaseModel):
    """What the ResourceQuota of the tenant's namespace allows its pods to request."""

    cpu_millis: int
    memory_mib: int
    pods: int


class Capacity(BaseModel):
    cell: str
    allocatable: Requests | None = Field(description="Null for customers.")
    others: Requests | None = Field(
        description="What the cell's other tenants request, the stopped ones included; null for customers."
    )
    now: Requests = Field(description="What this tenant requests, running or stopped.")
    then: Requests
    fits: bool = Field(
        description="Whether the cell has room for it. A change is not refused for want of room: pods that "
        "find none wait, and in the end the change is undone."
    )
    quota_now: Quota | None
    quota_then: Quota | None


class PreviewView(BaseModel):
    """What a change would do if it were asked for now; nothing of it was done."""

    tenant_id: str
    slug: str
    change: OperationKind
    looked_at: datetime
    tenant_etag: str = Field(
        description="Of the tenant as it was met: as If-Match it makes the change meet the same, or fail."
    )
    now: TenantState
    then: TenantState
    remove_after: datetime | None = Field(
        description="Of a teardown: until then it can be restored, and then everything is removed."
    )
    takes_over: OperationRef | None = Field(
        description="An open operation that would give way first: what it undoes is not foreseen."
    )
    objects: list[ObjectChange] = Field(
        description="What is added, changed and removed, by reading and server-side dry runs. What somebody "
        "else changed is brought back by the same steps, and is listed as well."
    )
    not_seen: list[NotSeen] = Field(description="What is missing from `objects`, and why.")
    remarks: list[str] = Field(
        description="What providers allow or keep, in words.",
        examples=[["database storage stays at 40 GiB instead of 20 GiB: RDS storage never shrinks"]],
    )
    capacity: Capacity
    price: PriceChange | None = Field(description="Null if the tenant has no price; see `remarks` for why.")
    disruption: Disruption
    duration: Duration = Field(description="An expectation from the installation's settings, no promise.")
