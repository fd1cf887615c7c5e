"""Answers in the form that the client asked for: objects, tables, or metadata alone."""

from collections.abc import Callable
from typing import Any

from devstack.kubernetes.objects import Object
from devstack.kubernetes.requests import Answer, Request
from devstack.kubernetes.resources import Resource
from devstack.kubernetes.tables import partial, table


def _wanted(request: Request) -> str:
    """The first form of the Accept header that this server knows: Table, PartialObjectMetadata…, or empty."""
    for choice in request.headers.get("accept", "").split(","):
        options = dict(part.strip().partition("=")[::2] for part in choice.split(";")[1:])
        if not choice.strip().startswith(("application/json", "*/*")):
            continue
        form = options.get("as", "")
        if not form or (
            form in {"Table", "PartialObjectMetadata", "PartialObjectMetadataList"}
            and options.get("v") == "v1"
        ):
            return form
    return ""


def shaper(request: Request, resource: Resource) -> Callable[[Object], Object]:
    """Shapes the objects of a watch; only the first table bears the columns."""
    form = _wanted(request)
    if form.startswith("Partial"):
        return partial
    if form != "Table":
        return lambda obj: obj
    include = request.query.get("includeObject", "Metadata")
    headers = iter([True])

    def shape(obj: Object) -> Object:
        page = {"resourceVersion": obj["metadata"]["resourceVersion"]}
        return table([obj], resource, page, include=include, header=next(headers, False))

    return shape


def answer_object(obj: Object, request: Request, resource: Resource, status: int = 200) -> Answer:
    """One object in the wanted form; a Status and subresources of another kind stay as they are."""
    form = _wanted(request)
    if not form or obj.get("kind") != resource.kind:
        return Answer(status, obj)
    if form == "PartialObjectMetadata":
        return Answer(status, partial(obj))
    if form != "Table":
        return Answer(status, obj)
    include = request.query.get("includeObject", "Metadata")
    page = {"resourceVersion": obj["metadata"].get("resourceVersion", "")}
    return Answer(status, table([obj], resource, page, include=include, header=True))


def answer_list(found: Object, request: Request, resource: Resource) -> Answer:
    """A list in the wanted form."""
    form = _wanted(request)
    items: list[Any] = found["items"]
    if form == "PartialObjectMetadataList":
        kind = {"kind": form, "apiVersion": "meta.k8s.io/v1"}
        return Answer(
            200, {**kind, "metadata": found["metadata"], "items": [partial(item) for item in items]}
        )
    if form != "Table":
        return Answer(200, found)
    include = request.query.get("includeObject", "Metadata")
    full = [{"kind": resource.kind, "apiVersion": resource.api_version, **item} for item in items]
    return Answer(200, table(full, resource, found["metadata"], include=include, header=True))
