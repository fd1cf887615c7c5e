"""What a removal of one step would delete, found by reading alone."""

from collections.abc import Iterable

from activities.kubernetes.cluster import Cluster
from activities.kubernetes.objects import Key
from activities.kubernetes.observing import stranger, surplus
from activities.kubernetes.removal import UNTOUCHED, Lost, proof_of_absence
from domain.messages import Difference, StepCall
from store.inventory import InventoryRow


def surplus_of(cluster: Cluster, call: StepCall, rows: Iterable[InventoryRow]) -> list[Difference]:
    """Objects of ours that are there, and objects that are not ours and stay."""
    lost = Lost(cluster, call.tenant)
    found: list[Difference] = []
    for row in rows:
        key = Key.of_ref(row.ref)
        answer = lost.proof(row) or proof_of_absence(cluster, call.tenant, key, row.provider_id)
        if not isinstance(answer, str):
            found.append(surplus(call, key))
        elif answer.endswith(UNTOUCHED):
            found.append(stranger(call, key))
    return found
