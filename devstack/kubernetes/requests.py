"""Requests and answers between the HTTP server (or a controller in the same process) and a cluster."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from devstack.kubernetes.auth import Identity
from devstack.kubernetes.objects import Object
from devstack.kubernetes.store import Watcher

_WRITES = {"POST": "create", "PUT": "update", "PATCH": "patch"}
_NAMESPACE_PARTS = {"status", "finalize"}


@dataclass(frozen=True, slots=True)
class Request:
    """One request; `body` is the raw bytes, or an object where it was made in this process."""

    method: str
    path: str
    query: Mapping[str, str] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes | Object = b""

    def flag(self, name: str) -> bool:
        """Whether a query parameter is set to true."""
        return self.query.get(name, "") in {"1", "true", "True"}


@dataclass(frozen=True, slots=True)
class Answer:
    """A complete answer; a body of text is sent as plain text."""

    status: int
    body: Any
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class WatchAnswer:
    """An open watch: what is sent at once, then what its watcher brings until `seconds` have passed."""

    watcher: Watcher
    first: list[Object]
    convert: Any
    seconds: float


@dataclass(frozen=True, slots=True)
class Target:
    """What a request is about; an empty `resource` means a path outside resources."""

    verb: str
    group: str = ""
    version: str = ""
    resource: str = ""
    namespace: str = ""
    name: str = ""
    subresource: str = ""

    @property
    def full_resource(self) -> str:
        """`pods` or `pods/log`, as rules name it."""
        return f"{self.resource}/{self.subresource}" if self.subresource else self.resource


def target_of(request: Request) -> Target:
    """Splits a path as the real server does; discovery and other paths have no resource."""
    parts = [part for part in request.path.split("/") if part]
    other = Target(request.method.lower())
    if parts[:1] == ["api"] and len(parts) > 2:
        group, version, rest = "", parts[1], parts[2:]
    elif parts[:1] == ["apis"] and len(parts) > 3:
        group, version, rest = parts[1], parts[2], parts[3:]
    else:
        return other
    namespace = ""
    if rest[0] == "namespaces" and len(rest) > 2 and not (len(rest) == 3 and rest[2] in _NAMESPACE_PARTS):
        namespace, rest = rest[1], rest[2:]
    if len(rest) > 3:
        return other
    resource, name, subresource = [*rest, "", ""][:3]
    if resource == "namespaces" and name:
        namespace = name
    return Target(_verb(request, name), group, version, resource, namespace, name, subresource)


def _verb(request: Request, name: str) -> str:
    if request.method in {"GET", "HEAD"}:
        if request.flag("watch"):
            return "watch"
        return "get" if name else "list"
    if request.method == "DELETE":
        return "delete" if name else "deletecollection"
    return _WRITES.get(request.method, request.method.lower())


@dataclass(frozen=True, slots=True)
class Call:
    """One recorded call: what was asked by whom, and the status answered; never a body."""

    verb: str
    group: str
    version: str
    resource: str
    subresource: str
    namespace: str
    name: str
    user: str
    status: int
    dry_run: bool

    @classmethod
    def of(cls, target: Target, who: Identity, status: int, *, dry_run: bool = False) -> "Call":
        """The record of an answered request."""
        return cls(
            target.verb,
            target.group,
            target.version,
            target.resource,
            target.subresource,
            target.namespace,
            target.name,
            who.user,
            status,
            dry_run,
        )
