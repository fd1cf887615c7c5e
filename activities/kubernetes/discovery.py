"""What a cluster serves: from a kind to the path of its objects."""

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from urllib.parse import quote

from activities.kubernetes.objects import Key
from domain.errors import MissingKind, TenantryError, Unavailable
from domain.messages import JsonObject

CORE = "v1"
"""Served by every cluster."""
NO_CLUSTER = "this does not answer as a Kubernetes API"


@dataclass(frozen=True, slots=True)
class Resource:
    root: str
    plural: str
    namespaced: bool

    def collection(self, namespace: str) -> str:
        middle = f"/namespaces/{quote(namespace)}" if self.namespaced else ""
        return f"{self.root}{middle}/{self.plural}"

    def path(self, key: Key) -> str:
        return f"{self.collection(key.namespace)}/{quote(key.name)}"


class Discovery:
    """Remembers what was found and never what was missing: an operator may be installed at any time."""

    def __init__(self, read: Callable[[str], JsonObject]) -> None:
        self._read = read
        self._found: dict[str, dict[str, Resource]] = {}

    def resource(self, api_version: str, kind: str) -> Resource:
        """Raises MissingKind if the cluster does not serve it."""
        # Without a lock: threads that look at the same time store the same answer.
        known = self._found.get(api_version, {}).get(kind)
        if known is None:
            self._found[api_version] = self._look(api_version, kind)
            known = self._found[api_version].get(kind)
        if known is None:
            raise _missing(api_version, kind)
        return known

    def named(self, resource: str) -> tuple[str, str]:
        """API version and kind of what conditions call 'widgets.example.dev'. Raises MissingKind."""
        plural, _, group = resource.partition(".")
        api_version = self._read(f"/apis/{group}")["preferredVersion"]["groupVersion"] if group else CORE
        for kind, found in self._look(api_version, resource).items():
            if found.plural == plural:
                return api_version, kind
        raise _missing(api_version, resource)

    def listable(self) -> list[tuple[str, str]]:
        """API version and kind of all that lives in namespaces; groups that do not answer are left out."""
        groups = _checked(self._read("/apis"), "APIGroupList")["groups"]
        found = []
        for api_version in [CORE, *(group["preferredVersion"]["groupVersion"] for group in groups)]:
            with suppress(TenantryError):
                served = self._read(_root(api_version))["resources"]
                found += [
                    (api_version, e["kind"]) for e in served if e["namespaced"] and "list" in e["verbs"]
                ]
        return found

    def forget(self, api_version: str) -> None:
        """Ask again next time: a request for a known kind was answered 404."""
        self._found.pop(api_version, None)

    def _look(self, api_version: str, kind: str) -> dict[str, Resource]:
        root = _root(api_version)
        try:
            served = _checked(self._read(root), "APIResourceList")
        except MissingKind as error:
            if api_version == CORE:
                raise Unavailable(f"{error}: {NO_CLUSTER}") from error
            if self._lists(api_version):
                raise Unavailable(f"{error}, though the cluster lists {api_version}") from error
            raise _missing(api_version, kind) from error
        return {
            entry["kind"]: Resource(root, entry["name"], entry["namespaced"])
            for entry in served["resources"]
            if "/" not in entry["name"]
        }

    def _lists(self, api_version: str) -> bool:
        """Whether the server's own list has it: a 404 alone may come from whatever stands between."""
        try:
            listed = _checked(self._read("/apis"), "APIGroupList")
        except MissingKind as error:
            raise Unavailable(f"{error}: {NO_CLUSTER}") from error
        return any(
            version["groupVersion"] == api_version
            for group in listed["groups"]
            for version in group["versions"]
        )


def _root(api_version: str) -> str:
    return f"/apis/{api_version}" if "/" in api_version else f"/api/{api_version}"


def _checked(answer: JsonObject, kind: str) -> JsonObject:
    if answer.get("kind") != kind:
        raise Unavailable(f"no {kind} was answered: {NO_CLUSTER}")
    return answer


def _missing(api_version: str, kind: str) -> MissingKind:
    return MissingKind(f"the cluster does not serve {kind} of {api_version}: is its operator installed?")
