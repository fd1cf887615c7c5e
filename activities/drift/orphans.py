"""Orphans: what is written about them, and what every deletion of one has to make sure of first."""

from collections.abc import Callable

from temporalio import activity

from domain.blueprint import StepKind
from domain.messages import OrphanEnding, OrphanPlace, OrphanRequest, TenantContext
from store.inventory import STEP_KINDS
from store.orphans import NoOrphan, Orphans
from store.tables import OrphanRow


class OrphanDesk:
    """On the main queue: needs our own database only."""

    def __init__(self, orphans: Orphans) -> None:
        self._orphans = orphans

    def activities(self) -> list[Callable[..., object]]:
        return [self.accept, self.end]

    @activity.defn(name="orphans.accept")
    def accept(self, request: OrphanRequest) -> OrphanPlace:
        """Records who has it deleted and why. Raises NoOrphan."""
        row = self._orphans.accept(request)
        step_kind = StepKind.KUBERNETES if row.provider == "kubernetes" else STEP_KINDS[row.kind]
        return OrphanPlace(id=row.id, step_kind=step_kind)

    @activity.defn(name="orphans.end")
    def end(self, ending: OrphanEnding) -> None:
        self._orphans.end(ending)


def checked(orphans: Orphans, place: OrphanPlace) -> OrphanRow:
    """Looks once more: a tenant may have come that has it. Raises NoOrphan."""
    row = orphans.get(place.id)
    if row.tenant_id not in orphans.homeless({row.tenant_id}):
        raise NoOrphan(
            f"{row.kind} {row.name} belongs to tenant {row.tenant_id} by now; it is left untouched"
        )
    return row


def context(orphan: OrphanRow, install: str, region: str = "") -> TenantContext:
    """The tenant as the thing's mark names it."""
    return TenantContext(
        id=orphan.tenant_id,
        slug=orphan.slug,
        customer_id="",
        install=install,
        region=region,
        cell=orphan.cell,
        blueprint="",
    )
