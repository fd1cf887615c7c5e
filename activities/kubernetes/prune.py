"""What an earlier version or mode of a blueprint made and today's group no longer lists."""

from collections.abc import Iterable

from activities.kubernetes.blockers import blockers
from activities.kubernetes.cluster import Cluster
from activities.kubernetes.group import Group
from activities.kubernetes.objects import Key, step_selector
from activities.kubernetes.removal import absence, discard
from domain.messages import StepCall
from store.inventory import Gone, Inventory, InventoryRow


def prune(
    cluster: Cluster,
    inventory: Inventory,
    call: StepCall,
    group: Group,
    rows: list[InventoryRow],
    *,
    search: bool,
) -> list[str]:
    """Deletes it, and says in words what is still going; `rows` are the step's.

    `search` also asks the cluster by label: needless while nothing of the group existed before.
    """
    known = {Key.of_ref(row.ref): row for row in rows if row.state != "gone"}
    stale = set(known) - set(group.keys)
    if search:
        stale |= _labelled(cluster, call, {*group.keys, *known}) - set(group.keys)
    # Never a namespace, which would take the whole tenant along, nor what a newer blueprint moved to another
    # step: the same object would be deleted here and made there.
    stale = {key for key in stale if not key.is_namespace} - (group.elsewhere() if stale else set())
    going: list[str] = []
    gone: list[Gone] = []
    for key in sorted(stale, key=str):
        left = discard(cluster, call.tenant, key, known[key].provider_id if key in known else "")
        if isinstance(left, str):
            gone.append(absence(key, left))
        else:
            going.append(blockers(cluster, left))
    if gone:
        inventory.gone_all(call.tenant.id, call.operation_id, gone)
    return going


def _labelled(cluster: Cluster, call: StepCall, similar: Iterable[Key]) -> set[Key]:
    """Everything of the kinds and namespaces of `similar` that bears the step's labels."""
    selector = step_selector(call.tenant, call.step)
    places = {(key.api_version, key.kind, key.namespace) for key in similar if not key.is_namespace}
    return {Key.of(found) for place in places for found in cluster.find(*place, selector)}
