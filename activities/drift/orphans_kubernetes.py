"""Orphans in clusters: found by our label, deleted with everything that is in them."""

from collections.abc import Callable

from temporalio import activity

from activities.drift.cluster_search import search
from activities.drift.orphans import checked, context
from activities.kubernetes.blockers import blockers
from activities.kubernetes.clients import Clusters
from activities.kubernetes.objects import Key
from activities.kubernetes.removal import UNTOUCHED, discard
from activities.polling import next_look
from domain.errors import NotReady, OwnershipConflict
from domain.messages import OrphanPlace, Place
from runtime.settings import Settings
from store.orphans import Orphans


class KubernetesOrphans:
    def __init__(self, settings: Settings, clusters: Clusters, orphans: Orphans) -> None:
        self._settings = settings
        self._clusters = clusters
        self._orphans = orphans

    def activities(self) -> list[Callable[..., object]]:
        return [self.find, self.delete]

    @activity.defn(name="kubernetes.find_orphans")
    def find(self, place: Place) -> int:
        """How many a whole search of the cell's cluster found."""
        kinds = self._orphans.kubernetes_kinds()
        cluster = self._clusters.of(place.name)
        found = search(cluster, place.name, self._settings.install, kinds)
        return self._orphans.record("kubernetes", place.name, list(found))

    @activity.defn(name="kubernetes.delete_orphan")
    def delete(self, place: OrphanPlace) -> str:
        """How it is known that it is gone.

        Raises NoOrphan if it is none any more, OwnershipConflict if it is not ours, NotReady while it goes.
        """
        orphan = checked(self._orphans, place)
        api_version, _, kind = orphan.kind.rpartition("/")
        key = Key(api_version, kind, orphan.name, orphan.namespace)
        cluster = self._clusters.of(orphan.cell)
        left = discard(cluster, context(orphan, self._settings.install), key)
        if not isinstance(left, str):
            spacing = next_look(self._settings.expected_rollout_seconds)
            raise NotReady(blockers(cluster, left), retry_after=spacing)
        if UNTOUCHED in left:
            raise OwnershipConflict(f"{key} does not bear our labels: {left}")
        return left
