"""Client of the HTTP API: one method per request, problems as exceptions."""

import time
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, cast
from urllib.parse import quote
from uuid import uuid4

import httpx
from httpx_sse import EventSource, ServerSentEvent, SSEError, connect_sse

from cli.wording import in_commands, problem_lines

Json = dict[str, Any]

REASON_HEADER = "Tenantry-Reason"
TIMEOUT_SECONDS = 30
AWAY_ATTEMPTS = 5
WAIT_AND_REPEAT = frozenset({httpx.codes.SERVICE_UNAVAILABLE, httpx.codes.TOO_MANY_REQUESTS})
LONGEST_PAUSE_SECONDS = 10


class ApiUnreachableError(Exception):
    """Nobody answers under the API's address."""


class ApiProblemError(Exception):
    """The API refused, with RFC 9457 problem details."""

    def __init__(self, problem: Json) -> None:
        self.problem = problem
        super().__init__(problem.get("detail") or problem.get("title") or "the API refused")

    @property
    def status(self) -> int:
        return int(self.problem.get("status", 0))

    def lines(self) -> list[str]:
        """For a person: what is wrong, each wrong field, what stands in the way."""
        errors = self.problem.get("errors") or []
        # The detail of a problem with fields repeats them in one line.
        lines = problem_lines(self.problem | ({"detail": ""} if errors else {}))
        lines += [f"  {error.get('field')}: {in_commands(str(error.get('message')))}" for error in errors]
        if operation := self.problem.get("operation"):
            lines.append(f"  open operation: {operation.get('kind')} {operation.get('id')}")
        return lines


class Client:
    """Requests that change something carry `key`: repeating them with it does nothing twice."""

    def __init__(
        self,
        url: str,
        key: str | None = None,
        *,
        reason: str | None = None,
        transport: httpx.BaseTransport | None = None,
    ) -> None:
        """`reason`: why things are changed, for the audit log."""
        self.reason = reason
        self.url = url
        self._http = httpx.Client(
            base_url=url,
            timeout=TIMEOUT_SECONDS,
            transport=transport,
            trust_env=False,
            headers={
                "User-Agent": "tenantry-cli",
                "Accept": "application/json",
                **({"Authorization": f"Bearer {key}"} if key else {}),
            },
        )

    def close(self) -> None:
        self._http.close()

    def signup(self, body: Json, *, key: str) -> Json:
        return self._change("POST", "/v1/tenants", key, body)

    def scale(self, slug: str, changes: Json, *, key: str) -> Json:
        return self._change("PATCH", f"/v1/tenants/{slug}", key, changes)

    def preview(self, slug: str, change: str, wishes: Json) -> Json:
        """What a change would do; nothing is changed."""
        body = {"change": change, **wishes}
        return cast("Json", self._request("POST", f"/v1/tenants/{slug}/preview", body=body).json())

    def act(self, slug: str, action: str, *, key: str, pause_before: Sequence[str] = ()) -> Json:
        """`action` is suspend, resume or restore."""
        return self._change("POST", f"/v1/tenants/{slug}/{action}", key, query=_pauses(pause_before))

    def rotate_password(self, slug: str, *, key: str) -> Json:
        return self._change("POST", f"/v1/tenants/{slug}/rotate-password", key)

    def repair(self, slug: str, *, accept_data_loss: bool, key: str) -> Json:
        query = {"accept_data_loss": True} if accept_data_loss else None
        return self._change("POST", f"/v1/tenants/{slug}/repair", key, query=query)

    def teardown(
        self, slug: str, grace_seconds: int | None, *, key: str, pause_before: Sequence[str] = ()
    ) -> Json:
        query = _pauses(pause_before) | ({} if grace_seconds is None else {"grace": grace_seconds})
        return self._change("DELETE", f"/v1/tenants/{slug}", key, query=query)

    def cancel(self, operation_id: str, *, key: str) -> Json:
        return self._change("POST", f"/v1/operations/{operation_id}/cancel", key)

    def intervene(self, operation_id: str, action: str, body: Json, *, key: str) -> Json:
        """`action` is retry, skip, abort, amend or resume."""
        return self._change("POST", f"/v1/operations/{operation_id}/{action}", key, body)

    def attention(self) -> Iterator[Json]:
        """Everything that waits for a person, the oldest first."""
        return self._pages("/v1/attention", {})

    def recover(self, *, key: str) -> Json:
        """Starts a recovery for every operation whose run was lost."""
        return self._change("POST", "/v1/recoveries", key)

    def drifted(self) -> Iterator[Json]:
        """The drift of all tenants that are not in sync."""
        return self._pages("/v1/drift", {})

    def drift(self, slug: str) -> Json:
        return cast("Json", self._read(f"/v1/tenants/{slug}/drift"))

    def orphans(self) -> Iterator[Json]:
        """All that are there."""
        return self._pages("/v1/orphans", {})

    def orphan(self, orphan_id: str) -> Json:
        return cast("Json", self._read(f"/v1/orphans/{segment(orphan_id)}"))

    def delete_orphan(self, orphan_id: str, reason: str, *, key: str) -> Json:
        return self._change("DELETE", f"/v1/orphans/{segment(orphan_id)}", key, query={"reason": reason})

    def tenant(self, slug: str) -> Json:
        return cast("Json", self._read(f"/v1/tenants/{slug}"))

    def tenants(self, filters: Mapping[str, list[str]] | None = None) -> Iterator[Json]:
        """All that match, page by page; `filters` are those of GET /v1/tenants."""
        return self._pages("/v1/tenants", filters or {})

    def operation(self, operation_id: str) -> Json:
        return cast("Json", self._read(f"/v1/operations/{operation_id}"))

    def events(self, operation_id: str, after: str | None = None) -> Iterator[ServerSentEvent]:
        """The operation at each change behind the event `after`, until it has ended or the line is cut."""
        headers = {"Last-Event-ID": after} if after else {}
        path = f"/v1/operations/{operation_id}/events"
        try:
            with connect_sse(self._http, "GET", path, headers=headers) as source:
                if source.response.is_error:
                    source.response.read()
                    raise ApiProblemError(_problem(source.response))
                if source.response.status_code != httpx.codes.NO_CONTENT:
                    yield from _until_cut(source)
        except httpx.TransportError as error:
            raise ApiUnreachableError(f"cannot reach the API at {self.url}: {error}") from error

    def certificate(self, slug: str) -> Json:
        return cast("Json", self._read(f"/v1/tenants/{slug}/certificate"))

    def usage(self, slug: str, query: Mapping[str, Any]) -> Json:
        """`query` is that of GET /v1/tenants/{slug}/usage."""
        return cast("Json", self._read(f"/v1/tenants/{slug}/usage", query))

    def listing(self, what: str) -> list[Json]:
        """`what` is plans or cells."""
        return cast("list[Json]", self._read(f"/v1/{what}"))

    def operations(self, slug: str) -> list[Json]:
        """The tenant's latest, newest first."""
        return cast("list[Json]", self._read(f"/v1/tenants/{slug}/operations"))

    def _pages(self, path: str, filters: Mapping[str, list[str]]) -> Iterator[Json]:
        cursor: str | None = None
        while True:
            page = self._read(path, {**filters, **({"cursor": cursor} if cursor else {})})
            yield from page["items"]
            cursor = page.get("next")
            if not cursor:
                return

    def _read(self, path: str, query: Mapping[str, Any] | None = None) -> Any:
        return self._request("GET", path, query=query).json()

    def _change(
        self, method: str, path: str, key: str, body: Json | None = None, *, query: Json | None = None
    ) -> Json:
        why = {REASON_HEADER: quote(self.reason, safe=" ")} if self.reason else {}
        headers = {"Idempotency-Key": key, **why}
        return cast("Json", self._request(method, path, body=body, query=query, headers=headers).json())

    def _request(
        self,
        method: str,
        path: str,
        *,
        body: Json | None = None,
        query: Mapping[str, Any] | None = None,
        headers: Mapping[str, str] | None = None,
        timeout: float = TIMEOUT_SECONDS,
    ) -> httpx.Response:
        for attempt in range(1, AWAY_ATTEMPTS + 1):
            try:
                answer = self._http.request(
                    method, path, json=body, params=query, headers=headers, timeout=timeout
                )
            except httpx.TransportError as error:
                raise ApiUnreachableError(f"cannot reach the API at {self.url}: {error}") from error
            if answer.status_code not in WAIT_AND_REPEAT or attempt == AWAY_ATTEMPTS:
                break
            # Safe for changes too: the repeat carries the same idempotency key.
            time.sleep(_pause(answer))
        if answer.is_error:
            raise ApiProblemError(_problem(answer))
        return answer


def _until_cut(source: EventSource) -> Iterator[ServerSentEvent]:
    try:
        yield from source.iter_sse()
    except SSEError:
        raise  # no stream at all
    except httpx.TransportError:
        return


def _pauses(steps: Sequence[str]) -> Json:
    return {"pause_before": list(steps)} if steps else {}


def segment(text: str) -> str:
    """Of a path, whatever is in it: no slash ends it, and no dots lead elsewhere."""
    quoted = quote(text, safe="")
    return quoted.replace(".", "%2E") if quoted in {".", ".."} else quoted


def new_key() -> str:
    return str(uuid4())


def _pause(answer: httpx.Response) -> float:
    asked = answer.headers.get("Retry-After", "")
    return min(float(asked), LONGEST_PAUSE_SECONDS) if asked.isdigit() else 1.0


def _problem(answer: httpx.Response) -> Json:
    try:
        problem = answer.json()
    except ValueError:
        problem = None
    if isinstance(problem, dict):
        return {"status": answer.status_code, **problem}
    said = f"'{answer.reason_phrase}' ({answer.status_code})"
    return {"status": answer.status_code, "title": f"{answer.url} answered {said}: is it a Tenantry API?"}
