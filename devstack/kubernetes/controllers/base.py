"""What every readiness controller is: a resource, a delay, and two steps."""

from abc import ABC, abstractmethod
from typing import ClassVar

from devstack.kubernetes.controllers.api import Api, collection
from devstack.kubernetes.objects import Object, metadata, name_of, namespace_of


class Controller(ABC):
    """Makes the objects of one resource ready.

    `prompt` controllers wait for no delay; a delay without an end stops them all the same.

    `begin` writes what is seen at once, `finish` what is seen after the delay; both may run repeatedly.
    """

    group: ClassVar[str]
    version: ClassVar[str]
    plural: ClassVar[str]
    delay: ClassVar[str]
    manager: ClassVar[str] = "kube-controller-manager"
    prompt: ClassVar[bool] = False
    counts_deletions: ClassVar[bool] = False
    """Whether the end of what it follows concerns it too."""
    follows: ClassVar[tuple[tuple[str, str], ...]] = ()

    def collection(self, namespace: str = "") -> str:
        """The path of the resource."""
        return collection(self.group, self.version, self.plural, namespace)

    def path(self, obj: Object) -> str:
        """The path of one object."""
        return f"{self.collection(namespace_of(obj))}/{name_of(obj)}"

    @abstractmethod
    def due(self, obj: Object) -> str:
        """What work an object waits for, as a text that changes with it; empty if none."""

    def begin(self, api: Api, obj: Object) -> None:  # noqa: B027 - most controllers show nothing while they work
        """Writes what the real controller shows while it works; nothing by default."""

    @abstractmethod
    def finish(self, api: Api, obj: Object) -> None:
        """Makes the object ready."""

    def related(self, api: Api, obj: Object) -> list[Object]:
        """Objects of this controller that a change of an object of a resource in `follows` concerns."""
        del api, obj
        return []


def generation(obj: Object) -> str:
    """The generation of an object as text; its version for kinds that have none."""
    meta = metadata(obj)
    return str(meta.get("generation") or meta.get("resourceVersion"))
