"""What a cluster's refusals mean to an operation."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

from kubernetes.client.exceptions import ApiException
from kubernetes.config import ConfigException
from urllib3.exceptions import HTTPError

from domain.errors import (
    AccessDenied,
    InvalidSpec,
    MissingKind,
    OwnershipConflict,
    QuotaExceeded,
    TenantryError,
    Throttled,
    Unavailable,
)
from domain.messages import JsonObject


@contextmanager
def kubernetes_errors(doing: str) -> Iterator[None]:
    """Turns what the client raises into domain errors whose text starts with `doing`."""
    try:
        yield
    except ApiException as error:
        raise refusal(error, doing) from error
    except HTTPError as error:
        # The text names host and path only; the cause is kept for logs.
        raise Unavailable(f"{doing}: the cluster cannot be reached: {error}") from error
    except (ConfigException, OSError) as error:
        # A kubeconfig can be mended while the operation waits, so nothing is undone for it.
        raise Unavailable(f"{doing}: the cluster's configuration cannot be used: {error}") from error


def refusal(error: ApiException, doing: str) -> TenantryError:
    """The domain error for one answer of the API server."""
    status = error.status or 0
    answer = status_of(error)
    text = f"{doing}: {_text(answer) or error.reason or 'no answer'}"
    if status == 409:
        return _conflict(answer, text)
    if status == 403:
        return _forbidden(answer, text)
    if status == 404:
        # Whoever raises MissingKind for good has made sure of it by discovery.
        return InvalidSpec(text) if is_not_found(error) else MissingKind(text)
    return _other(status, answer, text, _delay(error, answer))


def status_of(error: ApiException) -> JsonObject:
    """The Status object of a refusal; empty if the answer is something else (a proxy's page, plain text)."""
    try:
        answer: Any = json.loads(error.body or "")
    except ValueError:
        return {}
    return answer if isinstance(answer, dict) and answer.get("kind") == "Status" else {}


def is_not_found(error: ApiException) -> bool:
    """The server's word that an object is absent: neither an absent kind nor a proxy's 404."""
    return error.status == 404 and status_of(error).get("reason") == "NotFound"


def _other(status: int, answer: JsonObject, text: str, delay: timedelta | None) -> TenantryError:
    if status == 429:
        return Throttled(text, retry_after=delay)
    if "failed to create typed patch object" in _message(answer):  # a 500, but it is the body that is wrong
        return InvalidSpec(text)
    # 401: our token, expired or rotated. 410: that of a list. A redirect comes from a proxy in between.
    passing = status in {401, 410} or not 400 <= status < 500
    return Unavailable(text, retry_after=delay) if passing else InvalidSpec(text)


def _conflict(answer: JsonObject, text: str) -> TenantryError:
    # Whoever applies or creates looks next whose the object is; all other conflicts are lost races.
    if answer.get("reason") == "AlreadyExists" or "Apply failed with" in _message(answer):
        return OwnershipConflict(text)
    return Unavailable(text)


def _forbidden(answer: JsonObject, text: str) -> TenantryError:
    message = _message(answer)
    if "exceeded quota" in message:
        return QuotaExceeded(text)
    if "being terminated" in message:
        return Unavailable(text)
    return AccessDenied(text)


def _message(answer: JsonObject) -> str:
    return str(answer.get("message") or "")


def _text(answer: JsonObject) -> str:
    details: JsonObject = answer.get("details") or {}
    if str(details.get("kind", "")).lower() in {"secret", "secrets"} and details.get("causes"):
        # The message of an invalid Secret quotes its values.
        causes = (f"{cause.get('field')} ({cause.get('reason')})" for cause in details["causes"])
        return f"secret {details.get('name', '')} is refused: {', '.join(causes)}"
    return _message(answer)


def _delay(error: ApiException, answer: JsonObject) -> timedelta | None:
    """What Retry-After or the Status asks for; a date instead of seconds is left to the retry policy."""
    headers = {name.lower(): value for name, value in (error.headers or {}).items()}
    asked = headers.get("retry-after") or (answer.get("details") or {}).get("retryAfterSeconds") or ""
    return timedelta(seconds=int(asked)) if str(asked).isdigit() else None
