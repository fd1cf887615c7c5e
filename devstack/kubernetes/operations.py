"""The verbs on objects: get, list, watch, delete here; what writes objects in `mutations`."""

from devstack.kubernetes.accounts import Accounts
from devstack.kubernetes.decoding import parse
from devstack.kubernetes.errors import ApiError, PageNotFound, not_found
from devstack.kubernetes.mutations import Mutations
from devstack.kubernetes.objects import Object, at, metadata, name_of
from devstack.kubernetes.reads import list_objects, scale_of, served, watch_objects
from devstack.kubernetes.removal import Remover
from devstack.kubernetes.rendering import answer_list, answer_object, shaper
from devstack.kubernetes.requests import Answer, Request, Target, WatchAnswer
from devstack.kubernetes.resources import Resource
from devstack.kubernetes.store import Store
from devstack.kubernetes.writes import Writer

# Subresources that this server keeps; it has no kubelet to pass the others on to.
_KEPT = {"status", "scale", "finalize", "token"}


class Operations:
    """Performs authorized requests on one cluster's objects."""

    def __init__(self, store: Store, writer: Writer, remover: Remover, accounts: Accounts) -> None:
        self._store = store
        self._mutations = Mutations(writer)
        self._remover = remover
        self._accounts = accounts

    def perform(self, request: Request, target: Target, resource: Resource) -> Answer | WatchAnswer:
        """The answer to a request for objects of a resource."""
        _check_path(target, resource)
        match target.verb:
            case "watch":
                return watch_objects(self._store, resource, target, request, shaper(request, resource))
            case "list":
                return answer_list(list_objects(self._store, resource, target, request), request, resource)
            case "get":
                shown = _shown(self._live(resource, target), target, resource)
                return answer_object(shown, request, resource)
            case "deletecollection":
                return self._delete_all(request, target, resource)
            case "delete":
                return self._delete(request, target, resource)
        return self._write(request, target, resource)

    def _find(self, resource: Resource, target: Target) -> Object | None:
        return self._store.get(resource.key, target.namespace if resource.namespaced else "", target.name)

    def _live(self, resource: Resource, target: Target) -> Object:
        live = self._find(resource, target)
        if live is None:
            raise not_found(resource.plural, resource.group, target.name)
        return live

    def _write(self, request: Request, target: Target, resource: Resource) -> Answer:
        if target.subresource == "token":
            return Answer(201, self._accounts.token(self._live(resource, target), parse(request)))
        live = None if target.verb == "create" else self._find(resource, target)
        written = self._mutations.perform(request, target, resource, live)
        status = 201 if written.created else 200
        answer = answer_object(_shown(written.obj, target, resource), request, resource, status)
        if not written.warnings:
            return answer
        warnings = ", ".join(_warning(text) for text in written.warnings)
        return Answer(answer.status, answer.body, {"Warning": warnings})

    def _delete(self, request: Request, target: Target, resource: Resource) -> Answer:
        live = self._live(resource, target)
        options = _delete_options(request)
        dry = bool(request.query.get("dryRun") or options.get("dryRun"))
        left = self._remover.delete(resource, live, options, dry_run=dry)
        return answer_object(left if left["kind"] == "Status" else served(left, resource), request, resource)

    def _delete_all(self, request: Request, target: Target, resource: Resource) -> Answer:
        found = list_objects(self._store, resource, target, request)
        options = _delete_options(request)
        dry = bool(request.query.get("dryRun") or options.get("dryRun"))
        for item in found["items"]:
            live = self._store.get(resource.key, metadata(item).get("namespace", ""), name_of(item))
            if live is not None:
                self._remover.delete(resource, live, options, dry_run=dry)
        return answer_list(found, request, resource)


def _check_path(target: Target, resource: Resource) -> None:
    sub = resource.subresource(target.subresource) if target.subresource else None
    if target.subresource and sub is None:
        raise PageNotFound
    space = "" if resource.key == ("", "namespaces") else target.namespace
    one = bool(target.name) or target.verb == "create"
    if (space and not resource.namespaced) or (one and resource.namespaced and not space):
        raise PageNotFound
    if target.verb not in (sub.verbs if sub else resource.verbs) or (sub and sub.name not in _KEPT):
        why = "the server does not allow this method on the requested resource"
        raise ApiError(405, "MethodNotAllowed", why, {})


def _shown(obj: Object, target: Target, resource: Resource) -> Object:
    return scale_of(obj) if target.subresource == "scale" else served(obj, resource)


def _delete_options(request: Request) -> Object:
    body = parse(request) if request.body else {}
    options = dict(body) if isinstance(body, dict) else {}
    if policy := request.query.get("propagationPolicy"):
        options["propagationPolicy"] = policy
    if at(options, "kind") not in {None, "DeleteOptions"}:
        raise ApiError(400, "BadRequest", f"expected DeleteOptions, got {options['kind']}")
    return options


def _warning(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'299 - "{escaped}"'
