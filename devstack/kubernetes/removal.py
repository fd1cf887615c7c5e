"""Deletes objects: preconditions, finalizers, namespaces, and what dependants are left with."""

from devstack.kubernetes import admission, errors
from devstack.kubernetes.objects import Object, at, metadata, name_of, namespace_of, now, put, without
from devstack.kubernetes.registry import Registry
from devstack.kubernetes.resources import Resource
from devstack.kubernetes.store import Event, Store
from devstack.kubernetes.writes import Writer, held

_FOREGROUND = "foregroundDeletion"
# Kinds whose delete answers with the object itself and not with a Status.
_RETURNED = {
    "pods",
    "services",
    "serviceaccounts",
    "resourcequotas",
    "persistentvolumeclaims",
    "podtemplates",
}


class Remover:
    """Deletes from one cluster's store the way the real server does."""

    def __init__(self, store: Store, writer: Writer, registry: Registry) -> None:
        self._store = store
        self._writer = writer
        self._registry = registry

    def delete(self, resource: Resource, live: Object, options: Object, *, dry_run: bool) -> Object:
        """Deletes or begins to delete; the answer is a `Status` or the object that still is there."""
        self._check(resource, live, options)
        admission.forbid_default_deletion(resource, name_of(live))
        if dry_run:
            return self._gone(resource, live)
        if resource.key == admission.NAMESPACES:
            return self._delete_namespace(resource, live)
        if "deletionTimestamp" in metadata(live):
            return live
        finalizers = list(metadata(live).get("finalizers") or ())
        policy = options.get("propagationPolicy")
        if policy == "Orphan" or options.get("orphanDependents"):
            self._orphan(live)
        elif policy == "Foreground" and self._dependants(live):
            finalizers.append(_FOREGROUND)
        if not finalizers:
            return self._gone(resource, self._writer.remove(resource, live))
        return self._store.save(resource.key, _marked(live, finalizers))

    def finish(self, resource: Resource, obj: Object) -> None:
        """Removes an object that is being deleted and that nothing holds any more."""
        self._writer.remove(resource, obj)

    def collect(self, event: Event) -> None:
        """Garbage collection after one event: dependants of what is gone, and deletions in the foreground."""
        meta = metadata(event.obj)
        if event.type == "DELETED":
            for resource, obj in self._dependants(event.obj):
                self._unlink(resource, obj, meta["uid"])
            for key, owner in self._owners(event.obj):
                self._delete_dependants(key, owner)
        elif _FOREGROUND in (meta.get("finalizers") or ()) and "deletionTimestamp" in meta:
            self._delete_dependants(event.key, event.obj)

    def _owners(self, obj: Object) -> list[tuple[tuple[str, str], Object]]:
        """The owners of an object that wait for it in a deletion in the foreground."""
        uids = {item.get("uid") for item in metadata(obj).get("ownerReferences") or ()}
        return [
            (key, owner)
            for key, owner in (self._store.in_namespace(namespace_of(obj)) if uids else ())
            if metadata(owner)["uid"] in uids and _FOREGROUND in (metadata(owner).get("finalizers") or ())
        ]

    def _delete_dependants(self, key: tuple[str, str], obj: Object) -> None:
        for resource, dependant in self._dependants(obj):
            self.delete(resource, dependant, {}, dry_run=False)
        owner = self._resource(key)
        live = self._store.get(key, namespace_of(obj), name_of(obj))
        if live is None or owner is None or self._dependants(live):
            return
        kept = [name for name in metadata(live)["finalizers"] if name != _FOREGROUND]
        freed = put(live, kept, "metadata", "finalizers")
        if kept:
            self._store.save(key, freed)
        else:
            self._writer.remove(owner, freed)

    def _unlink(self, resource: Resource, obj: Object, uid: str) -> None:
        live = self._store.get(resource.key, namespace_of(obj), name_of(obj))
        if live is None:
            return
        rest = [item for item in metadata(live)["ownerReferences"] if item["uid"] != uid]
        if rest:
            self._store.save(resource.key, _owned(live, rest))
        else:
            self.delete(resource, live, {}, dry_run=False)

    def _orphan(self, owner: Object) -> None:
        uid = metadata(owner)["uid"]
        for resource, obj in self._dependants(owner):
            rest = [item for item in metadata(obj)["ownerReferences"] if item["uid"] != uid]
            self._store.save(resource.key, _owned(obj, rest))

    def _dependants(self, owner: Object) -> list[tuple[Resource, Object]]:
        uid = metadata(owner).get("uid")
        found = []
        for key, obj in self._store.in_namespace(namespace_of(owner)):
            if any(item.get("uid") == uid for item in metadata(obj).get("ownerReferences") or ()):
                resource = self._resource(key)
                if resource is not None:
                    found.append((resource, obj))
        return found

    def _resource(self, key: tuple[str, str]) -> Resource | None:
        return self._registry.stored(key)

    def _delete_namespace(self, resource: Resource, live: Object) -> Object:
        if "deletionTimestamp" in metadata(live):
            if held(live):
                return live
            return self._gone(resource, self._writer.remove(resource, live))
        marked = put(put(live, now(), "metadata", "deletionTimestamp"), "Terminating", "status", "phase")
        return self._store.save(resource.key, marked)

    def _check(self, resource: Resource, live: Object, options: Object) -> None:
        wanted, found = at(options, "preconditions", "uid"), metadata(live)["uid"]
        if wanted and wanted != found:
            why = (
                f"the UID in the precondition ({wanted}) does not match the UID in record ({found}). "
                "The object might have been deleted and then recreated"
            )
            raise errors.conflict(resource.kind, resource.group, name_of(live), why)
        wanted, found = at(options, "preconditions", "resourceVersion"), metadata(live)["resourceVersion"]
        if wanted and wanted != found:
            why = (
                f"the ResourceVersion in the precondition ({wanted}) does not match the ResourceVersion "
                f"in record ({found}). The object might have been modified"
            )
            raise errors.conflict(resource.kind, resource.group, name_of(live), why)

    def _gone(self, resource: Resource, last: Object) -> Object:
        if not resource.group and resource.plural in _RETURNED:
            return last
        return {
            "kind": "Status",
            "apiVersion": "v1",
            "metadata": {},
            "status": "Success",
            "details": errors.details(
                name_of(last), resource.group, resource.plural, uid=metadata(last)["uid"]
            ),
        }


def _owned(obj: Object, owners: list[Object]) -> Object:
    return (
        put(obj, owners, "metadata", "ownerReferences")
        if owners
        else without(obj, "metadata", "ownerReferences")
    )


def _marked(live: Object, finalizers: list[str]) -> Object:
    meta = {
        **metadata(live),
        "deletionTimestamp": now(),
        "deletionGracePeriodSeconds": 0,
        "finalizers": finalizers,
    }
    if meta.get("generation"):
        meta["generation"] += 1
    return {**live, "metadata": meta}
