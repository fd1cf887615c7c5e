"""Deleting what is ours, and proof that it is gone."""

from itertools import groupby

from activities.kubernetes.cluster import Cluster, Propagation
from activities.kubernetes.objects import Key, is_going, is_ours, namespace_key, uid_of
from activities.kubernetes.readiness import ROLLOUTS
from domain.errors import MissingKind
from domain.messages import JsonObject, StepCall, TenantContext
from store.inventory import Gone, Inventory, InventoryRow
from store.tables import ENDED

UNTOUCHED = "not ours: left untouched"

TURNS = {
    "HorizontalPodAutoscaler": 0,  # else it would scale what is going
    "SecretStore": 2,  # external secrets may need it for their own end
    "Namespace": 3,
}
"""Kinds are deleted in turns, each after the end of the one before; all others have turn 1."""


def proof_of_absence(cluster: Cluster, tenant: TenantContext, key: Key, uid: str) -> JsonObject | str:
    """The object, if ours still exists; else how we know that it does not.

    `uid` is the one that the inventory recorded; empty if it was never seen.
    """
    try:
        found = cluster.get(key)
        path = cluster.url(key)
    except MissingKind:
        # With the definition of a kind went all objects of it.
        return f"discovery of {key.api_version}: the cluster serves no {key.kind}"
    if found is None:
        return f"GET {path} answered 404 NotFound"
    if is_ours(found, tenant) or uid_of(found) == uid:
        return found
    return f"GET {path} answered another object, {UNTOUCHED}" if uid else UNTOUCHED


def remove_rows(cluster: Cluster, inventory: Inventory, call: StepCall) -> list[JsonObject]:
    """Deletes everything that one step made, a turn after the other; answers what is still going."""
    tenant = call.tenant
    rows = [row for row in inventory.rows(tenant.id, call.step, "kubernetes") if row.state not in ENDED]
    lost = Lost(cluster, tenant)
    going: list[JsonObject] = []
    gone: list[Gone] = []
    try:
        for _, turn in groupby(sorted(rows, key=_turn), key=_turn):
            if going:
                break
            for row in turn:
                key = Key.of_ref(row.ref)
                left = lost.proof(row) or discard(cluster, tenant, key, row.provider_id)
                if isinstance(left, str):
                    gone.append(absence(key, left))
                else:
                    going.append(left)
    finally:
        # What is known to be gone is recorded even if the cluster fails half-way.
        inventory.gone_all(tenant.id, call.operation_id, gone)
    return going


class Lost:
    """Asks for each namespace once: in one that is gone nothing is left, in a foreign one nothing is ours."""

    def __init__(self, cluster: Cluster, tenant: TenantContext) -> None:
        self._cluster = cluster
        self._tenant = tenant
        self._proofs: dict[str, str] = {}

    def proof(self, row: InventoryRow) -> str:
        """Why the row's object cannot exist; empty if its namespace does not tell."""
        name = row.ref.namespace or row.ref.name
        if name not in self._proofs:
            answer = proof_of_absence(self._cluster, self._tenant, namespace_key(name), "")
            self._proofs[name] = answer if isinstance(answer, str) else ""
        # Labels can be taken off a namespace of ours; what we made in it is told by its uid.
        foreign = self._proofs[name] == UNTOUCHED
        return "" if foreign and row.provider_id else self._proofs[name]


def absence(key: Key, proof: str) -> Gone:
    return Gone(key.ref_kind, key.name, proof, key.namespace)


def discard(cluster: Cluster, tenant: TenantContext, key: Key, uid: str = "") -> JsonObject | str:
    """Deletes it if it is ours. Proof that it is gone, or the object that is still going."""
    found = proof_of_absence(cluster, tenant, key, uid)
    if isinstance(found, str):
        return found
    if not is_going(found):
        cluster.delete(key, uid_of(found), _propagation(key))
    return proof_of_absence(cluster, tenant, key, uid_of(found))


def _turn(row: InventoryRow) -> int:
    return TURNS.get(Key.of_ref(row.ref).kind, 1)


def _propagation(key: Key) -> Propagation:
    # Foreground: a workload is gone only after its pods are, which may still use what is removed next.
    return "Foreground" if key.kind in ROLLOUTS else "Background"
