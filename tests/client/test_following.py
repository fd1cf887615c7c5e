"""Following an operation over a connection that is cut."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any

import pytest

from client import ApiUnreachable, Client, NotFound, following

Events = list[tuple[str, dict[str, Any]]]


def view(percent: int, status: str = "running") -> dict[str, Any]:
    return {
        "status": status,
        "percent": percent,
        "conditions": [],
        "steps": [],
        "kind": "scale",
        "slug": "acme",
    }


ALL: Events = [("op1.a", view(10)), ("op1.b", view(50)), ("op1.finished", view(100, "succeeded"))]


@contextmanager
def api(*answers: int) -> Iterator[tuple[Client, list[str | None]]]:
    """Tells an operation in pieces: one event, then the connection ends. Begins with these statuses; also
    yields the Last-Event-IDs that it was asked with."""
    asked: list[str | None] = []
    statuses = list(answers)

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            seen = self.headers.get("Last-Event-ID")
            asked.append(seen)
            status = statuses.pop(0) if statuses else 200
            self.send_response(status)
            self.send_header("Content-Type", "text/event-stream" if status == 200 else "application/json")
            # More is announced than comes: as a connection that is cut looks.
            self.send_header("Content-Length", "100000" if status == 200 else "2")
            self.end_headers()
            if status != 200:
                self.wfile.write(b"{}")
                return
            ids = [name for name, _ in ALL]
            name, data = ALL[ids.index(seen) + 1 if seen in ids else 0]
            self.wfile.write(f"id: {name}\nevent: progress\ndata: {json.dumps(data)}\n\n".encode())

        def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the server's signature
            """What was asked is kept."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield Client(f"http://127.0.0.1:{server.server_address[1]}"), asked
    finally:
        server.shutdown()
        server.server_close()


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(following, "RECONNECT_SECONDS", 0.01)


def test_a_cut_stream_is_taken_up_where_it_ended() -> None:
    """Each connection asks for what follows the last event; nothing is shown twice and nothing is missed."""
    with api() as (client, asked):
        assert list(client.follow("op1")) == [data for _, data in ALL]
    assert asked == [None, "op1.a", "op1.b"]


def test_an_api_that_is_away_for_a_moment_is_asked_again() -> None:
    """503 and 429 are waited out, at the beginning and in between."""
    with api(503, 200, 503, 429) as (client, _):
        assert list(client.follow("op1"))[-1] == ALL[-1][1]


def test_what_another_try_cannot_mend_is_said() -> None:
    """No such operation, and no API at all, end it at once; one that stays away, after a while."""
    with api(404) as (client, asked), pytest.raises(NotFound):
        list(client.follow("op1"))
    assert asked == [None]
    with pytest.raises(ApiUnreachable):
        list(Client("http://127.0.0.1:9").follow("op1"))


def test_an_api_that_stays_away_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    """Then whoever waits is told that it cannot be reached."""
    monkeypatch.setattr(following, "PATIENCE_SECONDS", 0.05)
    with api() as (client, _):
        watched = client.follow("op1")
        assert next(watched) == ALL[0][1]
    with pytest.raises(ApiUnreachable):
        list(watched)
