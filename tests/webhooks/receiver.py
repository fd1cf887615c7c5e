"""An endpoint: a real HTTP server on loopback that remembers what it was told and answers as it is bidden."""

import ssl
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Event, Thread
from typing import Any

from standardwebhooks import Webhook


@dataclass(frozen=True)
class Call:
    headers: dict[str, str]
    body: bytes

    @property
    def id(self) -> str:
        return self.headers["webhook-id"]

    def verified(self, secret: str) -> Any:
        """What it says, as a receiver with the scheme's own library takes it. Raises if it does not."""
        return Webhook(secret).verify(self.body, self.headers)


@dataclass
class Answer:
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes = b""
    after: Event | None = None
    """Waits for this first."""


class Receiver:
    """Each path is an endpoint of its own, which answers 200 unless it is bidden otherwise."""

    def __init__(self, tls: ssl.SSLContext | None = None) -> None:
        self._scheme = "https" if tls else "http"
        self.answers: dict[str, Answer] = {}
        self._calls: dict[str, list[Call]] = defaultdict(list)
        self.server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self.server.daemon_threads = True
        if tls:
            self.server.socket = tls.wrap_socket(self.server.socket, server_side=True)

    def url(self, path: str) -> str:
        return f"{self._scheme}://127.0.0.1:{self.server.server_address[1]}{path}"

    def calls(self, path: str) -> list[Call]:
        return list(self._calls[path])

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                headers = {name.lower(): value for name, value in self.headers.items()}
                receiver._calls[self.path].append(Call(headers, body))
                answer = receiver.answers.get(self.path, Answer())
                if answer.after is not None:
                    answer.after.wait(30)
                self.send_response(answer.status)
                for name, value in {**answer.headers, "Content-Length": str(len(answer.body))}.items():
                    self.send_header(name, value)
                with suppress(ConnectionError):  # whoever asked has gone, or reads no further
                    self.end_headers()
                    self.wfile.write(answer.body)

            def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the server's signature
                """Tests look at what was received."""

        return Handler


@contextmanager
def received(tls: ssl.SSLContext | None = None) -> Iterator[Receiver]:
    """A receiver that serves within."""
    receiver = Receiver(tls)
    options = {"poll_interval": 0.02}
    thread = Thread(target=receiver.server.serve_forever, kwargs=options, daemon=True)
    thread.start()
    yield receiver
    receiver.server.shutdown()
    receiver.server.server_close()
