"""The verbs: get, list, watch, create, update, patch, delete, and the subresources status and scale."""

import secrets
from typing import Any

from devstack.kubernetes.decoding import check, parse, read_object, refuse_unknown
from devstack.kubernetes.errors import ApiError, PageNotFound, bad_request, invalid, not_found, required
from devstack.kubernetes.objects import Object, at, metadata, name_of, put
from devstack.kubernetes.patching import json_patch, merge_patch, strategic_patch
from devstack.kubernetes.reads import list_objects, scale_of, served, watch_objects
from devstack.kubernetes.registry import Registry, Resource
from devstack.kubernetes.removal import Remover
from devstack.kubernetes.rendering import answer_list, answer_object, shaper
from devstack.kubernetes.requests import Answer, Request, Target, WatchAnswer
from devstack.kubernetes.store import Store
from devstack.kubernetes.writes import Options, Writer, Written

_APPLY = {"application/apply-patch+yaml", "application/apply-patch+cbor"}
_PATCHES = {
    "application/json-patch+json",
    "application/merge-patch+json",
    "application/strategic-merge-patch+json",
}
_WRITABLE = {"status", "scale", "finalize"}
_NAME_LETTERS = "bcdfghjklmnpqrstvwxz2456789"


class Operations:
    """Performs authorized requests on one cluster's objects."""

    def __init__(self, store: Store, registry: Registry, writer: Writer, remover: Remover) -> None:
        self._store = store
        self._registry = registry
        self._writer = writer
        self._remover = remover

    def perform(self, request: Request, target: Target, resource: Resource) -> Answer | WatchAnswer:
        """The answer to a request for objects of a resource."""
        self._check_path(target, resource)
        verb = target.verb
        if verb == "watch":
            return watch_objects(self._store, resource, target, request, shaper(request, resource))
        if verb == "list":
            return answer_list(list_objects(self._store, resource, target, request), request, resource)
        if verb == "get":
            live = self._live(resource, target)
            shown = scale_of(live) if target.subresource == "scale" else served(live, resource)
            return answer_object(shown, request, resource)
        if verb == "deletecollection":
            return self._delete_all(request, target, resource)
        if verb == "delete":
            return self._delete(request, target, resource)
        written = self._write(request, target, resource)
        shown = scale_of(written.obj) if target.subresource == "scale" else served(written.obj, resource)
        answer = answer_object(shown, request, resource, 201 if written.created else 200)
        headers = (
            {"Warning": ", ".join(_warning(text) for text in written.warnings)} if written.warnings else {}
        )
        return Answer(answer.status, answer.body, headers)

    def _check_path(self, target: Target, resource: Resource) -> None:
        sub = resource.subresource(target.subresource) if target.subresource else None
        named = bool(target.name) or target.verb == "create"
        space = "" if resource.key == ("", "namespaces") else target.namespace
        if (target.subresource and sub is None) or (
            resource.namespaced is not bool(space) and (named or space)
        ):
            raise PageNotFound
        allowed = sub.verbs if sub else resource.verbs
        if target.verb not in allowed or (sub and sub.name not in _WRITABLE):
            raise ApiError(
                405, "MethodNotAllowed", "the server does not allow this method on the requested resource", {}
            )

    def _live(self, resource: Resource, target: Target) -> Object:
        live = self._find(resource, target)
        if live is None:
            raise not_found(resource.plural, resource.group, target.name)
        return live

    def _find(self, resource: Resource, target: Target) -> Object | None:
        return self._store.get(resource.key, target.namespace if resource.namespaced else "", target.name)

    def _write(self, request: Request, target: Target, resource: Resource) -> Written:
        content = request.headers.get("content-type", "").partition(";")[0].strip()
        options = _options(request, target)
        if target.verb == "create":
            return self._create(request, target, resource, options)
        if target.verb == "update":
            return self._put(request, target, resource, options)
        if content in _APPLY:
            return self._apply(request, target, resource, options)
        if content not in _PATCHES:
            raise ApiError(
                415,
                "UnsupportedMediaType",
                "the body of the request was in an unknown format - accepted media types include: "
                + ", ".join([*sorted(_PATCHES), *sorted(_APPLY)]),
            )
        return self._patch(request, target, resource, options, content)

    def _create(self, request: Request, target: Target, resource: Resource, options: Options) -> Written:
        decoded = read_object(request, resource)
        warnings = refuse_unknown(decoded, resource, request.query.get("fieldValidation", "Warn"))
        obj = _placed(decoded.obj, target, resource)
        written = self._writer.create(resource, _generated(obj), options)
        return Written(written.obj, written.created, warnings + written.warnings)

    def _put(self, request: Request, target: Target, resource: Resource, options: Options) -> Written:
        live = self._live(resource, target)
        if target.subresource == "scale":
            return self._scale(live, parse(request), resource, options)
        decoded = read_object(request, resource)
        warnings = refuse_unknown(decoded, resource, request.query.get("fieldValidation", "Warn"))
        new = _placed(decoded.obj, target, resource)
        if resource.custom and not metadata(new).get("resourceVersion"):
            why = {"reason": "FieldValueInvalid", "field": "metadata.resourceVersion"}
            why["message"] = "Invalid value: 0: must be specified for an update"
            raise invalid(resource.kind, resource.group, name_of(live), [why])
        if target.subresource == "finalize":
            new = put(live, at(new, "spec", "finalizers") or [], "spec", "finalizers")
        written = self._writer.update(resource, live, new, options)
        return Written(written.obj, written.created, warnings + written.warnings)

    def _patch(
        self, request: Request, target: Target, resource: Resource, options: Options, content: str
    ) -> Written:
        live = self._live(resource, target)
        shown = scale_of(live) if target.subresource == "scale" else served(live, resource)
        patch = parse(request)
        if content == "application/json-patch+json":
            new = json_patch(shown, patch)
        elif not isinstance(patch, dict):
            raise bad_request("json: cannot unmarshal array into Go value of type map[string]interface {}")
        elif content == "application/merge-patch+json":
            new = merge_patch(shown, patch)
        elif resource.custom:
            raise ApiError(
                415,
                "UnsupportedMediaType",
                "the body of the request was in an unknown format - accepted media types include: "
                "application/json-patch+json, application/merge-patch+json, application/apply-patch+yaml",
            )
        else:
            kind = ("autoscaling", "v1", "Scale") if target.subresource == "scale" else None
            new = strategic_patch(shown, patch, *(kind or (resource.group, resource.version, resource.kind)))
        if target.subresource == "scale":
            return self._scale(live, new, resource, options)
        decoded = check(new, resource)
        warnings = refuse_unknown(decoded, resource, request.query.get("fieldValidation", "Warn"))
        written = self._writer.update(resource, live, _placed(decoded.obj, target, resource), options)
        return Written(written.obj, written.created, warnings + written.warnings)

    def _scale(self, live: Object, scale: Any, resource: Resource, options: Options) -> Written:
        replicas = at(scale, "spec", "replicas") or 0
        if not isinstance(replicas, int) or replicas < 0:
            why = {"reason": "FieldValueInvalid", "field": "spec.replicas"}
            why["message"] = f"Invalid value: {replicas}: must be greater than or equal to 0"
            raise invalid("Scale", "autoscaling", name_of(live), [why])
        version = at(scale, "metadata", "resourceVersion")
        new = put(live, version or metadata(live)["resourceVersion"], "metadata", "resourceVersion")
        return self._writer.update(resource, live, put(new, replicas, "spec", "replicas"), options)

    def _apply(self, request: Request, target: Target, resource: Resource, options: Options) -> Written:
        if not request.query.get("fieldManager"):
            raise invalid(
                "PatchOptions", "meta.k8s.io", "", [required("fieldManager", "is required for apply patch")]
            )
        config = parse(request, allow_yaml=True)
        if not isinstance(config, dict):
            raise bad_request("error decoding YAML: the body must be an object")
        if target.subresource == "scale":
            replicas = {"spec": {"replicas": at(config, "spec", "replicas") or 0}}
            config = {"apiVersion": resource.api_version, "kind": resource.kind, **replicas}
        self._check_applied(config, target, resource)
        live = self._find(resource, target)
        if live is None and target.subresource:
            raise not_found(resource.plural, resource.group, target.name)
        if live is not None:
            self._writer.check_version(resource, live, config)
        placed = put(config, target.name, "metadata", "name")
        return self._writer.apply(resource, served(live, resource) if live else None, placed, options)

    def _check_applied(self, config: Object, target: Target, resource: Resource) -> None:
        if not isinstance(config.get("apiVersion"), str) or not isinstance(config.get("kind"), str):
            raise bad_request(
                f"invalid object type: {config.get('apiVersion', '')}, Kind={config.get('kind', '')}"
            )
        if config["apiVersion"] != resource.api_version or config["kind"] != resource.kind:
            wanted = f"{resource.group}/{resource.version}, Kind={resource.kind}"
            group, _, version = config["apiVersion"].rpartition("/")
            raise bad_request(
                f"invalid object type: {group}/{version}, Kind={config['kind']}, expected: {wanted}"
            )
        if at(config, "metadata", "managedFields"):
            raise bad_request("metadata.managedFields must be nil")
        _placed({**config, "metadata": {"name": target.name, **metadata(config)}}, target, resource)

    def _delete(self, request: Request, target: Target, resource: Resource) -> Answer:
        live = self._live(resource, target)
        options = parse(request) if request.body else {}
        options = dict(options) if isinstance(options, dict) else {}
        if policy := request.query.get("propagationPolicy"):
            options["propagationPolicy"] = policy
        dry = bool(request.query.get("dryRun") or options.get("dryRun"))
        left = self._remover.delete(resource, live, options, dry_run=dry)
        return answer_object(left if left["kind"] == "Status" else served(left, resource), request, resource)

    def _delete_all(self, request: Request, target: Target, resource: Resource) -> Answer:
        found = list_objects(self._store, resource, target, request)
        options = parse(request) if request.body else {}
        dry = bool(request.query.get("dryRun") or at(options, "dryRun"))
        for item in found["items"]:
            live = self._store.get(resource.key, metadata(item).get("namespace", ""), name_of(item))
            if live is not None:
                self._remover.delete(resource, live, options or {}, dry_run=dry)
        return answer_list(found, request, resource)


def _options(request: Request, target: Target) -> Options:
    if request.query.get("dryRun") not in {None, "", "All"}:
        causes = [{"reason": "FieldValueNotSupported", "field": "dryRun", "message": ""}]
        causes[0]["message"] = f'Unsupported value: "{request.query["dryRun"]}": supported values: "All"'
        raise invalid("PatchOptions", "meta.k8s.io", "", causes)
    agent = request.headers.get("user-agent", "").partition("/")[0]
    return Options(
        request.query.get("fieldManager") or agent or "unknown",
        dry_run=bool(request.query.get("dryRun")),
        force=request.flag("force"),
        subresource=target.subresource,
        namespace=target.namespace,
    )


def _placed(obj: Object, target: Target, resource: Resource) -> Object:
    """The object with the namespace of the path; ApiError 400 if its own name or namespace differs."""
    name = name_of(obj)
    if target.name and name != target.name:
        raise bad_request(
            f"the name of the object ({name}) does not match the name on the URL ({target.name})"
        )
    if not resource.namespaced:
        return obj
    own = metadata(obj).get("namespace")
    if own and own != target.namespace:
        raise bad_request(
            "the namespace of the provided object does not match the namespace sent on the request"
        )
    return put(obj, target.namespace, "metadata", "namespace")


def _generated(obj: Object) -> Object:
    """The object with a name made from its `generateName`, if it has no other."""
    prefix = metadata(obj).get("generateName")
    if name_of(obj) or not prefix:
        return obj
    return put(obj, prefix + "".join(secrets.choice(_NAME_LETTERS) for _ in range(5)), "metadata", "name")


def _warning(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'299 - "{escaped}"'
