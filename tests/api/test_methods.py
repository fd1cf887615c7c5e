"""Methods: HEAD beside every GET, and the truth in Allow."""

import re
from pathlib import Path

import pytest

from api.app import create_app
from catalog import Catalog
from runtime.settings import Settings
from tests.api.front import Front, Json, code_of, new_key

DOCS = Path(__file__).parents[2] / "docs" / "api.md"


@pytest.mark.parametrize(
    "path", ["/healthz", "/v1/tenants", "/v1/plans", "/problems", "/openapi.json", "/docs"]
)
async def test_head_answers_as_get_does(front: Front, path: str) -> None:
    """HEAD has GET's status and headers, and no body."""
    got, head = await front.http.get(path), await front.http.head(path)
    assert (head.status_code, head.content) == (got.status_code, b"") == (200, b"")
    for name in ("content-type", "content-length"):
        assert head.headers.get(name) == got.headers.get(name)


async def test_head_of_what_is_not_there(front: Front) -> None:
    """HEAD shows the status that GET has, also of a problem."""
    head = await front.http.head("/v1/tenants/nobody-here")
    assert (head.status_code, head.content) == (404, b"")


async def test_head_of_a_stream_ends(front: Front) -> None:
    """HEAD of an operation's events answers at once, while the operation is open."""
    accepted = await front.sign_up()
    head = await front.http.head(accepted["links"]["events"])
    assert (head.status_code, head.content) == (200, b"")
    assert head.headers["content-type"].startswith("text/event-stream")


@pytest.mark.parametrize(
    ("method", "path", "allowed"),
    [
        ("PUT", "/v1/tenants", "GET, HEAD, POST"),
        ("POST", "/v1/tenants/some-slug", "GET, HEAD, PATCH, DELETE"),
        ("HEAD", "/v1/tenants/some-slug/resume", "POST"),
        ("DELETE", "/healthz", "GET, HEAD"),
        ("GET", "/v1/tenants/some-slug/suspend", "POST"),
    ],
)
async def test_allow_lists_every_method_of_the_path(
    front: Front, method: str, path: str, allowed: str
) -> None:
    """A 405 says all that would be taken, whichever routes share the path."""
    answer = await front.http.request(method, path, headers=new_key())
    assert (answer.status_code, answer.headers["allow"]) == (405, allowed)
    if method != "HEAD":
        assert code_of(answer) == "MethodNotAllowed"


def test_every_route_is_in_the_table(catalog: Catalog) -> None:
    """docs/api.md names each method and path of the OpenAPI document."""
    document: Json = create_app(Settings(), catalog=catalog).openapi()
    routes = [
        f"`{method.upper()} {path}" for path, methods in document["paths"].items() for method in methods
    ]
    table = DOCS.read_text()
    plain = [re.sub(r"{\w+_id}", "{id}", route) for route in routes]
    assert [route for route in plain if route not in table] == []
