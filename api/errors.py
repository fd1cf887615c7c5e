"""Turns everything that can go wrong into problem details; nothing else writes an error answer."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

import structlog
from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.routing import Match

from api.checks import known_problems
from api.customers import customer_problems
from api.paths import nowhere
from api.problem_types import PROBLEMS
from api.problems import MEDIA_TYPE, ApiProblem, FieldProblem, Problem, away, invalid_fields
from api.services import services
from domain.errors import Unavailable

log = structlog.get_logger(__name__)

_BY_STATUS = {
    400: "BadRequest",
    404: "RouteNotFound",
    405: "MethodNotAllowed",
    413: "BodyTooLarge",
    415: "UnsupportedMediaType",
}
_METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE")
_SHOWN_FIELD = 200
_SHOWN_ERRORS = 50


def install_error_answers(app: FastAPI) -> None:
    app.exception_handler(ApiProblem)(_api_problem)
    app.exception_handler(RequestValidationError)(_validation)
    app.exception_handler(HTTPException)(_http)
    app.exception_handler(Unavailable)(_database)
    app.exception_handler(Exception)(_unexpected)


def problem_answer(scope: Mapping[str, Any], problem: ApiProblem) -> Response:
    """The answer itself; also for middleware, which runs outside of the handlers."""
    body = Problem(
        type=problem.kind.uri,
        title=problem.kind.title,
        status=problem.kind.status,
        detail=problem.detail,
        instance=_path(scope),
        code=problem.kind.code,
        request_id=scope.get("state", {}).get("request_id"),
        errors=problem.errors,
        operation=problem.operation,
    )
    # ASCII only: a field name may hold half a surrogate pair, which UTF-8 cannot carry.
    text = json.dumps(body.model_dump(exclude_none=True), ensure_ascii=True)
    return Response(text, problem.kind.status, problem.headers, MEDIA_TYPE)


def _path(scope: Mapping[str, Any]) -> str:
    raw: bytes = scope.get("raw_path") or b"/"
    return raw.decode("ascii", "replace")


async def _api_problem(request: Request, error: ApiProblem) -> Response:
    return problem_answer(request.scope, error)


async def _validation(request: Request, error: RequestValidationError) -> Response:
    found = error.errors()
    if any(one["type"] == "json_invalid" for one in found):
        where = found[0]["loc"][-1]
        return problem_answer(
            request.scope,
            ApiProblem("MalformedBody", f"The body is not JSON: it breaks at character {where}."),
        )
    if any(_header(one["loc"]) == "idempotency-key" for one in found):
        return problem_answer(request.scope, ApiProblem("IdempotencyKeyMissing"))
    if nameless := next((one["loc"][1] for one in found if one["loc"][0] == "path"), None):
        return problem_answer(request.scope, nowhere(nameless))
    fields = [FieldProblem(field=_field(one["loc"]), message=_message(one)) for one in found]
    fields += await _beyond_shape(request, error.body, [one["loc"] for one in found])
    return problem_answer(request.scope, invalid_fields(fields[:_SHOWN_ERRORS]))


async def _beyond_shape(request: Request, body: Any, wrongs: Sequence[Sequence[Any]]) -> list[FieldProblem]:
    """Whoever mends the fields of a wrong shape should not be told only then what else is wrong."""
    # A wrong place without a field is the body itself: then none of its fields was looked at.
    if not isinstance(body, dict) or any(len(loc) == 1 for loc in wrongs):
        return []
    wrong = {loc[1] for loc in wrongs}
    asking = services(request)
    sound = {name: value for name, value in body.items() if name not in wrong}
    problems = known_problems(asking.catalog, sound)
    try:
        return problems + await customer_problems(asking, sound.get("customer_id"), sound.get("customer"))
    except Unavailable:
        # The answer is a refusal anyway; what only PostgreSQL knows comes with the next try.
        return problems


def _header(loc: Sequence[Any]) -> str:
    return str(loc[-1]).lower() if loc and loc[0] == "header" else ""


def _field(loc: Sequence[Any]) -> str:
    parts = [str(part) for part in loc[1:]] or [str(part) for part in loc[:1]]
    return ".".join(parts)[:_SHOWN_FIELD]


def _message(error: Mapping[str, Any]) -> str:
    if error["type"] == "extra_forbidden":
        return "there is no such field; see /docs for those there are"
    if error["type"] == "missing":
        return "is missing"
    text = str(error["msg"]).removeprefix("Value error, ")
    return text[:1].lower() + text[1:]


async def _http(request: Request, error: HTTPException) -> Response:
    code = _BY_STATUS.get(error.status_code, "BadRequest" if error.status_code < 500 else "InternalError")
    if error.status_code == 400 and request.method not in {"GET", "HEAD"}:
        # The framework says 400 only for a body that it cannot decode: no UTF-8, a number too long, too deep.
        code = "MalformedBody"
    headers = {"Allow": ", ".join(_allowed(request))} if error.status_code == 405 else {}
    return problem_answer(request.scope, ApiProblem(code, PROBLEMS[code].advice, headers=headers))


def _allowed(request: Request) -> list[str]:
    """Every method of the path; the framework names only those of the first route that has the path."""
    routes = request.app.routes
    taken = [
        method
        for method in _METHODS
        if any(route.matches({**request.scope, "method": method})[0] is Match.FULL for route in routes)
    ]
    return ["GET", "HEAD", *taken[1:]] if "GET" in taken else taken


async def _database(request: Request, error: Unavailable) -> Response:
    log.warning("database_away", cause=str(error.__cause__)[:_SHOWN_FIELD])
    return problem_answer(request.scope, away("PostgreSQL"))


async def _unexpected(request: Request, error: Exception) -> Response:
    # Made outside of our own middleware, which names the request everywhere else.
    request_id = request.scope.get("state", {}).get("request_id", "")
    log.error("request_failed", request_id=request_id, exc_info=error)
    answer = problem_answer(request.scope, ApiProblem("InternalError"))
    answer.headers["X-Request-Id"] = request_id
    return answer
