"""Ours or not ours: nothing foreign under our name is touched.

A namespace decides for what is in it: it bears the tenant's id in its name and our labels since it was made.
"""

from activities.kubernetes.cluster import Applied, Cluster
from activities.kubernetes.objects import Key, is_going, is_ours, labels_of, namespace_key, uid_of
from domain.errors import InvalidSpec, OwnershipConflict, Unavailable
from domain.messages import JsonObject, TenantContext
from domain.naming import TAG_INSTALL, TAG_STEP, TAG_TENANT


def claim(
    cluster: Cluster, tenant: TenantContext, manifests: list[JsonObject], made: set[Key]
) -> dict[str, str]:
    """Makes sure that everything the manifests may touch is ours; `made` is what the inventory knows.

    Returns the uids of their namespaces, by name. Raises OwnershipConflict before anything is touched,
    Unavailable while a namespace is being terminated.
    """
    own = {Key.of(manifest): manifest for manifest in manifests}
    # A blueprint may list objects of the tenant's namespace and the namespace itself, nothing cluster-wide.
    keys = {key if key.is_namespace else namespace_key(key.namespace) for key in own}
    return {key.name: _claim_namespace(cluster, tenant, key, own.get(key), known=key in made) for key in keys}


def apply_ours(cluster: Cluster, tenant: TenantContext, manifest: JsonObject) -> Applied:
    """Applies; a field that another manager holds with another value becomes ours if the object is.

    Fields that others own by design (replicas under an autoscaler) are left out of our manifests while they
    do. So a conflict is a change by hand, or a value that we take back, as the 0 replicas of a suspension.
    """
    try:
        return cluster.apply(manifest)
    except OwnershipConflict:
        found = cluster.get(Key.of(manifest))
        if found is None:
            raise
        refuse_foreign(found, tenant)
        # The uid makes the server refuse if another object has taken its place since.
        held = manifest | {"metadata": manifest["metadata"] | {"uid": uid_of(found)}}
        return cluster.apply(held, force=True)


def refuse_foreign(found: JsonObject, tenant: TenantContext) -> None:
    """Raises OwnershipConflict unless it bears our install's and this tenant's labels."""
    if not is_ours(found, tenant):
        raise OwnershipConflict(f"{Key.of(found)} exists and is not ours; it is left untouched")


def _claim_namespace(
    cluster: Cluster, tenant: TenantContext, key: Key, manifest: JsonObject | None, *, known: bool
) -> str:
    """Its uid."""
    found = cluster.get(key) if known or manifest is None else None
    if found is None:
        if manifest is None:
            raise InvalidSpec(f"{key} is missing: it was deleted by someone else")
        try:
            found = cluster.create(_birth(manifest))
        except OwnershipConflict:
            found = cluster.get(key)
            if found is None:
                raise Unavailable(f"{key} was just deleted by someone else") from None
    refuse_foreign(found, tenant)
    if is_going(found):
        raise Unavailable(f"{key} is being terminated")
    return uid_of(found)


def _birth(manifest: JsonObject) -> JsonObject:
    """The least that marks a namespace as ours.

    An apply would adopt a namespace that someone makes between our look and it; a create is refused. It
    carries nothing else, since later applies could not take back what a create by the same manager owns.
    """
    labels = {name: value for name, value in labels_of(manifest).items() if name in _MARKS}
    metadata = {"name": manifest["metadata"]["name"], "labels": labels}
    return {"apiVersion": manifest["apiVersion"], "kind": manifest["kind"], "metadata": metadata}


_MARKS = frozenset({TAG_INSTALL, TAG_TENANT, TAG_STEP})
