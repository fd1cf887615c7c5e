"""Requests over one pool of connections: repeated when the API asks for it, refusals as exceptions."""

from collections.abc import Iterator, Mapping
from time import sleep
from types import TracebackType
from typing import Any, Self
from urllib.parse import quote
from uuid import uuid4

import httpx
from httpx_sse import EventSource, ServerSentEvent, SSEError, connect_sse

from client.errors import ApiUnreachable, problem_of

TIMEOUT_SECONDS = 30.0
ATTEMPTS = 5
LONGEST_PAUSE_SECONDS = 10.0
WAIT_AND_REPEAT = frozenset({httpx.codes.SERVICE_UNAVAILABLE, httpx.codes.TOO_MANY_REQUESTS})

Given = Mapping[str, Any]
"""Values of a query or headers; None is left out."""


class Answer(dict[str, Any]):
    """A JSON object as it came, with its ETag."""

    etag: str | None = None


def etag_of(answer: Mapping[str, Any]) -> str | None:
    """For `if_match`: what the API called this state of a thing. None where it gives no ETag."""
    return answer.etag if isinstance(answer, Answer) else None


def new_key() -> str:
    """An idempotency key: whoever repeats a change with it makes the change once."""
    return str(uuid4())


class Requests:
    """May be used by several threads at once."""

    def __init__(
        self,
        url: str,
        key: str | None = None,
        *,
        reason: str | None = None,
        timeout_seconds: float = TIMEOUT_SECONDS,
        attempts: int = ATTEMPTS,
        user_agent: str = "tenantry-client",
        transport: httpx.BaseTransport | None = None,
    ) -> None:
        """`key`: of the API, or a token. `reason`: why things are changed, for the audit log."""
        self.url = url
        self.reason = reason
        self._attempts = attempts
        self._http = httpx.Client(
            base_url=url,
            timeout=timeout_seconds,
            transport=transport,
            trust_env=False,
            headers={
                "User-Agent": user_agent,
                "Accept": "application/json",
                **({"Authorization": f"Bearer {key}"} if key else {}),
            },
        )

    def close(self) -> None:
        self._http.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, _kind: type[BaseException] | None, _error: BaseException | None, _trace: TracebackType | None
    ) -> None:
        self.close()

    def _json(self, method: str, path: str, **more: Any) -> Any:
        answer = self._send(method, path, **more)
        found = answer.json()
        if not isinstance(found, dict):
            return found
        shown = Answer(found)
        shown.etag = answer.headers.get("ETag")
        return shown

    def _content(self, method: str, path: str, **more: Any) -> bytes:
        return self._send(method, path, **more).content

    def _change(
        self,
        method: str,
        path: str,
        *,
        key: str | None,
        reason: str | None = None,
        headers: Given | None = None,
        **more: Any,
    ) -> Any:
        why = reason or self.reason
        told = {
            "Idempotency-Key": key or new_key(),
            "Tenantry-Reason": quote(why, safe=" ") if why else None,
            **(headers or {}),
        }
        return self._json(method, path, headers=told, **more)

    def _pages(self, path: str, query: Given) -> Iterator[Any]:
        """The items of all pages; the next page is asked for when it is wanted."""
        cursor: str | None = None
        while True:
            page = self._json("GET", path, query={**query, "cursor": cursor})
            yield from page["items"]
            cursor = page["next"]
            if not cursor:
                return

    def _stream(self, path: str, headers: Given) -> Iterator[ServerSentEvent]:
        """Ends with the stream, and when the connection is cut."""
        try:
            with connect_sse(self._http, "GET", path, headers=_present(headers)) as source:
                if source.response.is_error:
                    source.response.read()
                    raise problem_of(source.response)
                if source.response.status_code != httpx.codes.NO_CONTENT:
                    yield from _until_cut(source)
        except httpx.TransportError as error:
            raise self._unreachable(error) from error

    def _send(
        self,
        method: str,
        path: str,
        *,
        body: Any = None,
        query: Given | None = None,
        headers: Given | None = None,
    ) -> httpx.Response:
        for attempt in range(1, self._attempts + 1):
            try:
                answer = self._http.request(
                    method, path, json=body, params=_present(query), headers=_present(headers)
                )
            except httpx.TransportError as error:
                raise self._unreachable(error) from error
            if answer.status_code not in WAIT_AND_REPEAT or attempt == self._attempts:
                break
            # Safe for changes too: the repeat carries the same idempotency key.
            sleep(_pause(answer))
        if answer.is_error:
            raise problem_of(answer)
        return answer

    def _unreachable(self, error: httpx.TransportError) -> ApiUnreachable:
        return ApiUnreachable(f"cannot reach the API at {self.url}: {error}")


def segment(text: str) -> str:
    """Of a path, whatever is in it: no slash ends it, and no dots lead elsewhere."""
    quoted = quote(text, safe="")
    return quoted.replace(".", "%2E") if quoted in {".", ".."} else quoted


def _present(values: Given | None) -> dict[str, Any]:
    return {name: value for name, value in (values or {}).items() if value is not None}


def _pause(answer: httpx.Response) -> float:
    asked = answer.headers.get("Retry-After", "")
    return min(float(asked), LONGEST_PAUSE_SECONDS) if asked.isdigit() else 1.0


def _until_cut(source: EventSource) -> Iterator[ServerSentEvent]:
    try:
        yield from source.iter_sse()
    except SSEError:
        raise  # no stream at all
    except httpx.TransportError:
        return
