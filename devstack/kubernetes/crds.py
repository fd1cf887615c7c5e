"""Custom resource definitions: taken into service when they are written, out of it when they are deleted."""

from importlib.resources import files
from typing import Any

import yaml

from devstack.kubernetes.objects import Object, at, metadata, name_of, namespace_of, now, put
from devstack.kubernetes.registry import Registry, custom_resources
from devstack.kubernetes.removal import Remover
from devstack.kubernetes.store import Event, Store
from devstack.kubernetes.writes import Options, Writer

DEFINITIONS = ("apiextensions.k8s.io", "customresourcedefinitions")
_MANAGER = "kube-apiserver"


def shipped() -> list[Object]:
    """The definitions of the kinds of External Secrets Operator and cert-manager that devstack brings."""
    folder = files("devstack") / "crds"
    paths = sorted(
        (item for item in folder.iterdir() if item.name.endswith(".yaml")), key=lambda item: item.name
    )
    found: list[Object] = []
    for path in paths:
        documents: Any = yaml.load_all(path.read_text(encoding="utf-8"), yaml.CSafeLoader)
        found += [document for document in documents if document]
    return found


class DefinitionController:
    """Serves what the definitions of one cluster describe."""

    def __init__(self, store: Store, registry: Registry, writer: Writer, remover: Remover) -> None:
        self._store = store
        self._registry = registry
        self._writer = writer
        self._remover = remover

    def observe(self, event: Event) -> None:
        """Follows one event on a definition."""
        if event.key != DEFINITIONS:
            return
        if event.type == "DELETED":
            self._withdraw(event.obj)
        elif event.before is None or event.before.get("spec") != event.obj.get("spec"):
            self._registry.define(name_of(event.obj), custom_resources(event.obj))
            self._establish(name_of(event.obj))

    def _establish(self, name: str) -> None:
        live, resource = self._store.get(DEFINITIONS, "", name), self._registry.stored(DEFINITIONS)
        if live is None or resource is None:
            return
        known = {item["type"]: item for item in at(live, "status", "conditions") or ()}
        rows = (
            ("NamesAccepted", "NoConflicts", "no conflicts found"),
            ("Established", "InitialNamesAccepted", "the initial names have been accepted"),
        )
        conditions = [
            known.get(kind)
            or {
                "type": kind,
                "status": "True",
                "lastTransitionTime": now(),
                "reason": reason,
                "message": message,
            }
            for kind, reason, message in rows
        ]
        status = {**live["status"], "conditions": conditions, "acceptedNames": live["spec"]["names"]}
        options = Options(_MANAGER, subresource="status")
        self._writer.update(resource, live, put(live, status, "status"), options)

    def _withdraw(self, definition: Object) -> None:
        key = (definition["spec"]["group"], at(definition, "spec", "names", "plural"))
        resource = self._registry.stored(key)
        for obj in self._store.all(key) if resource else ():
            live = self._store.get(key, namespace_of(obj), name_of(obj))
            if live is not None and resource is not None:
                freed = put(live, {**metadata(live), "finalizers": []}, "metadata")
                self._remover.finish(resource, freed)
        self._registry.withdraw(name_of(definition))
