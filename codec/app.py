"""The codec endpoint: Temporal's UI and command line have payloads sealed and unsealed here.

It speaks their protocol: Payloads as protobuf's JSON, posted to a path that ends with /decode or /encode.
Nothing of a payload is logged or told in an error.
"""

import asyncio
from collections.abc import Callable, Mapping, Sequence

import structlog
from google.protobuf import json_format
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.middleware.cors import CORSMiddleware
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route
from temporalio.api.common.v1 import Payload, Payloads

from codec.guard import Guard
from codec.refused import Refused
from runtime.key_ring import UnknownKey
from runtime.sealing import BrokenSeal, Sealing

log = structlog.get_logger()

MAX_BODY_BYTES = 6 * 2**20
"""Temporal sends no message above 4 MiB; in base64 that is a third more."""
BODY_SECONDS = 30
# The UI sends the second one, too, when it is told to pass on the access token of who is logged in.
ASKED_HEADERS = ("Authorization", "Authorization-Extras", "Content-Type", "X-Namespace")
ANSWER_HEADERS = {"Cache-Control": "no-store", "X-Content-Type-Options": "nosniff"}
Turn = Callable[[Sequence[Payload]], list[Payload]]


def create_app(sealing: Sealing, guard: Guard, origins: Sequence[str]) -> Starlette:
    """`origins`: of the UIs whose pages may ask; a request of another page is refused, whoever it is from."""
    desk = _Desk(guard, frozenset(origins))

    def routes(name: str, turn: Turn) -> list[Route]:
        async def answer(request: Request) -> Response:
            return await desk.answer(request, turn)

        # The protocol looks at the end of the path alone.
        return [Route(path, answer, methods=["POST"]) for path in (f"/{name}", f"/{{before:path}}/{name}")]

    return Starlette(
        routes=[
            *routes("decode", sealing.unseal),
            *routes("encode", sealing.seal),
            Route("/healthz", _healthy),
        ],
        middleware=[
            Middleware(
                CORSMiddleware,
                allow_origins=list(origins),
                allow_methods=["POST"],
                allow_headers=ASKED_HEADERS,
                allow_private_network=True,  # a UI on a public address may ask an endpoint on a private one
            )
        ],
        exception_handlers={HTTPException: _problem},
    )


class _Desk:
    def __init__(self, guard: Guard, origins: frozenset[str]) -> None:
        self._guard = guard
        self._origins = origins

    async def answer(self, request: Request, turn: Turn) -> Response:
        who = await self._admitted(request)
        payloads = _payloads(await _body(request))
        try:
            turned = turn(payloads)
        except (UnknownKey, BrokenSeal) as error:
            raise HTTPException(400, str(error)) from None
        namespace = request.headers.get("x-namespace", "")[:100]
        log.info("payloads", who=who, path=request.url.path, namespace=namespace, count=len(turned))
        text = json_format.MessageToJson(Payloads(payloads=turned), indent=None)
        return Response(text, media_type="application/json", headers=ANSWER_HEADERS)

    async def _admitted(self, request: Request) -> str:
        """Who asks. Raises HTTPException."""
        origin = request.headers.get("origin")
        if origin is not None and origin not in self._origins:
            # A page elsewhere could not read the answer, unless its name was made to lead here.
            raise HTTPException(403, "pages of this origin may not ask: see TENANTRY_CODEC_ORIGINS")
        try:
            return await asyncio.to_thread(self._guard, request.headers.get("authorization", ""))
        except Refused as error:
            challenge = {"WWW-Authenticate": "Bearer"} if error.status == 401 else None
            raise HTTPException(error.status, error.detail, challenge) from error


async def _body(request: Request) -> bytes:
    body = bytearray()
    try:
        async with asyncio.timeout(BODY_SECONDS):
            async for part in request.stream():
                body += part
                if len(body) > MAX_BODY_BYTES:
                    raise HTTPException(413, f"the body is over {MAX_BODY_BYTES} bytes")
    except TimeoutError:
        raise HTTPException(408, f"the body did not come within {BODY_SECONDS} s") from None
    except ClientDisconnect:
        raise HTTPException(400, "the body did not come whole") from None
    return bytes(body)


def _payloads(body: bytes) -> Sequence[Payload]:
    try:
        # A newer server's payloads may say more than we know.
        return json_format.Parse(body, Payloads(), ignore_unknown_fields=True).payloads
    except (json_format.ParseError, ValueError, RecursionError):
        # What the parser says quotes the body.
        raise HTTPException(400, "the body must be Temporal's Payloads as JSON") from None


async def _problem(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)  # noqa: S101 - it is registered for no other
    return _refusal(request, error.status_code, error.detail, error.headers)


def _refusal(
    request: Request, status: int, detail: str, headers: Mapping[str, str] | None = None
) -> Response:
    log.info("refused", path=request.url.path, status=status, detail=detail)
    body = {"status": status, "detail": detail}
    return JSONResponse(
        body, status, {**ANSWER_HEADERS, **(headers or {})}, media_type="application/problem+json"
    )


async def _healthy(_request: Request) -> Response:
    return JSONResponse({"status": "ok"})
