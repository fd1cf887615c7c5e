"""What the OpenAPI document says besides the models: error answers of each route, the text at the top."""

from typing import Any

from fastapi import FastAPI

from api.access import LOOKS_ITSELF, PUBLIC, ROLES
from api.problem_types import PROBLEMS
from api.problems import MEDIA_TYPE, Problem

TITLE = "Tenantry"
DESCRIPTION = """\
The life of tenants: sign-up, scale, suspend, resume, teardown and restore.

Every change needs an `Idempotency-Key` and answers **202** with the operation's address in `Location`; follow
it with `GET /v1/operations/{id}` or its event stream. The same key again gives the same operation, whatever
happened to the first answer. All but health and explanations of problems takes `Authorization: Bearer` with a
key or token whose role may. Every error is a problem detail (RFC 9457) that says what to do; `code` is for
programs.
"""
TAGS = [
    {"name": "customers", "description": "Who tenants belong to."},
    {"name": "tenants", "description": "One customer's isolated instance, and the changes of its life."},
    {"name": "operations", "description": "What became of an accepted change: steps, progress, error."},
    {"name": "webhooks", "description": "Endpoints that are told what happens."},
    {"name": "usage", "description": "What tenants' instances report, and what was made of it."},
    {"name": "billing", "description": "Invoices, closing runs, and what is given by hand."},
    {"name": "drift", "description": "What differs from the blueprints, and what belongs to no tenant."},
    {"name": "audit", "description": "Who changed what, when and why."},
    {"name": "catalog", "description": "What is sold, and where it runs."},
    {"name": "access", "description": "Who you are, and the keys of the API."},
    {"name": "support access", "description": "Who may look into a tenant, why, and for how long."},
    {"name": "health", "description": "For load balancers and people on call."},
]

_KEY = {
    "type": "http",
    "scheme": "bearer",
    "description": "A key of this API (tnk_...), or a JSON Web Token of the issuer that it trusts.",
}
_REF = "#/components/schemas/"
_LEFT_OUT = "x-left-out-when-empty"

READS = ("BadRequest", "Unavailable", "InternalError")
CHANGES = (
    "IdempotencyKeyMissing",
    "IdempotencyKeyReused",
    "BodyTooLarge",
    "BodyTooSlow",
    "InvalidSpec",
    *READS,
)
BODY = ("MalformedBody", "UnsupportedMediaType", "BodyTooLarge", "BodyTooSlow")


_ACCEPTED = {
    "description": "Accepted; every repeat with the same key answers the same",
    "headers": {"Location": {"description": "The operation", "schema": {"type": "string"}}},
}


def errors(*codes: str) -> dict[int | str, dict[str, Any]]:
    """Documents these problems on a route, one answer per status with an example per problem."""
    by_status: dict[int | str, dict[str, Any]] = {}
    for code in dict.fromkeys(codes):
        kind = PROBLEMS[code]
        answer = by_status.setdefault(
            kind.status,
            {
                "description": kind.title,
                "content": {MEDIA_TYPE: {"schema": {"$ref": _REF + "Problem"}, "examples": {}}},
            },
        )
        if answer["description"] != kind.title:
            answer["description"] = f"{answer['description']}; or: {kind.title}"
        answer["content"][MEDIA_TYPE]["examples"][code] = {"summary": kind.title, "value": _example(code)}
    return by_status


def _example(code: str) -> dict[str, Any]:
    kind = PROBLEMS[code]
    return Problem(
        type=kind.uri,
        title=kind.title,
        status=kind.status,
        detail=kind.advice,
        instance="/v1/tenants",
        code=code,
        request_id="8f3c1a90b2d4e6f7",
    ).model_dump(exclude_none=True)


def install_openapi(app: FastAPI) -> None:
    """Replaces the framework's description of validation errors by ours: all errors are problem details."""
    generate = app.openapi

    def openapi() -> dict[str, Any]:
        if app.openapi_schema is None:
            app.openapi_schema = _with_problems(generate())
        return app.openapi_schema

    app.openapi = openapi  # type: ignore[method-assign]  # the way that FastAPI documents


def _with_problems(document: dict[str, Any]) -> dict[str, Any]:
    schemas = document["components"]["schemas"]
    for unused in ("HTTPValidationError", "ValidationError"):
        schemas.pop(unused, None)
    document["components"].setdefault("securitySchemes", {})["Key"] = _KEY
    operations = [operation for path in document["paths"].values() for operation in path.values()]
    asked = _schemas_in([operation.get("requestBody") for operation in operations], schemas)
    for name in _schemas_in([operation["responses"] for operation in operations], schemas) - asked:
        schemas[name] |= _answered_whole(schemas[name])
    for path in document["paths"].values():
        for operation in path.values():
            _with_access(operation)
            if "application/json" in operation["responses"].get("422", {}).get("content", {}):
                del operation["responses"]["422"]
            if accepted := operation["responses"].get("202"):
                accepted |= _ACCEPTED
    problem = Problem.model_json_schema(ref_template=_REF + "{model}")
    schemas |= problem.pop("$defs")
    schemas["Problem"] = problem
    return document


def _answered_whole(schema: dict[str, Any]) -> dict[str, Any]:
    """Answers show every field, also one whose model has a default for it; but for what says otherwise."""
    shown = [name for name, one in schema.get("properties", {}).items() if not one.get(_LEFT_OUT)]
    return {"required": shown} if shown else {}


def _schemas_in(node: Any, schemas: dict[str, Any]) -> set[str]:
    """Names of the models that it refers to, directly or through others."""
    found: set[str] = set()
    waiting = [node]
    while waiting:
        one = waiting.pop()
        if isinstance(one, list):
            waiting += one
        elif isinstance(one, dict):
            name = str(one.get("$ref", "")).removeprefix(_REF)
            if name in schemas and name not in found:
                found.add(name)
                waiting.append(schemas[name])
            waiting += one.values()
    return found


def _with_access(operation: dict[str, Any]) -> None:
    """Who may use it, and how those are refused who may not."""
    route = operation["operationId"]
    if route in PUBLIC:
        return
    allowed = ", ".join(sorted(ROLES.get(route, frozenset())))
    operation["description"] = f"{operation.get('description', '')}\n\nFor: {allowed}.".strip()
    if route in LOOKS_ITSELF:
        return
    operation["security"] = [{"Key": []}]
    for status, answer in errors("Unauthenticated", "Forbidden", "TooManyRequests").items():
        operation["responses"][str(status)] = answer
