"""Bad input: a clear problem document, never a 5xx, and nothing made."""

import json
from typing import Any

import pytest

from tests.api.front import Front, code_of, new_key

JSON = {"Content-Type": "application/json"}
GOOD = {"slug": "good-slug", "region": "us-east-1", "plan": "echo", "users": 5}


@pytest.mark.parametrize(
    ("change", "field", "hint"),
    [
        ({"slug": "Acme"}, "slug", "lower-case"),
        ({"slug": "a"}, "slug", "3 to 32"),
        ({"slug": "a" * 33}, "slug", "3 to 32"),
        ({"slug": "a--b"}, "slug", "single hyphens"),
        ({"slug": "1abc"}, "slug", "starting with a letter"),
        ({"slug": "abc-"}, "slug", "ending with"),
        ({"slug": "abc\n"}, "slug", "lower-case"),
        ({"slug": "ab\u0000c"}, "slug", "lower-case"),
        ({"slug": "\u0430cme"}, "slug", "lower-case"),
        ({"slug": "admin"}, "slug", "reserved"),
        ({"slug": None}, "slug", "string"),
        ({"slug": ["a"]}, "slug", "string"),
        ({"plan": "gold"}, "plan", "team"),
        ({"plan": "x" * 10_000}, "plan", "64"),
        ({"plan": 5}, "plan", "string"),
        ({"region": "mars-1"}, "region", "eu-west-1"),
        ({"region": ""}, "region", "us-east-1"),
        ({"time_zone": "Mars/Olympus"}, "time_zone", "such as Europe/Paris or UTC"),
        ({"time_zone": 1}, "time_zone", "string"),
        ({"users": 0}, "users", "greater than or equal to 1"),
        ({"users": -1}, "users", "greater than or equal to 1"),
        ({"users": 10**9}, "users", "less than or equal to 1000000"),
        ({"users": 10**300}, "users", "1000000"),
        ({"users": 1.5}, "users", "integer"),
        ({"users": 5.0}, "users", "integer"),
        ({"users": "5"}, "users", "integer"),
        ({"users": True}, "users", "integer"),
        ({"users": None}, "users", "integer"),
        ({"users": 1001}, "users", "1 to 1000"),
        ({"resources": {"servers": -1}}, "resources.servers", "greater than or equal to 0"),
        ({"resources": {"serves": 1}}, "resources.serves", "no such field"),
        ({"resources": []}, "resources", "dictionary"),
        ({"id": "x"}, "id", "pattern"),
        ({"id": "abcdefghijk\n"}, "id", "pattern"),
        ({"customer_id": "nobody"}, "customer_id", "/v1/customers"),
        ({"customer_id": "a\u0000"}, "customer_id", "pattern"),
        ({"customer_id": None}, "customer_id", "is missing"),
        ({"customer": "Acme"}, "customer_id", "not both"),
        ({"customer": "a\u0000", "customer_id": None}, "customer", "visible"),
        ({"colour": "red"}, "colour", "no such field"),
        ({"\ud800": 1}, "body", "unicode"),
        ({"x" * 5000: 1}, "x" * 200, "no such field"),
    ],
)
async def test_a_bad_signup_names_its_field(
    front: Front, change: dict[str, Any], field: str, hint: str
) -> None:
    """Each wrong field is a 422 that names the field and what would be right."""
    body = GOOD | {"customer_id": await front.customer()} | change
    answer = await front.http.post("/v1/tenants", content=json.dumps(body), headers=new_key() | JSON)
    assert answer.status_code == 422, answer.text
    assert code_of(answer) == "InvalidSpec"
    problems = {problem["field"]: problem["message"] for problem in answer.json()["errors"]}
    assert hint in problems[field]


async def test_all_wrong_fields_are_named_at_once(front: Front) -> None:
    """One answer lists every problem, so that nobody mends them one by one."""
    answer = await front.ask("POST", "/v1/tenants", {"slug": "A", "users": -1, "colour": "red"})
    assert {problem["field"] for problem in answer.json()["errors"]} == {
        "slug", "users", "colour", "customer_id", "region", "plan",
    }  # fmt: skip
    beyond_shape = GOOD | {"customer_id": "nobody", "users": -1, "slug": "A", "region": "x", "plan": "y"}
    answer = await front.ask("POST", "/v1/tenants", beyond_shape)
    assert {problem["field"] for problem in answer.json()["errors"]} == {
        "slug", "users", "region", "plan", "customer_id",
    }  # fmt: skip
    region_and_plan = GOOD | {"customer_id": await front.customer(), "region": "x", "plan": "y"}
    answer = await front.ask("POST", "/v1/tenants", region_and_plan)
    assert {problem["field"] for problem in answer.json()["errors"]} == {"region", "plan"}


@pytest.mark.parametrize(
    ("content", "headers", "status", "code"),
    [
        (b"", JSON, 422, "InvalidSpec"),
        (b"{", JSON, 400, "MalformedBody"),
        (b"{'a': 1}", JSON, 400, "MalformedBody"),
        (b"null", JSON, 422, "InvalidSpec"),
        (b"[]", JSON, 422, "InvalidSpec"),
        (b'"text"', JSON, 422, "InvalidSpec"),
        (b'{"slug": "\xff\xfe"}', JSON, 400, "MalformedBody"),
        (b"\xff\xfe\x00", JSON, 400, "MalformedBody"),
        (b'{"users": ' + b"9" * 5000 + b"}", JSON, 400, "MalformedBody"),
        (b"[" * 30_000, JSON, 400, "MalformedBody"),
        (b'{"a":' * 10_000, JSON, 400, "MalformedBody"),
        (b'{"users": NaN}', JSON, 422, "InvalidSpec"),
        (b'{"users": Infinity}', JSON, 422, "InvalidSpec"),
        (b'{"slug": "a\x00b"}', JSON, 400, "MalformedBody"),
        (b"{}", {}, 415, "UnsupportedMediaType"),
        (b"{}", {"Content-Type": "text/plain"}, 415, "UnsupportedMediaType"),
        (b"{}", {"Content-Type": "application/x-www-form-urlencoded"}, 415, "UnsupportedMediaType"),
        (b"{}", {"Content-Type": "application/json; charset=utf-7"}, 422, "InvalidSpec"),
        (b"{}", {"Content-Type": ";;;"}, 415, "UnsupportedMediaType"),
        (b'{"slug": "' + b"a" * 70_000 + b'"}', JSON, 413, "BodyTooLarge"),
    ],
)
@pytest.mark.parametrize(("method", "path"), [("POST", "/v1/tenants"), ("POST", "/v1/customers")])
async def test_a_body_that_cannot_be_read(
    front: Front, content: bytes, headers: dict[str, str], status: int, code: str, method: str, path: str
) -> None:
    """Bytes that are no JSON, no object, too many or mislabelled are refused by name."""
    answer = await front.http.request(method, path, content=content, headers=headers | new_key())
    assert (answer.status_code, code_of(answer)) == (status, code)


async def test_a_chunked_body_over_the_limit(front: Front) -> None:
    """A body without a length is counted as it comes and refused at the limit."""

    async def endless() -> Any:
        for _ in range(1000):
            yield b" " * 1024

    answer = await front.http.post("/v1/tenants", content=endless(), headers=new_key() | JSON)
    assert (answer.status_code, code_of(answer)) == (413, "BodyTooLarge")


@pytest.mark.parametrize(
    ("method", "path", "status", "code"),
    [
        ("GET", "/", 404, "RouteNotFound"),
        ("GET", "/v1", 404, "RouteNotFound"),
        ("GET", "/v1/tenants/", 404, "RouteNotFound"),
        ("GET", "/v2/tenants", 404, "RouteNotFound"),
        ("GET", "/problems/Nothing", 404, "RouteNotFound"),
        ("PUT", "/v1/tenants", 405, "MethodNotAllowed"),
        ("DELETE", "/v1/customers", 405, "MethodNotAllowed"),
        ("TRACE", "/healthz", 405, "MethodNotAllowed"),
        ("GET", "/v1/tenants/nobody-here", 404, "TenantNotFound"),
        ("GET", "/v1/tenants/%00", 404, "TenantNotFound"),
        ("GET", "/v1/tenants/%ff%fe", 404, "TenantNotFound"),
        ("GET", "/v1/tenants/%0d%0aX-Evil:1", 404, "TenantNotFound"),
        ("GET", "/v1/tenants/' OR 1=1 --", 404, "TenantNotFound"),
        ("GET", "/v1/tenants/" + "a" * 5000, 404, "TenantNotFound"),
        ("GET", "/v1/tenants/nobody-here/certificate", 404, "TenantNotFound"),
        ("GET", "/v1/tenants/nobody-here/operations", 404, "TenantNotFound"),
        ("GET", "/v1/tenants/nobody-here?id=abc", 422, "InvalidSpec"),
        ("GET", "/v1/tenants/nobody-here?id=abcdefghijkl", 404, "TenantNotFound"),
        ("GET", "/v1/tenants/nobody-here?colour=red", 422, "InvalidSpec"),
        ("GET", "/v1/operations/nothing", 404, "OperationNotFound"),
        ("GET", "/v1/operations/%00", 404, "OperationNotFound"),
        ("GET", "/v1/operations/nothing/events", 404, "OperationNotFound"),
        ("POST", "/v1/operations/nothing/cancel", 404, "OperationNotFound"),
        ("GET", "/v1/tenants?phase=flying", 422, "InvalidSpec"),
        ("GET", "/v1/tenants?plan=%00", 422, "InvalidSpec"),
        ("GET", "/v1/tenants?region=", 422, "InvalidSpec"),
        ("GET", "/v1/tenants?limit=0", 422, "InvalidSpec"),
        ("GET", "/v1/tenants?limit=201", 422, "InvalidSpec"),
        ("GET", "/v1/tenants?limit=" + "9" * 5000, 422, "InvalidSpec"),
        ("GET", "/v1/tenants?limit=1&limit=x", 422, "InvalidSpec"),
        ("GET", "/v1/tenants?cursor=%00", 422, "InvalidSpec"),
        ("GET", "/v1/tenants?cursor=MDAwMS0wMS0wMVQwMDowMDowMCswMDowMCBhYQ==", 422, "InvalidSpec"),
        ("GET", "/v1/tenants?customer_id=%00", 422, "InvalidSpec"),
        ("GET", "/v1/tenants?offset=3", 422, "InvalidSpec"),
        ("PATCH", "/v1/tenants/nobody-here", 415, "UnsupportedMediaType"),
        ("POST", "/v1/tenants/nobody-here/suspend", 404, "TenantNotFound"),
        ("POST", "/v1/tenants/nobody-here/resume", 404, "TenantNotFound"),
        ("POST", "/v1/tenants/nobody-here/restore", 404, "TenantNotFound"),
        ("POST", "/v1/tenants/nobody-here/explode", 404, "RouteNotFound"),
        ("DELETE", "/v1/tenants/nobody-here", 404, "TenantNotFound"),
        ("DELETE", "/v1/tenants/nobody-here?grace=-1", 422, "InvalidSpec"),
        ("DELETE", "/v1/tenants/nobody-here?grace=soon", 422, "InvalidSpec"),
        ("DELETE", "/v1/tenants/nobody-here?grace=999999999999", 422, "InvalidSpec"),
        ("DELETE", "/v1/tenants/nobody-here?grce=0", 422, "InvalidSpec"),
    ],
)
async def test_a_path_or_parameter_that_leads_nowhere(
    front: Front, method: str, path: str, status: int, code: str
) -> None:
    """Unknown paths, methods, names and parameters are refused by name."""
    answer = await front.http.request(method, path, headers=new_key())
    assert (answer.status_code, code_of(answer)) == (status, code)


@pytest.mark.parametrize(
    ("body", "field", "hint"),
    [
        ({}, "body", "at least one"),
        ({"plan": "gold"}, "plan", "team"),
        ({"plan": "team"}, "plan", "another product"),
        ({"users": 5000}, "users", "1 to 1000"),
        ({"region": "eu-west-1"}, "region", "no such field"),
        ({"resources": {"servers": 2_000_000}}, "resources.servers", "1000000"),
        ({"resources": {"servers": -1}, "plan": "gold"}, "plan", "team"),
        ({"resources": {"servers": -1}, "plan": "team", "users": 5000}, "users", "1 to 200"),
        ({"users": -1, "plan": "gold"}, "plan", "team"),
    ],
)
async def test_a_bad_scale_names_its_field(
    front: Front, active: dict[str, str], body: dict[str, Any], field: str, hint: str
) -> None:
    """A target that cannot be had is a 422 before anything starts."""
    answer = await front.ask("PATCH", f"/v1/tenants/{active['slug']}", body)
    assert (answer.status_code, code_of(answer)) == (422, "InvalidSpec")
    problems = {problem["field"]: problem["message"] for problem in answer.json()["errors"]}
    assert hint in problems[field]


@pytest.mark.parametrize(
    ("method", "path"), [("POST", "/suspend"), ("POST", "/resume"), ("DELETE", ""), ("POST", "/restore")]
)
async def test_a_wish_in_a_body_that_is_not_read(
    front: Front, active: dict[str, str], method: str, path: str
) -> None:
    """A body where none is read is refused, as the wish in it would be lost."""
    answer = await front.ask(method, f"/v1/tenants/{active['slug']}{path}", {"grace": 5})
    assert (answer.status_code, code_of(answer)) == (422, "InvalidSpec")


@pytest.mark.parametrize("key", [None, "", "a b", "ü", "x" * 256, "a\tb"])
async def test_a_change_without_a_usable_key(front: Front, key: str | None) -> None:
    """Every change asks for an Idempotency-Key of visible ASCII."""
    headers = [] if key is None else [(b"Idempotency-Key", key.encode())]
    answer = await front.http.post("/v1/customers", json={"name": "Acme"}, headers=headers)
    assert (answer.status_code, code_of(answer)) == (400, "IdempotencyKeyMissing")


@pytest.mark.parametrize("name", ["", " ", "a\u0000b", "a\nb", "x" * 201, 5, None, "\ud800"])
async def test_a_bad_customer_name(front: Front, name: object) -> None:
    """A customer's name is visible text of at most 200 characters."""
    answer = await front.http.post(
        "/v1/customers", content=json.dumps({"name": name}), headers=new_key() | JSON
    )
    assert (answer.status_code, code_of(answer)) == (422, "InvalidSpec")
