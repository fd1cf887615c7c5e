"""The few verbs that Tenantry needs of a cluster, over raw objects."""

from typing import Literal, NamedTuple, Protocol

from kubernetes.client.exceptions import ApiException

from activities.kubernetes.discovery import Discovery
from activities.kubernetes.failures import kubernetes_errors, status_of
from activities.kubernetes.objects import Key
from domain.errors import MissingKind
from domain.messages import JsonObject
from domain.naming import FIELD_MANAGER

APPLY = "application/apply-patch+yaml"
STRICT = {"fieldManager": FIELD_MANAGER, "fieldValidation": "Strict"}
PAGE = "500"

Propagation = Literal["Foreground", "Background"]


class Applied(NamedTuple):
    """What an apply left; `created` if nothing was there before."""

    object: JsonObject
    created: bool


class Requests(Protocol):
    """What a cluster is reached by: `clients.Connection`."""

    def request(
        self,
        method: str,
        path: str,
        *,
        query: dict[str, str] | None = None,
        body: JsonObject | None = None,
        content_type: str = "application/json",
    ) -> tuple[int, JsonObject]: ...


class Cluster:
    """All methods raise domain errors: MissingKind if the kind is not served, and those of failures.py."""

    def __init__(self, connection: Requests) -> None:
        self._connection = connection
        self._discovery = Discovery(self._discover)

    def get(self, key: Key) -> JsonObject | None:
        """None if there is no such object."""
        path = self._path(key)
        with kubernetes_errors(f"read {key}"):
            try:
                return self._connection.request("GET", path)[1]
            except ApiException as error:
                if _is_not_found(error):
                    return None
                raise

    def apply(self, manifest: JsonObject, *, force: bool = False) -> Applied:
        """Raises OwnershipConflict if other managers own fields of it with other values, unless forced."""
        key = Key.of(manifest)
        query = STRICT | ({"force": "true"} if force else {})
        path = self._path(key)
        try:
            with kubernetes_errors(f"apply {key}"):
                status, found = self._connection.request(
                    "PATCH", path, query=query, body=manifest, content_type=APPLY
                )
        except MissingKind:
            self._discovery.forget(key.api_version)
            raise
        return Applied(found, created=status == 201)

    def create(self, manifest: JsonObject) -> JsonObject:
        """Raises OwnershipConflict if an object of this name exists."""
        key = Key.of(manifest)
        path = self._discovery.resource(key.api_version, key.kind).collection(key.namespace)
        with kubernetes_errors(f"create {key}"):
            return self._connection.request("POST", path, query=STRICT, body=manifest)[1]

    def delete(self, key: Key, uid: str, propagation: Propagation) -> None:
        """Accepts that it is gone already; raises Unavailable if another object has taken its place."""
        options: JsonObject = {
            "apiVersion": "v1",
            "kind": "DeleteOptions",
            "preconditions": {"uid": uid},
            "propagationPolicy": propagation,
        }
        path = self._path(key)
        with kubernetes_errors(f"delete {key}"):
            try:
                self._connection.request("DELETE", path, body=options)
            except ApiException as error:
                if not _is_not_found(error):
                    raise

    def find(self, api_version: str, kind: str, namespace: str, selector: str) -> list[JsonObject]:
        path = self._discovery.resource(api_version, kind).collection(namespace)
        query = {"limit": PAGE} | ({"labelSelector": selector} if selector else {})
        items: list[JsonObject] = []
        with kubernetes_errors(f"list {kind}"):
            while True:
                _, page = self._connection.request("GET", path, query=query)
                # Items of a list do not repeat what they are.
                items += [{"apiVersion": api_version, "kind": kind} | item for item in page["items"]]
                token = page["metadata"].get("continue")
                if not token:
                    return items
                query["continue"] = token

    def remaining(self, resource: str, namespace: str) -> list[JsonObject]:
        """What a namespace still holds of a resource as conditions name it: 'widgets.example.dev'."""
        return self.find(*self._discovery.named(resource), namespace, "")

    def url(self, key: Key) -> str:
        """Path of an object, as proofs name it."""
        return self._path(key)

    def _path(self, key: Key) -> str:
        return self._discovery.resource(key.api_version, key.kind).path(key)

    def _discover(self, path: str) -> JsonObject:
        with kubernetes_errors(f"discover {path}"):
            return self._connection.request("GET", path)[1]


def _is_not_found(error: ApiException) -> bool:
    """An absent object, and not an absent kind, whose 404 carries no Status."""
    return error.status == 404 and status_of(error).get("reason") == "NotFound"
