"""Creates, updates, patches and applies: what a request's body asks to be written."""

import secrets
from typing import Any, Final

from devstack.kubernetes.decoding import Decoded, check, parse, read_object, refuse_unknown
from devstack.kubernetes.errors import (
    ApiError,
    bad_request,
    conflict,
    invalid,
    invalid_value,
    not_found,
    required,
    unsupported,
)
from devstack.kubernetes.objects import Object, at, metadata, name_of, put
from devstack.kubernetes.patching import json_patch, merge_patch, strategic_patch
from devstack.kubernetes.reads import scale_of, served
from devstack.kubernetes.requests import Request, Target
from devstack.kubernetes.resources import Resource
from devstack.kubernetes.writes import Options, Writer, Written

_APPLY: Final = "application/apply-patch+yaml"
_JSON: Final = "application/json-patch+json"
_MERGE: Final = "application/merge-patch+json"
_STRATEGIC: Final = "application/strategic-merge-patch+json"
_NAME_LETTERS: Final = "bcdfghjklmnpqrstvwxz2456789"


class Mutations:
    """Reads what a write asks for and hands it to the writer."""

    def __init__(self, writer: Writer) -> None:
        self._writer = writer

    def perform(self, request: Request, target: Target, resource: Resource, live: Object | None) -> Written:
        """Performs a create, update or patch; `live` is the object that the path names, if there is one."""
        content = request.headers.get("content-type", "").partition(";")[0].strip()
        options = _options(request, target)
        if target.verb == "create":
            decoded = read_object(request, resource)
            warnings = refuse_unknown(decoded, resource, _validation(request))
            obj = _generated(_placed(decoded.obj, target, resource))
            written = self._writer.create(resource, obj, options)
            return Written(written.obj, written.created, warnings + written.warnings)
        if target.verb == "patch" and content == _APPLY:
            return self._apply(request, target, resource, live, options)
        if live is None:
            raise not_found(resource.plural, resource.group, target.name)
        if target.verb == "update":
            return self._put(request, target, resource, live, options)
        new = _patched(request, content, live, target, resource)
        if target.subresource == "scale":
            return self._scale(live, new, resource, options)
        return self._update(request, check(new, resource), target, resource, live, options)

    def _put(
        self, request: Request, target: Target, resource: Resource, live: Object, options: Options
    ) -> Written:
        if target.subresource == "scale":
            return self._scale(live, parse(request), resource, options)
        decoded = read_object(request, resource)
        if resource.custom and not metadata(decoded.obj).get("resourceVersion"):
            why = invalid_value("metadata.resourceVersion", "0", "must be specified for an update")
            raise invalid(resource.kind, resource.group, name_of(live), [why])
        if target.subresource == "finalize":
            decoded.obj = put(live, at(decoded.obj, "spec", "finalizers") or [], "spec", "finalizers")
        return self._update(request, decoded, target, resource, live, options)

    def _update(
        self,
        request: Request,
        decoded: Decoded,
        target: Target,
        resource: Resource,
        live: Object,
        options: Options,
    ) -> Written:
        warnings = refuse_unknown(decoded, resource, _validation(request))
        written = self._writer.update(resource, live, _placed(decoded.obj, target, resource), options)
        return Written(written.obj, written.created, warnings + written.warnings)

    def _scale(self, live: Object, scale: Any, resource: Resource, options: Options) -> Written:
        replicas = at(scale, "spec", "replicas") or 0
        if not isinstance(replicas, int) or replicas < 0:
            why = invalid_value("spec.replicas", str(replicas), "must be greater than or equal to 0")
            raise invalid("Scale", "autoscaling", name_of(live), [why])
        version = at(scale, "metadata", "resourceVersion") or metadata(live)["resourceVersion"]
        new = put(put(live, version, "metadata", "resourceVersion"), replicas, "spec", "replicas")
        return self._writer.update(resource, live, new, options)

    def _apply(
        self, request: Request, target: Target, resource: Resource, live: Object | None, options: Options
    ) -> Written:
        if not request.query.get("fieldManager"):
            why = required("fieldManager", "is required for apply patch")
            raise invalid("PatchOptions", "meta.k8s.io", "", [why])
        config = parse(request, allow_yaml=True)
        if not isinstance(config, dict):
            raise bad_request("error decoding YAML: the body must be an object")
        if target.subresource == "scale":
            replicas = {"replicas": at(config, "spec", "replicas") or 0}
            config = {"apiVersion": resource.api_version, "kind": resource.kind, "spec": replicas}
        _check_applied(config, target, resource)
        if live is None and target.subresource:
            raise not_found(resource.plural, resource.group, target.name)
        if live is None and (uid := metadata(config).get("uid")):
            mismatch = (
                f"uid mismatch: the provided object specified uid {uid}, and no existing object was found"
            )
            raise conflict(resource.plural, resource.group, target.name, mismatch)
        if live is not None:
            self._writer.check_version(resource, live, config)
            live = served(live, resource)
        return self._writer.apply(resource, live, put(config, target.name, "metadata", "name"), options)


def _options(request: Request, target: Target) -> Options:
    dry_run = request.query.get("dryRun", "")
    if dry_run not in {"", "All"}:
        raise invalid("PatchOptions", "meta.k8s.io", "", [unsupported("dryRun", f'["{dry_run}"]', ["All"])])
    agent = request.headers.get("user-agent", "").partition("/")[0]
    return Options(
        request.query.get("fieldManager") or agent or "unknown",
        dry_run=bool(dry_run),
        force=request.flag("force"),
        subresource=target.subresource,
        namespace=target.namespace,
    )


def _validation(request: Request) -> str:
    return request.query.get("fieldValidation") or "Warn"


def _patched(request: Request, content: str, live: Object, target: Target, resource: Resource) -> Any:
    """The live object (or its scale) with a patch applied."""
    shown = scale_of(live) if target.subresource == "scale" else served(live, resource)
    patch = parse(request)
    if content == _JSON:
        return json_patch(shown, patch)
    if content not in {_MERGE, _STRATEGIC} or (content == _STRATEGIC and resource.custom):
        accepted = [_JSON, _MERGE, _APPLY] if resource.custom else [_JSON, _MERGE, _STRATEGIC, _APPLY]
        why = "the body of the request was in an unknown format - accepted media types include: "
        raise ApiError(415, "UnsupportedMediaType", why + ", ".join(accepted))
    if not isinstance(patch, dict):
        raise bad_request("json: cannot unmarshal array into Go value of type map[string]interface {}")
    if content == _MERGE:
        return merge_patch(shown, patch)
    kind = (resource.group, resource.version, resource.kind)
    return strategic_patch(
        shown, patch, *(("autoscaling", "v1", "Scale") if target.subresource == "scale" else kind)
    )


def _check_applied(config: Object, target: Target, resource: Resource) -> None:
    api_version, kind = config.get("apiVersion"), config.get("kind")
    if api_version != resource.api_version or kind != resource.kind:
        group, _, version = str(api_version or "").rpartition("/")
        wanted = f"{resource.group}/{resource.version}, Kind={resource.kind}"
        raise bad_request(f"invalid object type: {group}/{version}, Kind={kind or ''}, expected: {wanted}")
    if at(config, "metadata", "managedFields"):
        raise bad_request("metadata.managedFields must be nil")
    _placed({**config, "metadata": {"name": target.name, **metadata(config)}}, target, resource)


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
        why = "the namespace of the provided object does not match the namespace sent on the request"
        raise bad_request(why)
    return put(obj, target.namespace, "metadata", "namespace")


def _generated(obj: Object) -> Object:
    """The object with a name made from its `generateName`, if it has no other."""
    prefix = metadata(obj).get("generateName")
    if name_of(obj) or not prefix:
        return obj
    return put(obj, prefix + "".join(secrets.choice(_NAME_LETTERS) for _ in range(5)), "metadata", "name")
