"""Activities for groups of Kubernetes objects."""

from collections.abc import Callable

from activities.kubernetes.activity import KubernetesActivities
from catalog import Catalog
from runtime.settings import Settings
from store.inventory import Inventory


def kubernetes_activities(
    settings: Settings, catalog: Catalog, inventory: Inventory
) -> list[Callable[..., object]]:
    """What a worker registers for Kubernetes; a cell is connected to when its first tenant comes."""
    return KubernetesActivities(settings, catalog, inventory).all()
