"""The few verbs that Tenantry needs of a cluster, over raw objects."""

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import datetime, timedelta
from typing import Literal, NamedTuple, Protocol

from kubernetes.client.exceptions import ApiException

from activities.kubernetes.discovery import CORE, Discovery, Resource
from activities.kubernetes.failures import is_not_found, kubernetes_errors
from activities.kubernetes.objects import Key
from domain.errors import AccessDenied, MissingKind, TenantryError, Unavailable
from domain.messages import JsonObject
from domain.naming import FIELD_MANAGER

APPLY = "application/apply-patch+yaml"
STRICT = {"fieldManager": FIELD_MANAGER, "fieldValidation": "Strict"}
METADATA = "application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1,application/json"
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
        accept: str = "application/json",
    ) -> tuple[int, JsonObject]: ...

    def now(self) -> datetime: ...


class Cluster:
    """All methods raise domain errors: MissingKind if the kind is not served, and those of failures.py."""

    def __init__(self, connection: Requests) -> None:
        self._connection = connection
        self._discovery = Discovery(self._discover)

    def get(self, key: Key) -> JsonObject | None:
        """None if there is no such object."""
        found: JsonObject | None = None
        with self._present(f"read {key}", key) as resource:
            _, found = self._connection.request("GET", resource.path(key))
        return found

    def apply(self, manifest: JsonObject, *, force: bool = False) -> Applied:
        """Raises OwnershipConflict if other managers own fields of it with other values, unless forced."""
        key = Key.of(manifest)
        query = STRICT | ({"force": "true"} if force else {})
        with self._served(f"apply {key}", key.api_version, key.kind) as resource:
            status, found = self._connection.request(
                "PATCH", resource.path(key), query=query, body=manifest, content_type=APPLY
            )
            return Applied(found, created=status == 201)

    def dry_run(self, manifest: JsonObject) -> JsonObject:
        """What a forced apply would leave; nothing is written."""
        key = Key.of(manifest)
        query = STRICT | {"force": "true", "dryRun": "All"}
        with self._served(f"compare {key}", key.api_version, key.kind) as resource:
            return self._connection.request(
                "PATCH", resource.path(key), query=query, body=manifest, content_type=APPLY
            )[1]

    def create(self, manifest: JsonObject) -> JsonObject:
        """Raises OwnershipConflict if an object of this name exists."""
        key = Key.of(manifest)
        with self._served(f"create {key}", key.api_version, key.kind) as resource:
            path = resource.collection(key.namespace)
            return self._connection.request("POST", path, query=STRICT, body=manifest)[1]

    def delete(self, key: Key, uid: str, propagation: Propagation) -> None:
        """Accepts that it is gone already; raises Unavailable if another object has taken its place."""
        options: JsonObject = {
            "apiVersion": "v1",
            "kind": "DeleteOptions",
            "preconditions": {"uid": uid},
            "propagationPolicy": propagation,
        }
        with self._present(f"delete {key}", key) as resource:
            self._connection.request("DELETE", resource.path(key), body=options)

    def token(self, account: Key, life: timedelta) -> tuple[str, datetime]:
        """A new one of a ServiceAccount, and when it expires."""
        body: JsonObject = {
            "apiVersion": "authentication.k8s.io/v1",
            "kind": "TokenRequest",
            "spec": {"expirationSeconds": int(life.total_seconds())},
        }
        with self._served(f"make a token of {account}", account.api_version, account.kind) as resource:
            path = f"{resource.path(account)}/token"
            status = self._connection.request("POST", path, body=body)[1]["status"]
            return status["token"], datetime.fromisoformat(status["expirationTimestamp"])

    def find(self, api_version: str, kind: str, namespace: str, selector: str) -> list[JsonObject]:
        query = {"limit": PAGE} | ({"labelSelector": selector} if selector else {})
        items: list[JsonObject] = []
        with self._served(f"list {kind}", api_version, kind) as resource:
            while True:
                _, page = self._connection.request("GET", resource.collection(namespace), query=query)
                # Items of a list do not repeat what they are.
                items += [{"apiVersion": api_version, "kind": kind} | item for item in page["items"]]
                token = page["metadata"].get("continue")
                if not token:
                    return items
                query["continue"] = token

    def labelled(
        self, api_version: str, kind: str, selector: str, after: str = ""
    ) -> tuple[list[JsonObject], str]:
        """Metadata of objects of all namespaces: one page, and `after` of the next, empty on the last."""
        query = {"limit": PAGE, "labelSelector": selector} | ({"continue": after} if after else {})
        with self._served(f"list {kind}", api_version, kind) as resource:
            path = f"{resource.root}/{resource.plural}"
            _, page = self._connection.request("GET", path, query=query, accept=METADATA)
        return page["items"], page["metadata"].get("continue") or ""

    def remaining(self, resource: str, namespace: str) -> list[JsonObject]:
        """What a namespace still holds of a resource as conditions name it: 'widgets.example.dev'.

        Nothing of what may not be listed: our rights are those that tenants' own objects need.
        """
        with suppress(AccessDenied):
            return self.find(*self._discovery.named(resource), namespace, "")
        return []

    def everything_in(self, namespace: str) -> Iterator[JsonObject]:
        """The objects of every kind that can be listed there; kinds that do not answer are left out."""
        for api_version, kind in self._discovery.listable():
            with suppress(TenantryError):
                yield from self.find(api_version, kind, namespace, "")

    def now(self) -> datetime:
        """The time of its last answer, by its own clock, which its objects' times are to be compared with."""
        return self._connection.now()

    def url(self, key: Key) -> str:
        """Path of an object, as proofs name it."""
        return self._discovery.resource(key.api_version, key.kind).path(key)

    @contextmanager
    def _served(self, doing: str, api_version: str, kind: str) -> Iterator[Resource]:
        """Raises MissingKind only if the cluster, asked anew, does not list the kind.

        A proxy that has lost the server also answers 404, and would make everything look gone.
        """
        resource = self._discovery.resource(api_version, kind)
        try:
            with kubernetes_errors(doing, secret=kind == "Secret"):
                yield resource
        except MissingKind as error:
            self._discovery.forget(api_version)
            self._discovery.resource(api_version, kind)
            raise Unavailable(f"{error}, though the cluster serves {kind}") from error

    @contextmanager
    def _present(self, doing: str, key: Key) -> Iterator[Resource]:
        """Ends the block where the object turns out to be absent."""
        try:
            with self._served(doing, key.api_version, key.kind) as resource:
                try:
                    yield resource
                except ApiException as error:
                    if not is_not_found(error):
                        raise
        except MissingKind as error:
            if key.api_version == CORE:
                raise Unavailable(f"{doing}: {error}") from error
            raise

    def _discover(self, path: str) -> JsonObject:
        with kubernetes_errors(f"discover {path}"):
            return self._connection.request("GET", path)[1]
