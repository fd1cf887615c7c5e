"""Events that are not stored: of what kind what is wrong with them is, and what would be right."""

import re
from collections.abc import Iterator
from enum import StrEnum
from typing import Any, NamedTuple

LONGEST_NAME = 255
RFC_3339 = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}[Tt][0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]+)?([Zz]|[+-][0-9]{2}:[0-9]{2})\Z"
)
JSON_TYPE = re.compile(r"application/([a-z0-9.-]+\+)?json( *;.*)?\Z", re.IGNORECASE)
CONTROLS = re.compile("[\x00-\x1f\x7f-\x9f]")


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


PATTERNS = {
    "time": "must be an instant with its zone, such as 2026-01-31T10:00:00Z",
    "datacontenttype": "must be application/json: only JSON is counted",
}
"""What is wanted of attributes that have a form."""
_FORMS = {"time": RFC_3339, "datacontenttype": JSON_TYPE}
_REQUIRED = ("specversion", "id", "source", "type", "time")
_ATTRIBUTES = (*_REQUIRED, "subject", "datacontenttype", "data", "data_base64")


def refused(position: int, fields: Any, code: RefusalCode, reason: str) -> Refused:
    named = fields if isinstance(fields, dict) else {}
    return Refused(position, _shown(named.get("source")), _shown(named.get("id")), code, reason)


def malformed(fields: Any) -> str:
    """What is wrong with each attribute of an event that is not as CloudEvents 1.0 has them."""
    if not isinstance(fields, dict):
        return "must be an object with the attributes of CloudEvents 1.0"
    return "; ".join(f"{name} {wrong}" for name, wrong in _wrong(fields))


def _shown(value: object) -> str | None:
    """As much of a name as finds the event again; what JSON could not carry back is left out."""
    return value[:255].encode(errors="replace").decode() if isinstance(value, str) else None


def _wrong(fields: dict[str, Any]) -> Iterator[tuple[str, str]]:
    for name in _ATTRIBUTES:
        if problem := _problem(name, fields.get(name), is_there=name in fields):
            yield name, problem


def _problem(name: str, value: Any, *, is_there: bool) -> str | None:
    if name in _REQUIRED and not is_there:
        return "is missing"
    if value is None and name not in _REQUIRED:
        return None
    if name == "specversion":
        return None if value == "1.0" else "must be '1.0'"
    if name == "data":
        return None if isinstance(value, dict) else "must be an object of named fields"
    if name == "data_base64":
        return "is not read: send JSON in data"
    return _text_problem(name, value)


def _text_problem(name: str, value: Any) -> str | None:
    if not isinstance(value, str):
        return "must be text"
    if name in _FORMS:
        return None if _FORMS[name].match(value) else PATTERNS[name]
    if name == "subject":
        return None
    if any("\ud800" <= character <= "\udfff" for character in value):
        return "must be text that is whole"
    if not 0 < len(value) <= LONGEST_NAME:
        return f"must have at most {LONGEST_NAME} characters" if value else "must not be empty"
    return "must have no control characters" if CONTROLS.search(value) else None
