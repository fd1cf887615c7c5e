"""The HTTP/1.1 server: a thread per kept-alive connection, one write per answer."""

import socket
import threading
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, HTTPServer
from socketserver import ThreadingMixIn
from typing import Any
from urllib.parse import unquote, urlsplit

from moto.core.request import (
    PRESERVED_HEADER_NAMES_ENVIRON_KEY,
    environ_key_for_header,
    should_preserve_original_header_name,
)

from devstack.aws.protocol import Answer

Application = Callable[[dict[str, Any], bytes], Answer]


class DropAnswerError(Exception):
    """Ends the connection without an answer."""


class Server(ThreadingMixIn, HTTPServer):
    """Serves `application` until `stop`, which also ends the connections that are kept alive."""

    daemon_threads = True
    request_queue_size = 256

    def __init__(self, address: tuple[str, int], application: Application) -> None:
        self.application = application
        self._connections: set[socket.socket] = set()
        self._guard = threading.Lock()
        super().__init__(address, _Handler)

    def process_request(self, request: Any, client_address: Any) -> None:
        with self._guard:
            self._connections.add(request)
        super().process_request(request, client_address)

    def shutdown_request(self, request: Any) -> None:
        with self._guard:
            self._connections.discard(request)
        super().shutdown_request(request)

    def stop(self) -> None:
        self.shutdown()
        self.server_close()
        with self._guard:
            connections = list(self._connections)
        for connection in connections:
            try:
                connection.shutdown(socket.SHUT_RDWR)
            except OSError:
                continue  # its client was faster


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True  # otherwise every answer waits 40 ms for a delayed ACK
    wbufsize = 65536
    server: Server

    def handle(self) -> None:
        try:
            super().handle()
        except ConnectionError:
            self.close_connection = True

    def handle_expect_100(self) -> bool:
        proceed = super().handle_expect_100()
        self.wfile.flush()  # botocore waits a second for it before it sends a body
        return proceed

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 -- the base class names it so
        """Calls are recorded by the front."""

    def serve(self) -> None:
        body = self._body()
        try:
            answer = self.server.application(self._environ(), body)
        except DropAnswerError:
            self.close_connection = True
            self.connection.shutdown(socket.SHUT_RDWR)
            return
        self._send(answer)

    do_GET = do_HEAD = do_PUT = do_POST = do_DELETE = do_PATCH = do_OPTIONS = serve  # noqa: N815 -- the base class looks these up

    def _body(self) -> bytes:
        if "chunked" not in self.headers.get("Transfer-Encoding", "").lower():
            return self.rfile.read(int(self.headers.get("Content-Length") or 0))
        chunks: list[bytes] = []
        while size := int(self.rfile.readline().split(b";")[0], 16):
            chunks.append(self.rfile.read(size))
            self.rfile.readline()
        while self.rfile.readline().strip():
            continue  # trailers
        return b"".join(chunks)

    def _environ(self) -> dict[str, Any]:
        url = urlsplit(self.path) if not self.path.startswith("//") else None
        path, query = (url.path, url.query) if url else self.path.partition("?")[::2]
        host, port = self.server.server_address[:2]
        environ: dict[str, Any] = {
            "REQUEST_METHOD": self.command,
            "SCRIPT_NAME": "",
            "PATH_INFO": unquote(path).encode().decode("latin-1"),
            "QUERY_STRING": query,
            "RAW_URI": self.path,
            "REQUEST_URI": self.path,
            "SERVER_NAME": str(host),
            "SERVER_PORT": str(port),
            "SERVER_PROTOCOL": self.request_version,
            "REMOTE_ADDR": self.client_address[0],
            "wsgi.version": (1, 0),
            "wsgi.url_scheme": "http",
            "wsgi.errors": None,
            "wsgi.multithread": True,
            "wsgi.multiprocess": False,
            "wsgi.run_once": False,
        }
        kept: dict[str, str] = {}
        for name, value in self.headers.items():
            if "_" in name and not should_preserve_original_header_name(name):
                continue
            key = environ_key_for_header(name)
            if "_" in name:
                kept[key] = name
            environ[key] = f"{environ[key]},{value}" if key in environ else value
        environ[PRESERVED_HEADER_NAMES_ENVIRON_KEY] = kept
        return environ

    def _send(self, answer: Answer) -> None:
        self.send_response(answer.status)
        head = self.command == "HEAD"
        for name, value in answer.headers.items():
            lower = name.lower()
            if lower in ("connection", "transfer-encoding", "server", "date"):
                continue
            if lower == "content-length" and not head:
                continue
            self.send_header(name, value)
        if not head and answer.status not in (204, 304):
            self.send_header("Content-Length", str(len(answer.body)))
        elif head and not any(name.lower() == "content-length" for name in answer.headers):
            self.send_header("Content-Length", "0")
        self.end_headers()
        if not head:
            self.wfile.write(answer.body)
