"""What the activities of every AWS kind share: their inputs resolved, ownership, and the inventory."""

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import ClassVar, TypeVar

from temporalio import activity

from activities.aws.clients import Clients
from catalog import Catalog, LoadedBlueprint
from domain.errors import InvalidSpec, OwnershipConflict
from domain.messages import Desired, Difference, StepCall, StepOutcome, TenantContext
from domain.naming import TAG_INSTALL, TAG_TENANT, ownership_tags, resource_name
from domain.plans import Cell
from domain.specs import Spec, spec_of
from runtime.settings import Settings
from store.inventory import Inventory, InventoryRow
from store.tables import ENDED

SpecT = TypeVar("SpecT", bound=Spec)

IDENTITY = "identity"
"""Attribute of an inventory row: what tells the thing we made from a later one of the same name."""

SETTLING_SECONDS = 60.0


class Holder(StrEnum):
    """Who holds a name at the provider."""

    NOBODY = "nobody"
    OURS = "ours"
    STRANGER = "stranger"


@dataclass(frozen=True)
class Finding:
    """What asking the provider for one thing brought."""

    holder: Holder
    proof: str
    """The question asked and the answer, for the certificate."""
    identity: str = ""


@dataclass(frozen=True)
class Ground:
    """What every kind is given. Resolves the names in a call to what they stand for."""

    settings: Settings
    catalog: Catalog
    inventory: Inventory
    clients: Clients

    @property
    def settling_seconds(self) -> float:
        """How long AWS may not know everywhere what was just made or deleted."""
        # Stand-ins that make things at once also forget them at once.
        return min(SETTLING_SECONDS, self.settings.expected_load_balancer_seconds)

    def cell(self, tenant: TenantContext) -> Cell:
        try:
            return self.catalog.cells[tenant.cell]
        except KeyError:
            raise InvalidSpec(f"cell '{tenant.cell}' of the tenant is not in cells.yaml") from None

    def blueprint(self, tenant: TenantContext) -> LoadedBlueprint:
        try:
            return self.catalog.blueprints[tenant.blueprint]
        except KeyError:
            raise InvalidSpec(f"there is no blueprint '{tenant.blueprint}'") from None

    def spec(self, call: StepCall, model: type[SpecT]) -> SpecT:
        spec = spec_of(self.blueprint(call.tenant).step(call.step))
        if not isinstance(spec, model):
            raise InvalidSpec(f"step '{call.step}' is of another kind than its activity")
        return spec

    def rows(self, call: StepCall) -> list[InventoryRow]:
        """What the step still has, or was about to have, according to the inventory."""
        rows = self.inventory.rows(call.tenant.id, step=call.step)
        return [row for row in rows if row.state not in ENDED]

    def to_remove(self, call: StepCall) -> list[InventoryRow]:
        """`rows`, for what is made once: recorded as being removed before it is."""
        rows = self.rows(call)
        self.inventory.removing(call, [row.ref for row in rows])
        return rows

    def made(
        self,
        call: StepCall,
        ref_kind: str,
        name: str,
        *,
        provider_id: str,
        outputs: Mapping[str, str],
        identity: str = "",
        attributes: Mapping[str, str] | None = None,
    ) -> dict[str, str]:
        """Record that the thing exists; answers the outputs under the step's name."""
        known = {**outputs, **(attributes or {})}
        if identity:
            known[IDENTITY] = identity
        self.inventory.made(call, ref_kind, name, provider_id=provider_id, attributes=known)
        return {f"{call.step}.{key}": value for key, value in outputs.items()}


class Kind(ABC):
    """One kind of AWS thing. Subclasses add the activities."""

    ref_kind: ClassVar[str]
    """The kind's word in the inventory."""

    def __init__(self, ground: Ground) -> None:
        self.ground = ground

    @abstractmethod
    def ensure(self, call: StepCall) -> StepOutcome:
        """Make the step's thing, or bring the one that is ours to the wanted state.

        Raises OwnershipConflict if something under its name is not ours.
        """

    @abstractmethod
    def remove(self, call: StepCall) -> StepOutcome:
        """Delete what the inventory knows of the step and is ours. Raises NotReady until it is gone.

        What is recorded as made is deleted also where a read does not find it: it may not find yet what was
        made seconds ago.
        """

    @abstractmethod
    def find(self, tenant: TenantContext, row: InventoryRow) -> Finding:
        """Ask the provider who holds the name."""

    @abstractmethod
    def observe(self, call: StepCall) -> list[Difference]:
        """What an ensure of the step would change, found by reading alone."""

    def find_all(self, tenant: TenantContext, rows: Sequence[InventoryRow]) -> list[Finding]:
        """`find` for each; for kinds where one question answers several."""
        return [self.find(tenant, row) for row in rows]


def name_of(tenant: TenantContext, step: str) -> str:
    return resource_name(tenant.install, tenant.id, step)


def tags_of(call: StepCall) -> dict[str, str]:
    return ownership_tags(call.tenant.install, call.tenant.id, call.tenant.slug, call.step)


def listed(tags: Mapping[str, str]) -> list[dict[str, str]]:
    """Tags the way most AWS services want them."""
    return [{"Key": key, "Value": value} for key, value in tags.items()]


def are_ours(tags: Mapping[str, str], tenant: TenantContext) -> bool:
    """Whether a thing with these tags is this tenant's; the slug and step tags prove nothing."""
    return tags.get(TAG_INSTALL) == tenant.install and tags.get(TAG_TENANT) == tenant.id


def holder_of(tags: Mapping[str, str], tenant: TenantContext) -> Holder:
    return Holder.OURS if are_ours(tags, tenant) else Holder.STRANGER


def doomed(row: InventoryRow, tags: Mapping[str, str] | None, tenant: TenantContext) -> bool:
    """Whether a removal deletes the row's thing; `tags` are None if a read does not find it."""
    return row.state == "made" if tags is None else are_ours(tags, tenant)


def require_ours(tags: Mapping[str, str], tenant: TenantContext, what: str) -> None:
    """Raises OwnershipConflict for a thing that does not bear our marks."""
    if not are_ours(tags, tenant):
        raise OwnershipConflict(
            f"{what} exists already and does not bear this tenant's tags; it is untouched"
        )


def desired_of(call: StepCall) -> Desired:
    if call.desired is None:
        raise InvalidSpec(f"step '{call.step}' was called without a wanted state")
    return call.desired


def settling(seconds: float = SETTLING_SECONDS) -> bool:
    """Whether this activity is so young that AWS may not know everywhere what we did just before."""
    info = activity.info()
    elapsed = info.current_attempt_scheduled_time - info.scheduled_time
    return elapsed.total_seconds() < seconds
