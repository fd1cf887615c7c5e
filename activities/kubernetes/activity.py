"""The activities of a group of Kubernetes objects."""

import time
from collections.abc import Callable
from datetime import timedelta
from typing import Final

from temporalio import activity

from activities.kubernetes.blockers import blockers, lingering
from activities.kubernetes.clients import Clusters
from activities.kubernetes.cluster import Cluster
from activities.kubernetes.group import Group, rendered
from activities.kubernetes.objects import Key, is_going, uid_of
from activities.kubernetes.observing import observe
from activities.kubernetes.ownership import apply_ours, claim
from activities.kubernetes.previewing import surplus_of
from activities.kubernetes.progress import Progress
from activities.kubernetes.prune import prune
from activities.kubernetes.readiness import Wait, refuse_lost_causes
from activities.kubernetes.removal import remove_rows
from activities.kubernetes.verification import survivors
from activities.polling import next_look
from catalog import Catalog
from domain.errors import NotReady, StuckTerminating, TemporaryError, Unavailable
from domain.messages import Difference, JsonObject, StepCall, StepOutcome, VerifyInput, VerifyOutcome
from runtime.settings import Settings
from store.inventory import Inventory, Made
from store.tables import ENDED

PROVIDER: Final = "kubernetes"
ATTEMPT_SECONDS = 30
"""After it an ensure applies nothing more: Temporal would have given it up, and its undo might have begun."""

COURTESY = timedelta(seconds=30)
"""How long even an object that lingers for long is waited for anew."""

PATIENCE = 3
"""How many usual rollouts long a quota may refuse pods until that is taken for lasting: two minutes."""


class KubernetesActivities:
    """One step is one group of objects: the manifests of a folder of the blueprint."""

    def __init__(self, settings: Settings, catalog: Catalog, inventory: Inventory) -> None:
        self._settings = settings
        self._catalog = catalog
        self._inventory = inventory
        self.clusters = Clusters(settings, catalog.cells)

    @activity.defn(name="kubernetes.ensure")
    def ensure(self, call: StepCall) -> StepOutcome:
        """Brings the group to the wanted state and prunes what it no longer lists."""
        deadline = time.monotonic() + ATTEMPT_SECONDS
        cluster = self._cluster(call)
        group = rendered(self._catalog, call)
        rows = self._inventory.rows(call.tenant.id, call.step, PROVIDER)
        made = {Key.of_ref(row.ref) for row in rows if row.state == "made"}
        progress = Progress(claim(cluster, call.tenant, group.manifests, made))
        try:
            seen = self._apply(cluster, call, group, progress, deadline)
            going = prune(cluster, self._inventory, call, group, rows, search=progress.existed)
            look = group.look(cluster, seen)
        except TemporaryError:
            progress.hand_on()
            raise
        look.waits += [Wait(text) for text in going]
        return look.outcome(call.step)

    @activity.defn(name="kubernetes.await_ready")
    def await_ready(self, call: StepCall) -> StepOutcome:
        """Looks once. Raises NotReady until all is usable, QuotaExceeded if it never will be."""
        cluster = self._cluster(call)
        group = rendered(self._catalog, call)
        look = group.look(cluster, {})
        patience = timedelta(seconds=self._settings.expected_rollout_seconds * PATIENCE)
        # What was refused before this operation changed the quota is tried again in its time.
        if waited() >= patience:
            for found in look.unready:
                refuse_lost_causes(found, cluster.now(), patience)
        rows = self._inventory.rows(call.tenant.id, call.step, PROVIDER)
        going = prune(cluster, self._inventory, call, group, rows, search=False)
        look.waits += [Wait(text) for text in going]
        if look.waits:
            raise NotReady(look.text, retry_after=self._spacing(look.waits))
        return look.outcome(call.step)

    @activity.defn(name="kubernetes.remove")
    def remove(self, call: StepCall) -> StepOutcome:
        """Deletes what the inventory knows of the step. Raises NotReady until all of it is gone.

        Raises StuckTerminating, naming what holds it, when nobody should wait for it unasked any longer.
        """
        cluster = self._cluster(call)
        going = remove_rows(cluster, self._inventory, call)
        if not going:
            return StepOutcome()
        stuck = next((found for found in going if self._is_stuck(cluster, found)), None)
        why = "; ".join(blockers(cluster, found, search=found is stuck) for found in going)
        if stuck:
            raise StuckTerminating(why, _about(Key.of(stuck)))
        raise NotReady(why, retry_after=next_look(self._settings.expected_rollout_seconds))

    @activity.defn(name="kubernetes.verify_gone")
    def verify_gone(self, call: VerifyInput) -> VerifyOutcome:
        """Asks the cluster for every object that the inventory ever named."""
        rows = self._inventory.to_verify(call.tenant.id, PROVIDER)
        if not rows:
            return VerifyOutcome(checked=0)
        left = survivors(self.clusters.of(call.tenant.cell), self._inventory, call, rows)
        return VerifyOutcome(checked=len(rows), survivors=left)

    def observe(self, call: StepCall) -> list[Difference]:
        """What an ensure of the step would change, found by reading and dry runs alone."""
        rows = self._inventory.rows(call.tenant.id, call.step, PROVIDER)
        former = {Key.of_ref(row.ref) for row in rows if row.state == "made"}
        return observe(self._cluster(call), call, rendered(self._catalog, call), former)

    def surplus(self, call: StepCall) -> list[Difference]:
        """What a removal of the step would delete, found by reading alone."""
        rows = [
            row for row in self._inventory.rows(call.tenant.id, call.step, PROVIDER) if row.state not in ENDED
        ]
        return surplus_of(self._cluster(call), call, rows)

    def all(self) -> list[Callable[..., object]]:
        return [self.ensure, self.await_ready, self.remove, self.verify_gone]

    def _apply(
        self, cluster: Cluster, call: StepCall, group: Group, progress: Progress, deadline: float
    ) -> dict[Key, JsonObject]:
        """Applies what no attempt has applied yet, and returns what that left."""
        seen: dict[Key, JsonObject] = {}
        applied: list[JsonObject] = []
        try:
            for manifest in group.manifests:
                if progress.covers(manifest):
                    continue
                if time.monotonic() > deadline:
                    raise Unavailable(f"the cluster of cell {call.tenant.cell} is slow; another try goes on")
                key = Key.of(manifest)
                seen[key], created = apply_ours(cluster, call.tenant, manifest)
                progress.existed = progress.existed or not (created or key.is_namespace)
                if is_going(seen[key]):
                    # It took the apply and will vanish all the same.
                    raise Unavailable(blockers(cluster, seen[key]))
                applied.append(manifest)
        finally:
            # One transaction for the group, and also for the part of it that exists if an apply fails.
            self._inventory.made_all(call, [_made(key, found) for key, found in seen.items()])
            progress.add(applied)
        return seen

    def _cluster(self, call: StepCall) -> Cluster:
        return self.clusters.of(call.tenant.cell)

    def _is_stuck(self, cluster: Cluster, going: JsonObject) -> bool:
        limit = timedelta(seconds=self._settings.stuck_terminating_seconds)
        # Also after a retry: what held it was just taken away, and its end takes a moment.
        return lingering(going, cluster.now()) >= limit and waited() >= min(limit, COURTESY)

    def _spacing(self, waits: list[Wait]) -> timedelta:
        settings = self._settings
        only_address = all(wait.load_balancer for wait in waits)
        return next_look(
            settings.expected_load_balancer_seconds if only_address else settings.expected_rollout_seconds
        )


def waited() -> timedelta:
    """Since the running activity's first attempt, by Temporal's clock."""
    info = activity.info()
    return info.current_attempt_scheduled_time - info.scheduled_time


def _about(key: Key) -> dict[str, str]:
    return {"kind": key.ref_kind, "name": key.name, "namespace": key.namespace}


def _made(key: Key, found: JsonObject) -> Made:
    return Made(key.ref_kind, key.name, key.namespace, uid_of(found))
