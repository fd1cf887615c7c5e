"""What surrounds every request: its id, its line in the log, the limit of its body."""

import re
import secrets
import time
from collections.abc import Mapping
from urllib.parse import unquote_to_bytes

import anyio
import structlog
from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api.errors import problem_answer
from api.problems import ApiProblem

log = structlog.get_logger(__name__)

REQUEST_ID = "X-Request-Id"
_TRUSTED_ID = re.compile(r"[A-Za-z0-9._-]{1,64}")
_SLASH = re.compile(rb"%2[fF]")
_LENGTH = re.compile(r"[0-9]{1,18}")
_QUIET = frozenset({"/healthz", "/readyz"})


class RequestLog:
    """Names each request: in the answer, in every log line it causes, and in one line when it ends.

    A caller's own X-Request-Id is kept if it is short and plain, so that logs join across services.
    """

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        asked = Headers(scope=scope).get(REQUEST_ID, "")
        request_id = asked if _TRUSTED_ID.fullmatch(asked) else secrets.token_hex(8)
        scope.setdefault("state", {})["request_id"] = request_id
        status = 500

        async def send_named(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                headers = MutableHeaders(scope=message)
                headers[REQUEST_ID] = request_id
                headers.update(scope["state"].get("headers", {}))
            await send(message)

        started = time.perf_counter()
        with structlog.contextvars.bound_contextvars(request_id=request_id):
            try:
                await self.app(scope, receive, send_named)
            finally:
                if scope["path"] not in _QUIET or status >= 400:
                    log.info(
                        "request",
                        method=scope["method"],
                        path=scope["path"],
                        status=status,
                        milliseconds=round((time.perf_counter() - started) * 1000, 1),
                    )


class BodyLimit:
    """413 for bodies over the limit, before they fill memory; chunked ones are counted as they come.

    408 for those that do not come within `seconds`. `larger` are the limits of paths that take more.
    """

    def __init__(self, app: ASGIApp, limit: int, larger: Mapping[str, int], seconds: float) -> None:
        self.app = app
        self.seconds = seconds
        self.limit = limit
        self.larger = larger

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        limit = self.larger.get(scope["path"], self.limit)
        announced = Headers(scope=scope).get("content-length", "0")
        if _LENGTH.fullmatch(announced) is None or int(announced) > limit:
            await problem_answer(scope, _too_large(limit))(scope, receive, send)
            return
        seen, whole = 0, False
        deadline = anyio.current_time() + self.seconds

        async def receive_counted() -> Message:
            nonlocal seen, whole
            # What comes after the body is the end of the connection, for which there is no hurry.
            try:
                with anyio.fail_after(None if whole else max(deadline - anyio.current_time(), 0)):
                    message = await receive()
            except TimeoutError:
                raise _too_slow(self.seconds) from None
            if message["type"] == "http.request":
                whole = not message.get("more_body", False)
                seen += len(message.get("body", b""))
                if seen > limit:
                    raise _too_large(limit)
            return message

        await self.app(scope, receive_counted, send)


def _too_large(limit: int) -> ApiProblem:
    return ApiProblem("BodyTooLarge", f"The body is over {limit} bytes; nothing here needs that much.")


def _too_slow(seconds: float) -> ApiProblem:
    # What is still to come must not be read as the next request.
    return ApiProblem(
        "BodyTooSlow", f"The body did not come within {seconds:g} s.", headers={"Connection": "close"}
    )


class Slashes:
    """An encoded slash is a letter of its segment: whoever asks for invoice 2026/1 gets no other path."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        raw: bytes = scope.get("raw_path") or b""
        if scope["type"] == "http" and _SLASH.search(raw):
            kept = _SLASH.sub(b"%252F", raw)
            scope = {**scope, "path": unquote_to_bytes(kept).decode(errors="replace")}
        await self.app(scope, receive, send)


class Head:
    """HEAD wherever GET is: the same answer without its body. A stream is ended at its first byte."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["method"] != "HEAD":
            await self.app(scope, receive, send)
            return

        async def send_no_body(message: Message) -> None:
            if message["type"] != "http.response.body":
                await send(message)
                return
            streams = message.get("more_body", False)
            await send({"type": "http.response.body", "body": b""})
            if streams:
                stream.cancel()

        with anyio.CancelScope() as stream:
            await self.app({**scope, "method": "GET"}, receive, send_no_body)
