"""Refuses what a proxy before us may have understood otherwise than we would."""

from collections import Counter

from starlette.types import ASGIApp, Receive, Scope, Send

from api.errors import problem_answer
from api.problems import ApiProblem

_ONCE = frozenset(
    b"authorization content-encoding content-type host idempotency-key if-match last-event-id "
    b"tenantry-reason".split()
)


class Unambiguous:
    """400 for a header that is sent twice or a missing Host, 415 for a body that is packed."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and (problem := _problem(scope)):
            await problem_answer(scope, problem)(scope, receive, send)
            return
        await self.app(scope, receive, send)


def _problem(scope: Scope) -> ApiProblem | None:
    headers: list[tuple[bytes, bytes]] = scope["headers"]
    sent = Counter(name for name, _ in headers if name in _ONCE)
    if twice := next((name for name, times in sent.items() if times > 1), None):
        return ApiProblem("BadRequest", f"The header {twice.decode().title()} is sent more than once.")
    if not sent[b"host"] and scope["http_version"] == "1.1":
        return ApiProblem("BadRequest", "The request has no Host header.")
    packed = dict(headers).get(b"content-encoding", b"identity").strip().lower()
    if packed not in {b"", b"identity"}:
        return ApiProblem("UnsupportedMediaType", "Send the body as it is, without Content-Encoding.")
    return None
