"""What a cluster's refusals mean to an operation."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

from kubernetes.client.exceptions import ApiException
from kubernetes.config import ConfigException
from urllib3.exceptions import HTTPError
from yaml import YAMLError

from domain.errors import (
    AccessDenied,
    InvalidSpec,
    MissingKind,
    OwnershipConflict,
    QuotaExceeded,
    TenantryError,
    Throttled,
    Unavailable,
    capped,
)
from domain.messages import JsonObject

VALUELESS = frozenset({401, 403, 404, 409, 429})
"""Refusals that speak of an object's place, owner or rights, and so never quote its values."""


class Refused(Exception):
    """What histories may keep of an ApiException, whose own text has all headers and the whole body."""


@contextmanager
def kubernetes_errors(doing: str, *, secret: bool = False) -> Iterator[None]:
    """Turns what the client raises into domain errors whose text starts with `doing`.

    `secret` if values of a Secret are sent along: what the server says of them may quote them.
    """
    try:
        yield
    except ApiException as error:
        meaning = refusal(error, doing, secret=secret)
        raise meaning from Refused(capped(f"{error.status} {error.reason}: {meaning}"))
    except HTTPError as error:
        # The text names host and path only; the cause is kept for logs.
        raise Unavailable(f"{doing}: the cluster cannot be reached: {error}") from error
    except (ConfigException, OSError) as error:
        # A kubeconfig can be mended while the operation waits, so nothing is undone for it.
        raise Unavailable(f"{doing}: the cluster's configuration cannot be used: {error}") from error
    except (ValueError, YAMLError) as error:
        # The text may quote what cannot be read or sent: a token with a line's end in it.
        what = type(error).__name__
        raise Unavailable(f"{doing}: the cluster's configuration cannot be used ({what})") from None


def refusal(error: ApiException, doing: str, *, secret: bool = False) -> TenantryError:
    """The domain error for one answer of the API server."""
    status = error.status or 0
    answer = status_of(error)
    text = f"{doing}: {_text(status, answer, secret=secret) or error.reason or 'no answer'}"
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


def _text(status: int, answer: JsonObject, *, secret: bool) -> str:
    details: JsonObject = answer.get("details") or {}
    secret = secret or str(details.get("kind", "")).lower() in {"secret", "secrets"}
    if secret and status not in VALUELESS:
        causes = (f"{cause.get('field')} ({cause.get('reason')})" for cause in details.get("causes") or [])
        why = ", ".join(causes) or str(answer.get("reason") or "")
        return f"secret {details.get('name', '')} is refused: {why}" if why else ""
    return _message(answer)


def _delay(error: ApiException, answer: JsonObject) -> timedelta | None:
    """What Retry-After or the Status asks for; a date instead of seconds is left to the retry policy."""
    headers = {name.lower(): value for name, value in (error.headers or {}).items()}
    asked = headers.get("retry-after") or (answer.get("details") or {}).get("retryAfterSeconds") or ""
    return timedelta(seconds=int(asked)) if str(asked).isdigit() else None
