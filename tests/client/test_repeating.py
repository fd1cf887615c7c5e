"""What the client does when the API asks to wait, and how it says that waiting did not help."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any

import httpx
import pytest

from client import ApiProblem, Client, NotFound, TooManyRequests, Unavailable, requests
from client.errors import problem_of

Answers = list[tuple[int, dict[str, str]]]


@contextmanager
def api(*answers: tuple[int, dict[str, str]]) -> Iterator[tuple[str, list[dict[str, str]]]]:
    """Answers so, a request each, and then with 200; also yields the headers that it was asked with."""
    asked: list[dict[str, str]] = []
    waiting: Answers = list(answers)

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            self.rfile.read(int(self.headers.get("Content-Length") or 0))
            asked.append(dict(self.headers))
            status, headers = waiting.pop(0) if waiting else (200, {})
            body = json.dumps({"status": status, "code": "Busy", "looked_at": 0, "started": [], "failed": 0})
            self.send_response(status)
            for name, value in {**headers, "Content-Length": str(len(body))}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(body.encode())

        def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the server's signature
            """What was asked is kept."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}", asked
    finally:
        server.shutdown()
        server.server_close()


@pytest.fixture
def pauses(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """In place of waiting."""
    waited: list[float] = []
    monkeypatch.setattr(requests, "sleep", waited.append)
    return waited


def test_what_the_api_puts_off_is_asked_again(pauses: list[float]) -> None:
    """429 and 503 are repeated after the pause that they ask for, a change with the key it had."""
    with api((429, {"Retry-After": "2"}), (503, {}), (503, {"Retry-After": "900"})) as (url, asked):
        assert Client(url).recover()["looked_at"] == 0
    assert pauses == [2, 1, requests.LONGEST_PAUSE_SECONDS]
    assert len(asked) == 4
    assert len({headers["Idempotency-Key"] for headers in asked}) == 1


@pytest.mark.parametrize(("status", "kind"), [(429, TooManyRequests), (503, Unavailable)])
def test_what_stays_put_off_is_an_error(
    pauses: list[float], status: int, kind: type[TooManyRequests | Unavailable]
) -> None:
    """After as many attempts as the client was given, by the status of the last one."""
    with api(*[(status, {"Retry-After": "0"})] * 3) as (url, asked), pytest.raises(kind):
        Client(url, attempts=3).recover()
    assert (len(asked), len(pauses)) == (3, 2)


def test_what_others_answer_is_no_problem_of_ours() -> None:
    """Whatever JSON comes from behind a wrong address, the error says by which status, and asks."""
    elsewhere = httpx.Request("GET", "http://elsewhere/v1/plans")
    answer = httpx.Response(404, json={"detail": ["no"], "errors": ["no"]}, request=elsewhere)
    problem = problem_of(answer)
    assert (type(problem), problem.status, problem.code, problem.fields) == (NotFound, 404, "", [])
    assert "is it a Tenantry API?" in str(problem)


@pytest.mark.parametrize("status", [400, 409, 500])
def test_other_refusals_are_said_at_once(pauses: list[float], status: int) -> None:
    """Asking again would be answered no other way, or is not known to be harmless."""
    with api((status, {})) as (url, asked), pytest.raises(ApiProblem):
        Client(url).recover()
    assert (len(asked), pauses) == (1, [])
