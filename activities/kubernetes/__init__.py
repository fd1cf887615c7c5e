"""Activities for groups of Kubernetes objects."""

from collections.abc import Callable

from activities.drift.observer import Observer
from activities.drift.orphans_kubernetes import KubernetesOrphans
from activities.kubernetes.access import KubernetesAccess
from activities.kubernetes.activity import PROVIDER, KubernetesActivities
from activities.previewer import Previewer
from catalog import Catalog
from domain.blueprint import StepKind
from runtime.settings import Settings
from store.inventory import Inventory
from store.observations import Observations
from store.orphans import Orphans


def kubernetes_activities(
    settings: Settings, catalog: Catalog, inventory: Inventory
) -> list[Callable[..., object]]:
    """What a worker registers for Kubernetes; a cell is connected to when its first tenant comes."""
    steps = KubernetesActivities(settings, catalog, inventory)
    observations = Observations(inventory.engine, inventory.clock)
    looks = {StepKind.KUBERNETES: steps.observe}
    orphans = Orphans(inventory.engine, inventory.clock)
    return [
        *steps.all(),
        *Observer(PROVIDER, settings, catalog, observations, looks).activities(),
        *Previewer(PROVIDER, looks, {StepKind.KUBERNETES: steps.surplus}, {}).activities(),
        *KubernetesOrphans(settings, steps.clusters, orphans).activities(),
        *KubernetesAccess(settings, steps.clusters, inventory.clock).activities(),
    ]
