"""Objects of one cluster, their versions, and the events that watches are told."""

import asyncio
import itertools
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Literal

from devstack.kubernetes.objects import Object, metadata, name_of, namespace_of, put

Key = tuple[str, str]
EventType = Literal["ADDED", "MODIFIED", "DELETED"]

# Versions begin here, so that "1" is older than anything this store remembers.
_FIRST_VERSION = 100
_HISTORY = 4000


@dataclass(frozen=True, slots=True)
class Event:
    """One change: `obj` bears its new version; `before` is what it replaced."""

    version: int
    type: EventType
    key: Key
    obj: Object
    before: Object | None


@dataclass(eq=False)
class Watcher:
    """One open watch: its queue ends with None when the server closes it."""

    key: Key
    namespace: str
    queue: "asyncio.Queue[Event | None]" = field(default_factory=asyncio.Queue)


class Store:
    """Objects by resource, namespace and name. Stored objects are shared and never changed in place."""

    def __init__(self, history: int = _HISTORY) -> None:
        self._objects: dict[Key, dict[str, dict[str, Object]]] = {}
        self._versions = itertools.count(_FIRST_VERSION)
        self.version = next(self._versions)
        self._history: deque[Event] = deque(maxlen=history)
        self._watchers: set[Watcher] = set()
        self.listeners: list[Callable[[Event], None]] = []

    def get(self, key: Key, namespace: str, name: str) -> Object | None:
        """The stored object; None if there is none."""
        return self._objects.get(key, {}).get(namespace, {}).get(name)

    def all(self, key: Key, namespace: str = "") -> list[Object]:
        """The objects of a resource in one namespace, or in all, by namespace and name."""
        spaces = self._objects.get(key, {})
        chosen = [namespace] if namespace else sorted(spaces)
        return [items[name] for space in chosen if (items := spaces.get(space)) for name in sorted(items)]

    def in_namespace(self, namespace: str) -> Iterator[tuple[Key, Object]]:
        """Every namespaced object of a namespace; safe against removals while it runs."""
        for key, spaces in list(self._objects.items()):
            for obj in list(spaces.get(namespace, {}).values()) if namespace else ():
                yield key, obj

    def save(self, key: Key, obj: Object) -> Object:
        """Stores a new or changed object under a new version; returns it with that version."""
        self.version = next(self._versions)
        saved = put(obj, str(self.version), "metadata", "resourceVersion")
        items = self._objects.setdefault(key, {}).setdefault(namespace_of(obj), {})
        before = items.get(name_of(obj))
        items[name_of(obj)] = saved
        self._publish(Event(self.version, "MODIFIED" if before else "ADDED", key, saved, before))
        return saved

    def delete(self, key: Key, obj: Object) -> Object:
        """Forgets an object; returns its last state."""
        self.version = next(self._versions)
        spaces = self._objects[key]
        before = spaces[namespace_of(obj)].pop(name_of(obj))
        if not spaces[namespace_of(obj)]:
            del spaces[namespace_of(obj)]
        last = put({**obj, "metadata": metadata(obj)}, str(self.version), "metadata", "resourceVersion")
        self._publish(Event(self.version, "DELETED", key, last, before))
        return last

    def remembers(self, version: int) -> bool:
        """Whether every change after this version is still known."""
        if len(self._history) < (self._history.maxlen or 0):
            return version >= _FIRST_VERSION
        return version >= self._history[0].version - 1

    def precedes(self, version: int) -> bool:
        """Whether the version is older than this store itself."""
        return version < _FIRST_VERSION

    def since(self, key: Key, namespace: str, version: int) -> list[Event]:
        """The changes of a resource after a version, oldest first."""
        return [
            event for event in self._history if event.version > version and _concerns(event, key, namespace)
        ]

    def watch(self, key: Key, namespace: str) -> Watcher:
        """Opens a watch on changes from now on."""
        watcher = Watcher(key, namespace)
        self._watchers.add(watcher)
        return watcher

    def unwatch(self, watcher: Watcher) -> None:
        """Closes a watch."""
        self._watchers.discard(watcher)

    def close(self) -> None:
        """Ends every open watch."""
        for watcher in self._watchers:
            watcher.queue.put_nowait(None)

    def _publish(self, event: Event) -> None:
        self._history.append(event)
        for watcher in self._watchers:
            if _concerns(event, watcher.key, watcher.namespace):
                watcher.queue.put_nowait(event)
        for listener in self.listeners:
            listener(event)


def _concerns(event: Event, key: Key, namespace: str) -> bool:
    return event.key == key and (not namespace or namespace_of(event.obj) == namespace)
