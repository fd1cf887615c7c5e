"""The controller that empties namespaces which are being deleted, and says what keeps them."""

from collections import Counter

from devstack.kubernetes.admission import NAMESPACES
from devstack.kubernetes.objects import Object, at, metadata, name_of, namespace_of, now, put
from devstack.kubernetes.registry import Registry
from devstack.kubernetes.removal import Remover
from devstack.kubernetes.resources import Resource
from devstack.kubernetes.store import Event, Store
from devstack.kubernetes.writes import Options, Writer

MANAGER = "kube-controller-manager"


class NamespaceController:
    """Empties terminating namespaces of one cluster."""

    def __init__(self, store: Store, registry: Registry, writer: Writer, remover: Remover) -> None:
        self._store = store
        self._registry = registry
        self._writer = writer
        self._remover = remover

    def concerned(self, event: Event) -> str:
        """The terminating namespace that this event may bring forward; empty if none."""
        if event.key == NAMESPACES:
            fresh = event.type == "MODIFIED" and not at(event.before, "metadata", "deletionTimestamp")
            name = name_of(event.obj) if fresh else ""
        else:
            name = namespace_of(event.obj) if event.type == "DELETED" else ""
        return name if name and self.terminating(name) else ""

    def terminating(self, name: str) -> bool:
        """Whether the namespace exists and is being deleted."""
        return "deletionTimestamp" in metadata(self._store.get(NAMESPACES, "", name) or {})

    def sweep(self, name: str) -> None:
        """Deletes what is in the namespace; removes it if nothing is left, else tells what is."""
        for key, obj in self._store.in_namespace(name):
            resource = self._registry.stored(key)
            live = self._store.get(key, name, name_of(obj))
            if resource is not None and live is not None:
                self._remover.delete(resource, live, {}, dry_run=False)
        namespace = self._store.get(NAMESPACES, "", name)
        resource = self._registry.stored(NAMESPACES)
        if namespace is None or resource is None:
            return
        left = [(key, obj) for key, obj in self._store.in_namespace(name)]
        if left:
            self._report(resource, namespace, left)
        else:
            self._release(resource, namespace)

    def _release(self, resource: Resource, namespace: Object) -> None:
        freed = put(namespace, [], "spec", "finalizers")
        if metadata(freed).get("finalizers"):
            if freed["spec"] != namespace["spec"]:
                self._store.save(NAMESPACES, freed)
        else:
            self._remover.finish(resource, freed)

    def _report(
        self, resource: Resource, namespace: Object, left: list[tuple[tuple[str, str], Object]]
    ) -> None:
        kinds = Counter(f"{plural}.{group}" for (group, plural), _ in left)
        names = Counter(name for _, obj in left for name in metadata(obj).get("finalizers") or ())
        remaining = ", ".join(
            f"{kind} has {count} resource instances" for kind, count in sorted(kinds.items())
        )
        holding = ", ".join(f"{name} in {count} resource instances" for name, count in sorted(names.items()))
        found = [
            _condition(namespace, *row)
            for row in (
                (
                    "NamespaceDeletionDiscoveryFailure",
                    "False",
                    "ResourcesDiscovered",
                    "All resources successfully discovered",
                ),
                (
                    "NamespaceDeletionGroupVersionParsingFailure",
                    "False",
                    "ParsedGroupVersions",
                    "All legacy kube types successfully parsed",
                ),
                (
                    "NamespaceDeletionContentFailure",
                    "False",
                    "ContentDeleted",
                    "All content successfully deleted, may be waiting on finalization",
                ),
                (
                    "NamespaceContentRemaining",
                    "True",
                    "SomeResourcesRemain",
                    f"Some resources are remaining: {remaining}",
                ),
                (
                    "NamespaceFinalizersRemaining",
                    "True",
                    "SomeFinalizersRemain",
                    f"Some content in the namespace has finalizers remaining: {holding}",
                ),
            )
        ]
        changed = put(namespace, found, "status", "conditions")
        self._writer.update(resource, namespace, changed, Options(MANAGER, subresource="status"))


def _condition(namespace: Object, kind: str, status: str, reason: str, message: str) -> Object:
    old: Object = next(
        (item for item in at(namespace, "status", "conditions") or () if item["type"] == kind), {}
    )
    same = old.get("status") == status
    return {
        "type": kind,
        "status": status,
        "lastTransitionTime": old["lastTransitionTime"] if same else now(),
        "reason": reason,
        "message": message,
    }
