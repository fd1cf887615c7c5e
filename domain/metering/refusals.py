"""Events that are not stored: of what kind what is wrong with them is, and what would be right."""

from collections.abc import Iterator
from enum import StrEnum
from typing import Any, NamedTuple

from pydantic import ValidationError
from pydantic_core import ErrorDetails


class RefusalCode(StrEnum):
    """For programs; never changes once released."""

    MALFORMED = "MalformedEvent"
    """Its attributes are not those of CloudEvents 1.0."""
    TOO_OLD = "TooOld"
    IN_THE_FUTURE = "InTheFuture"
    NOT_COUNTED = "NotCounted"
    """No meter counts its type."""
    UNREADABLE = "UnreadableData"
    """A meter counts it and does not find in its data what it needs."""
    CONFLICT = "Conflict"
    """Stored before under the same source and id, with other content."""


class Unreadable(ValueError):
    """An event cannot be counted; the message says why and what to do."""

    def __init__(self, reason: str, code: RefusalCode = RefusalCode.UNREADABLE) -> None:
        self.code = code
        super().__init__(reason)


class Refused(NamedTuple):
    """One event that is not stored."""

    position: int
    source: str | None
    id: str | None
    code: RefusalCode
    reason: str


_WORDS = {
    "missing": "is missing",
    "literal_error": "must be {expected}",
    "string_type": "must be text",
    "string_unicode": "must be text that is whole",
    "string_too_short": "must not be empty",
    "string_too_long": "must have at most {max_length} characters",
    "dict_type": "must be an object of named fields",
    "none_required": "is not read: send JSON in data",
}
PATTERNS = {
    "time": "must be an instant with its zone, such as 2026-01-31T10:00:00Z",
    "datacontenttype": "must be application/json: only JSON is counted",
}
"""What is wanted of attributes that have a form."""


def refused(position: int, fields: Any, code: RefusalCode, reason: str) -> Refused:
    named = fields if isinstance(fields, dict) else {}
    return Refused(position, _shown(named.get("source")), _shown(named.get("id")), code, reason)


def malformed(error: ValidationError) -> str:
    """What is wrong with each attribute."""
    return "; ".join(_reasons(error))


def _shown(value: object) -> str | None:
    """As much of a name as finds the event again; what JSON could not carry back is left out."""
    return value[:255].encode(errors="replace").decode() if isinstance(value, str) else None


def _reasons(error: ValidationError) -> Iterator[str]:
    for finding in error.errors(include_url=False, include_input=False):
        place = ".".join(str(part) for part in finding["loc"][:1])
        if not place:
            yield "must be an object with the attributes of CloudEvents 1.0"
            continue
        yield f"{place} {_said(place, finding)}"


def _said(place: str, finding: ErrorDetails) -> str:
    if finding["type"] == "string_pattern_mismatch":
        return PATTERNS.get(place, "must have no control characters")
    words = _WORDS.get(finding["type"], finding["msg"])
    return words.format(**finding.get("ctx", {}))
