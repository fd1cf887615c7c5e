"""Lists and watches: selectors, pages, versions, bookmarks."""

import base64
import binascii
import json
from collections.abc import Callable

from devstack.kubernetes.errors import ApiError, bad_request
from devstack.kubernetes.objects import Object, metadata, name_of, namespace_of
from devstack.kubernetes.requests import Request, Target, WatchAnswer
from devstack.kubernetes.resources import Resource
from devstack.kubernetes.selectors import Matcher, field_matcher, label_matcher
from devstack.kubernetes.store import Event, Store

_LONGEST_WATCH = 3000.0


def served(obj: Object, resource: Resource) -> Object:
    """A stored object in the version that was asked for."""
    api_version = resource.api_version
    return obj if obj.get("apiVersion") == api_version else {**obj, "apiVersion": api_version}


def _matcher(request: Request, target: Target) -> Matcher:
    tests = [
        label_matcher(request.query.get("labelSelector", "")),
        field_matcher(request.query.get("fieldSelector", "")),
    ]
    name = target.name
    return lambda obj: all(test(obj) for test in tests) and (not name or name_of(obj) == name)


def list_objects(store: Store, resource: Resource, target: Target, request: Request) -> Object:
    """A list, or one page of it."""
    matches = _matcher(request, target)
    found = [obj for obj in store.all(resource.key, target.namespace) if matches(obj)]
    page: Object = {"resourceVersion": str(store.version)}
    limit = int(request.query.get("limit") or 0)
    if start := request.query.get("continue", ""):
        after = _read_token(start)
        found = [obj for obj in found if (namespace_of(obj), name_of(obj)) > after]
    if limit and len(found) > limit:
        page["continue"] = _token(store.version, found[limit - 1])
        if not request.query.get("labelSelector") and not request.query.get("fieldSelector"):
            page["remainingItemCount"] = len(found) - limit
        found = found[:limit]
    return {
        "kind": resource.list_kind,
        "apiVersion": resource.api_version,
        "metadata": page,
        "items": [_item(obj, resource) for obj in found],
    }


def _item(obj: Object, resource: Resource) -> Object:
    if resource.custom:
        return served(obj, resource)
    return {key: value for key, value in obj.items() if key not in {"kind", "apiVersion"}}


def _token(version: int, last: Object) -> str:
    text = json.dumps({"v": "meta.k8s.io/v1", "rv": version, "start": [namespace_of(last), name_of(last)]})
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


def _read_token(token: str) -> tuple[str, str]:
    try:
        namespace, name = json.loads(base64.urlsafe_b64decode(token + "=" * (-len(token) % 4)))["start"]
    except (binascii.Error, ValueError, KeyError, TypeError) as error:
        raise bad_request(f"continue key is not valid: {error}") from error
    return namespace, name


def watch_objects(
    store: Store, resource: Resource, target: Target, request: Request, shape: Callable[[Object], Object]
) -> WatchAnswer:
    """Opens a watch: what exists or has changed since the given version comes first."""
    matches = _matcher(request, target)
    asked = request.query.get("resourceVersion", "")
    if asked and not asked.isdigit():
        raise bad_request(f'Invalid value: "{asked}": invalid resource version')
    version = int(asked or 0)

    def convert(event: Event) -> Object | None:
        kind = _seen_as(event, matches)
        return {"type": kind, "object": shape(served(event.obj, resource))} if kind else None

    seconds = min(float(request.query.get("timeoutSeconds") or _LONGEST_WATCH), _LONGEST_WATCH)
    if version == 0 or store.precedes(version):
        existing = [obj for obj in store.all(resource.key, target.namespace) if matches(obj)]
        first = [{"type": "ADDED", "object": shape(served(obj, resource))} for obj in existing]
        if request.flag("sendInitialEvents"):
            first.append(bookmark(store.version, resource, initial=True))
    elif not store.remembers(version):
        first = [{"type": "ERROR", "object": _expired(version, store.version).body()}]
        seconds = 0.0
    else:
        missed = (convert(event) for event in store.since(resource.key, target.namespace, version))
        first = [item for item in missed if item]
    return WatchAnswer(store.watch(resource.key, target.namespace), first, convert, seconds)


def bookmark(version: int, resource: Resource, *, initial: bool = False) -> Object:
    """A bookmark event at this version."""
    meta: Object = {"resourceVersion": str(version)}
    if initial:
        meta["annotations"] = {"k8s.io/initial-events-end": "true"}
    obj = {"kind": resource.kind, "apiVersion": resource.api_version, "metadata": meta}
    return {"type": "BOOKMARK", "object": obj}


def _seen_as(event: Event, matches: Matcher) -> str | None:
    """How a watch with a selector sees a change: what begins or ceases to match appears or vanishes."""
    now, before = matches(event.obj), event.before is not None and matches(event.before)
    if event.type == "DELETED":
        return "DELETED" if before or now else None
    if now:
        return "MODIFIED" if before else "ADDED"
    return "DELETED" if before else None


def _expired(version: int, current: int) -> ApiError:
    return ApiError(410, "Expired", f"too old resource version: {version} ({current})")


def scale_of(obj: Object) -> Object:
    """The `Scale` of a workload."""
    meta = {
        key: metadata(obj)[key]
        for key in ("name", "namespace", "uid", "resourceVersion", "creationTimestamp")
        if key in metadata(obj)
    }
    selector = obj["spec"].get("selector") or {}
    status: Object = {"replicas": (obj.get("status") or {}).get("replicas", 0)}
    if text := _selector_text(selector):
        status["selector"] = text
    replicas = obj["spec"].get("replicas", 0)
    spec = {"replicas": replicas} if replicas else {}
    return {"kind": "Scale", "apiVersion": "autoscaling/v1", "metadata": meta, "spec": spec, "status": status}


def _selector_text(selector: Object) -> str:
    parts = [f"{key}={value}" for key, value in sorted((selector.get("matchLabels") or {}).items())]
    for item in selector.get("matchExpressions") or ():
        values = ",".join(item.get("values") or ())
        form = {"In": "{} in ({})", "NotIn": "{} notin ({})", "Exists": "{}", "DoesNotExist": "!{}"}
        parts.append(form[item["operator"]].format(item["key"], values))
    return ",".join(parts)
