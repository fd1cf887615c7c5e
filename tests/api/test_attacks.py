"""What a client library would never send: bytes on a connection, as an attacker writes them."""

import asyncio
import gzip
import json
from collections.abc import AsyncIterator, Callable
from contextlib import suppress
from urllib.parse import urlsplit

import pytest

from api.app import create_app
from api.problems import ApiProblem
from api.streams import Streams
from catalog import Catalog
from runtime.bounded_http import LONGEST_HEAD, BoundedHttp
from runtime.settings import Settings
from tests.api.conftest import served
from tests.api.front import ADMIN_KEY, Front, admin_at, code_of, new_key, until

JSON = {"Content-Type": "application/json"}
HEAD = f"POST /v1/customers HTTP/1.1\r\nAuthorization: Bearer {ADMIN_KEY}\r\nIdempotency-Key: raw\r\n"
WITH_HOST = f"{HEAD}Host: x\r\nContent-Type: application/json\r\n"
BODY = '{"name": "raw"}'
PATIENCE_SECONDS = 10


@pytest.fixture(scope="module")
async def hurried(api_settings: Settings, catalog: Catalog) -> AsyncIterator[str]:
    """An API that waits for a body no longer than a second."""
    settings = api_settings.model_copy(update={"api_body_seconds": 1, "api_streams_per_caller": 1})
    async with served(create_app(settings, catalog=catalog)) as address:
        yield address


async def said(address: str, text: str) -> str:
    """All that comes back until the server ends the connection."""
    parts = urlsplit(address)
    reader, writer = await asyncio.open_connection(parts.hostname, parts.port)
    try:
        writer.write(text.encode("latin-1"))
        async with asyncio.timeout(PATIENCE_SECONDS):
            return (await reader.read()).decode()
    finally:
        writer.close()


@pytest.mark.parametrize(
    "rest",
    [
        "Content-Length: 15\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\nGET /healthz HTTP/1.1\r\n\r\n",
        f"Content-Length: 15\r\nContent-Length: 3\r\n\r\n{BODY}",
        f"Content-Length: +15\r\n\r\n{BODY}",
        f"Content-Length: -1\r\n\r\n{BODY}",
        f"Content-Length : 15\r\n\r\n{BODY}",
        f"Transfer-Encoding: xchunked\r\n\r\n{BODY}",
        f"Transfer-Encoding: chunked, identity\r\n\r\nf\r\n{BODY}\r\n0\r\n\r\n",
        f"Transfer-Encoding: chunked\r\n\r\nfffffffffffffffff\r\n{BODY}\r\n0\r\n\r\n",
        f" folded: x\r\nContent-Length: 15\r\n\r\n{BODY}",
    ],
)
async def test_a_request_of_unclear_length_is_refused(front: Front, rest: str) -> None:
    """Nobody smuggles a request in another's body: one answer, a 400, and the connection ends."""
    answers = await said(str(front.http.base_url), WITH_HOST + rest)
    assert answers.startswith("HTTP/1.1 400 ")
    assert answers.count("HTTP/1.1") == 1


@pytest.mark.parametrize(
    ("text", "detail"),
    [
        (f"{HEAD}\r\n", "no Host header"),
        (f"{WITH_HOST}Host: y\r\n\r\n", "Host is sent more than once"),
        (f"{WITH_HOST}Authorization: Bearer other\r\n\r\n", "Authorization is sent more than once"),
        (f"{WITH_HOST}idempotency-key: other\r\n\r\n", "Idempotency-Key is sent more than once"),
    ],
)
async def test_a_head_that_can_be_read_in_two_ways_is_refused(front: Front, text: str, detail: str) -> None:
    """What stands twice and may stand once is a 400 that names it."""
    answer = await said(str(front.http.base_url), text.replace("\r\n\r\n", "\r\nConnection: close\r\n\r\n"))
    problem = json.loads(answer.partition("\r\n\r\n")[2])
    assert (problem["status"], problem["code"]) == (400, "BadRequest")
    assert detail in problem["detail"]


@pytest.mark.parametrize(
    "text",
    [
        f"{WITH_HOST}X-Long: {'x' * LONGEST_HEAD}",
        f"{WITH_HOST}X-Long: {'x' * LONGEST_HEAD}\r\n\r\n",
        WITH_HOST + "X-Many: yes\r\n" * 8000 + "\r\n",
        f"GET /{'x' * LONGEST_HEAD}",
    ],
)
async def test_a_head_without_end_is_refused(front: Front, text: str) -> None:
    """It fills no memory: a 400 as soon as it is too long, whether or not it is whole."""
    assert (await said(str(front.http.base_url), text)).startswith("HTTP/1.1 400 ")


@pytest.mark.parametrize(("text", "answer"), [("", ""), ("GET /healthz HTTP/1.1\r\nHo", "took too long")])
async def test_a_head_that_does_not_come_ends_the_connection(
    hurried: str, monkeypatch: pytest.MonkeyPatch, text: str, answer: str
) -> None:
    """Connections are not held by those who send nothing, or half a head."""
    monkeypatch.setattr(BoundedHttp, "head_seconds", 0.05)
    assert answer in await said(hurried, text)


async def test_a_body_that_does_not_come_is_a_408(hurried: str) -> None:
    """Half a body is waited for as long as the settings say; then the connection ends."""
    answer = await said(hurried, f"{WITH_HOST}Content-Length: 15\r\n\r\n{{")
    assert answer.startswith("HTTP/1.1 408 ")
    assert '"code": "BodyTooSlow"' in answer


@pytest.mark.parametrize(
    ("content", "hint"),
    [
        (b'{"name": "a", "name": "b"}', "'name' twice"),
        (b'{"name": {"x": 1, "x": 1}}', "'x' twice"),
        (b"[" * 30_000, "too deep"),
        (b'{"name": 1' + b"0" * 5000 + b"}", "digits"),
        ('{"name": "a"}'.encode("utf-16"), "UTF-8"),
        (b'\xef\xbb\xbf{"name": "a"}', "character 0"),
        (b'{"name": "a"}{"name": "b"}', "character 13"),
    ],
)
async def test_json_that_readers_understand_differently_is_refused(
    front: Front, content: bytes, hint: str
) -> None:
    """A field that stands twice, another encoding, depth without end: a 400 that says what is wrong."""
    answer = await front.http.post("/v1/customers", content=content, headers=JSON | new_key())
    assert (answer.status_code, code_of(answer)) == (400, "MalformedBody")
    assert hint in answer.json()["detail"]


@pytest.mark.parametrize("pack", [gzip.compress, bytes])
async def test_a_packed_body_is_refused(front: Front, pack: Callable[[bytes], bytes]) -> None:
    """Nothing is unpacked, so nothing swells; what only says that it is packed is refused, too."""
    headers = JSON | new_key() | {"Content-Encoding": "gzip"}
    answer = await front.http.post("/v1/customers", content=pack(BODY.encode()), headers=headers)
    assert (answer.status_code, code_of(answer)) == (415, "UnsupportedMediaType")
    assert "Content-Encoding" in answer.json()["detail"]


@pytest.mark.parametrize("announced", [True, False])
@pytest.mark.parametrize("key", [ADMIN_KEY, "nobody's"])
async def test_fifty_megabytes_are_not_taken(front: Front, key: str, announced: bool) -> None:
    """With a length it is refused unread; without one at the limit, or before it where nobody is known."""
    size = 50 * 1024 * 1024
    length = f"Content-Length: {size}" if announced else "Transfer-Encoding: chunked"
    parts = urlsplit(str(front.http.base_url))
    reader, writer = await asyncio.open_connection(parts.hostname, parts.port)
    head = f"{WITH_HOST}{length}\r\n\r\n".replace(ADMIN_KEY, key)
    writer.write(head.encode() + (b"" if announced else b"%x\r\n" % size) + b" " * 100_000)
    async with asyncio.timeout(PATIENCE_SECONDS):
        status = (await reader.readline()).split()[1]
    writer.close()
    assert status == (b"413" if announced or key == ADMIN_KEY else b"401")


@pytest.mark.parametrize(
    "slug",
    ["..%2F..", "..%2f..%2fetc", "%2e%2e", "%00", "acme%0a", "%C3%BC", "a" * 3000, "%25%30%30"],
)
async def test_a_slug_that_is_a_path(front: Front, slug: str) -> None:
    """It names no tenant, leads nowhere else, and is not repeated in the detail."""
    answer = await front.http.get(f"/v1/tenants/{slug}")
    assert (answer.status_code, code_of(answer)) == (404, "TenantNotFound")
    assert slug not in answer.json()["detail"]


async def test_headers_cannot_be_injected(front: Front) -> None:
    """What a caller sends back to itself in headers is its request id: kept if plain, else replaced."""
    for name in ("X-Request-Id", "Tenantry-Reason"):
        answer = await front.http.get("/v1/me", headers={name: "a%0d%0aX-Evil: 1"})
        assert "x-evil" not in answer.headers
        assert "%" not in answer.headers["x-request-id"]


async def test_a_caller_has_only_so_many_streams(hurried: str, front: Front) -> None:
    """One more is a 429; when one ends, there is room again."""
    body = await front.signup_body()
    front.providers.hold(body["slug"])
    path = (await front.ask("POST", "/v1/tenants", body)).json()["links"]["events"]

    async def has_room() -> bool | None:
        async with http.stream("GET", path) as another:
            return another.status_code == 200 or None

    async with admin_at(hurried) as http:
        async with http.stream("GET", path):
            refused = await http.get(path)
            assert (refused.status_code, code_of(refused)) == (429, "TooManyRequests")
            assert refused.headers["retry-after"]
        assert await until(has_room)
    front.providers.release(body["slug"])


def test_streams_are_counted_by_caller() -> None:
    """Another caller has room while the first has none, and an end by an error is an end, too."""
    streams = Streams(1)
    with suppress(KeyError), streams.one_of("a"), streams.one_of("b"):
        raise KeyError
    with streams.one_of("a"), pytest.raises(ApiProblem), streams.one_of("a"):
        pass
