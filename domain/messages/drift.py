"""What a look at a tenant's things found, and what is done about it."""

import json
from datetime import datetime
from enum import StrEnum
from typing import Literal

from domain.audit.origin import OriginIfAny
from domain.blueprint import StepKind
from domain.plans import Model
from domain.queues import Provider

VALUE_LIMIT = 200

HIDDEN = "not shown"
"""Stands for values that may be secret: only that they differ is told."""
PRESENCE, PRESENT, ABSENT = "presence", "present", "absent"
"""Field and values of a difference about a thing that is there and shall not be."""


class DriftKind(StrEnum):
    DRIFTED = "drifted"
    """A field has another value than the blueprint wants."""
    MISSING = "missing"
    """The thing is not there; ensuring its step makes it again."""
    LOST = "lost"
    """No repair may bring it back: something foreign bears its name, or what it held is gone for good."""


class Difference(Model):
    """One difference between what the blueprint wants and what is there. Never holds a secret's value."""

    what: DriftKind
    step: str
    kind: str
    """The inventory's word: 's3:bucket', 'apps/v1/Deployment'."""
    name: str
    namespace: str = ""
    field: str = ""
    """Provider's word for what differs; empty where the whole thing is meant."""
    wanted: str = ""
    found: str = ""
    since: datetime | None = None
    """When a look found it first; set when it is recorded."""
    persists: bool = False
    """A repair was done, and it is still so: no other is started by itself."""

    replaceable: bool = False
    """Of what is missing: a new one is as good, whatever is said of its kind."""

    @property
    def place(self) -> tuple[str, ...]:
        """The same for the same field of the same thing, whatever its value is by now."""
        return (self.what, self.step, self.kind, self.namespace, self.name, self.field)

    @property
    def surplus(self) -> bool:
        """Whether it is there and shall not be."""
        return (self.field, self.wanted) == (PRESENCE, ABSENT)

    def __str__(self) -> str:
        named = f"{self.kind} {self.name}"
        if self.what is DriftKind.MISSING:
            return f"{named} is missing" + (f" ({self.found})" if self.found else "")
        if self.what is DriftKind.LOST:
            return f"{named}: {self.found}"
        return f"{named}: {self.field} is {self.found or 'unset'} instead of {self.wanted or 'unset'}"


def shown(value: object) -> str:
    """A value as differences show it: short, the same for the same value, empty for none."""
    if value is None:
        return ""
    text = value if isinstance(value, str) else json.dumps(value, sort_keys=True)
    return text if len(text) <= VALUE_LIMIT else text[: VALUE_LIMIT - 1] + "…"


class PageInput(Model):
    """Which tenants to look at next."""

    after: str = ""
    """Tenant id after which the page begins."""
    limit: int


class TenantsPage(Model):
    tenant_ids: list[str]
    next: str | None
    """`after` of the next page; none on the last one."""


class ObserveInput(Model):
    """Input of `aws.observe` and `kubernetes.observe`."""

    tenant_ids: list[str]
    holder: str | None = None
    """Operation that holds the tenant and looks at it in the middle of its work; none for a scan, which
    leaves tenants alone that an operation holds."""
    repaired: list[str] = []
    """Steps that were just brought back: what is still found in them has survived a repair."""
    outputs: dict[str, str] | None = None
    """What the steps of the holder's run found out; none takes what is recorded of the tenant."""


class ObserveOutcome(Model):
    looked_at: int = 0
    held: int = 0
    """Left out, because an operation holds the tenant or changed it meanwhile."""
    failed: int = 0
    """Could not be looked at; the reason stands with the tenant."""


class JudgeInput(Model):
    tenant_ids: list[str]
    repairs_at_most: int


class JudgeOutcome(Model):
    drifted: int = 0
    repairs: int = 0
    """Repairs started."""
    deferred: int = 0
    """Repairs left for the next scan, because an operation holds the tenant."""
    postponed: int = 0
    """Repairs left for a later scan: the last one failed a short while ago, or too many have been started."""
    failed: int = 0
    """Tenants for which it could not be decided, or no repair be started."""


class StepsInput(Model):
    """Which steps of a tenant a repair has to bring back."""

    tenant_id: str
    by_policy: bool


class DriftInput(Model):
    """Argument of the scan, which carries its counts from run to run."""

    after: str = ""
    page_size: int = 20
    pages_per_run: int = 50
    """After so many pages it continues as new, so that any number of tenants fits."""
    repairs_at_most: int = 100
    """Repairs that one scan starts: a changed blueprint reaches the tenants in batches."""
    orphans: bool = True
    """Whether it ends with the search for things that belong to no tenant."""
    so_far: "DriftResult | None" = None


class DriftResult(Model):
    tenants: int = 0
    drifted: int = 0
    repairs: int = 0
    deferred: int = 0
    postponed: int = 0
    failed: int = 0
    """Tenants that could not be looked at, or pages that nobody finished looking at."""
    orphans: int = 0
    unsearched: list[str] = []
    """Where the search for orphans did not come to its end, and why."""


class Place(Model):
    """Where the search for orphans looks: a region's AWS, or a cell's cluster."""

    provider: Provider
    name: str
    """Region for aws, cell for kubernetes."""


class OrphanRequest(Model):
    """A person's wish to delete an orphan."""

    orphan_id: str
    requested_by: str
    reason: str
    origin: OriginIfAny = None
    """For the audit log."""


class OrphanPlace(Model):
    """What the deletion of an orphan needs to know of it."""

    id: str
    step_kind: StepKind
    """What would have made it, and removes it."""


class OrphanEnding(Model):
    """How the deletion of an orphan ended."""

    orphan_id: str
    state: Literal["deleted", "refused"]
    detail: str
