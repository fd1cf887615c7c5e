"""Orphans in AWS: found by each service's own lists, deleted as a removal of their tenant would."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from temporalio import activity

from activities.aws.base import Ground, Holder, Kind
from activities.drift.aws_search import AwsSearch
from activities.drift.orphans import checked, context
from domain.blueprint import StepKind
from domain.errors import OwnershipConflict
from domain.messages import OrphanPlace, Place, ResourceRef, StepCall
from store.inventory import STEP_KINDS, InventoryRow
from store.orphans import Orphans
from store.tables import OrphanRow, ResourceState

ORPHAN = "orphan"
"""Stands for the step, which an orphan has none of any more."""


class AwsOrphans:
    def __init__(self, ground: Ground, orphans: Orphans, kinds: Mapping[StepKind, type[Kind]]) -> None:
        self._ground = ground
        self._orphans = orphans
        self._kinds = kinds

    def activities(self) -> list[Callable[..., object]]:
        return [self.find, self.delete]

    @activity.defn(name="aws.find_orphans")
    def find(self, place: Place) -> int:
        """How many a whole search of the region found."""
        search = AwsSearch(self._ground, place.name, self._orphans.homeless)
        return self._orphans.record("aws", place.name, list(search.found()))

    @activity.defn(name="aws.delete_orphan")
    def delete(self, place: OrphanPlace) -> str:
        """Deletes it as a removal of its tenant would; a database leaves a last snapshot. How it is known.

        Raises NoOrphan if it is none any more, OwnershipConflict if it is not ours, NotReady while it goes.
        """
        orphan = checked(self._orphans, place)
        row = _as_inventory(orphan)
        tenant = context(orphan, self._ground.settings.install, orphan.place)
        kind = self._kinds[row.ref.step_kind](FoundGround(**vars(self._ground), found=row))
        before = kind.find(tenant, row)
        if before.holder is Holder.STRANGER:
            raise OwnershipConflict(f"{orphan.kind} {orphan.name} does not bear our marks: {before.proof}")
        call = StepCall(tenant=tenant, operation_id=orphan.id, step=ORPHAN, final_snapshot=True)
        outcome = kind.remove(call)
        return "; ".join([kind.find(tenant, row).proof, *outcome.kept])


@dataclass(frozen=True)
class FoundGround(Ground):
    """For things that no tenant's inventory knows: the one that was found stands for all its rows."""

    found: InventoryRow

    def rows(self, call: StepCall) -> list[InventoryRow]:  # noqa: ARG002 - whatever step is asked for
        return [self.found]

    def to_remove(self, call: StepCall) -> list[InventoryRow]:
        return self.rows(call)


def _as_inventory(orphan: OrphanRow) -> InventoryRow:
    """As if it had been about to be made: then a removal deletes it only if it bears the tenant's tags."""
    step_kind = STEP_KINDS[orphan.kind]
    return InventoryRow(
        ref=ResourceRef(step=ORPHAN, step_kind=step_kind, kind=orphan.kind, name=orphan.name),
        provider="aws",
        state=ResourceState.INTENDED,
        provider_id="",
        attributes={},
        made_at=None,
        removing_since=None,
        gone_at=None,
    )
