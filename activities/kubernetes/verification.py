"""The last look at everything that a tenant ever had in a cluster."""

from activities.kubernetes.cluster import Cluster
from activities.kubernetes.objects import Key
from activities.kubernetes.removal import Lost, absence, proof_of_absence
from domain.messages import Survivor, VerifyInput
from store.inventory import Gone, Inventory, InventoryRow


def survivors(
    cluster: Cluster, inventory: Inventory, call: VerifyInput, rows: list[InventoryRow]
) -> list[Survivor]:
    """Marks as gone what is proven to be, and returns the rest."""
    lost = Lost(cluster, call.tenant)
    left: list[Survivor] = []
    gone: list[Gone] = []
    for row in rows:
        key = Key.of_ref(row.ref)
        answer = lost.proof(row) or proof_of_absence(cluster, call.tenant, key, row.provider_id)
        if not isinstance(answer, str):
            left.append(Survivor(**row.ref.model_dump()))
        elif row.state != "gone":
            gone.append(absence(key, answer))
    inventory.gone_all(call.tenant.id, call.operation_id, gone)
    return left
