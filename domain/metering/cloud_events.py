"""CloudEvents 1.0 in JSON, single or in a batch, to what is stored; each bad event with its reason."""

import json
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from hashlib import blake2b
from typing import Annotated, Any, Literal, NamedTuple, NotRequired

from pydantic import ConfigDict, Field, TypeAdapter, ValidationError
from typing_extensions import TypedDict

from domain.billing.events import AHEAD, LATEST
from domain.billing.spans import MICROSECOND
from domain.billing.words import instant_text
from domain.metering.meters import Dials
from domain.metering.readings import Reading, reading
from domain.metering.refusals import PATTERNS, RefusalCode, Refused, Unreadable, malformed, refused

MOST_EVENTS = 1_000
"""In one batch."""
RFC_3339 = (
    r"^[0-9]{4}-[0-9]{2}-[0-9]{2}[Tt][0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]+)?([Zz]|[+-][0-9]{2}:[0-9]{2})$"
)
JSON_TYPE = r"^(?i)application/([a-z0-9.-]+\+)?json( *;.*)?$"
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
NESTS = (dict, list)
TOO_DEEP = "data is nested too deeply: flatten it"
NO_CONTROLS = r"^[^\x00-\x1f\x7f-\x9f]+$"


class NotEvents(ValueError):
    """The body as a whole is no CloudEvent and no batch of them; the message says why."""


class TooManyEvents(NotEvents):
    """More in one batch than are taken."""


class MeteredEvent(NamedTuple):
    """One event as it is stored: who sent it, when it happened, what it counts for."""

    position: int
    """In the batch, from 0."""
    source: str
    id: str
    at: datetime
    content: bytes
    """Digest of type, time, subject and data: a repeat has the same, all else is a conflict."""
    readings: tuple[Reading, ...]
    """Of each meter that counts it; none if every filter leaves it out."""


@dataclass(frozen=True)
class Parsed:
    events: list[MeteredEvent]
    refused: list[Refused]


Name = Annotated[str, Field(min_length=1, max_length=255, pattern=NO_CONTROLS)]


class _Envelope(TypedDict):
    """Attributes that others added, such as those for tracing, are neither kept nor compared.

    Only what pydantic checks without calling Python: a validator of our own costs as much as all of this. And
    no model, which would cost another two times as much.
    """

    __pydantic_config__ = ConfigDict(extra="ignore", strict=True)  # type: ignore[misc]  # pydantic's way

    specversion: Literal["1.0"]
    id: Name
    source: Name
    type: Name
    time: Annotated[str, Field(pattern=RFC_3339)]
    subject: NotRequired[str | None]
    datacontenttype: NotRequired[Annotated[str, Field(pattern=JSON_TYPE)] | None]
    data: NotRequired[dict[str, Any] | None]
    data_base64: NotRequired[None]


_ONE, _ALL = TypeAdapter(_Envelope), TypeAdapter(list[_Envelope])


@dataclass(frozen=True)
class _Rules:
    """What events are held against."""

    dials: Dials
    now: datetime
    earliest: datetime
    latest: datetime


def read_events(body: bytes, dials: Dials, now: datetime) -> Parsed:
    """A body's events, those that can be stored and those that cannot. Raises NotEvents."""
    parsed, listed = Parsed([], []), _listed(body)
    rules = _Rules(dials, now, earliest=now - LATEST, latest=now + AHEAD)
    for position, envelope in enumerate(_envelopes(listed)):
        try:
            parsed.events.append(_event(position, envelope, rules))
        except Unreadable as error:
            parsed.refused.append(refused(position, listed[position], error.code, str(error)))
        except RecursionError:
            parsed.refused.append(refused(position, listed[position], RefusalCode.MALFORMED, TOO_DEEP))
    return parsed


def _envelopes(listed: list[Any]) -> list[_Envelope | ValidationError]:
    """All in one call, which costs half of one call each; only where one is wrong it is asked which."""
    try:
        return [*_ALL.validate_python(listed)]
    except ValidationError:
        return [_envelope(fields) for fields in listed]


def _envelope(fields: Any) -> _Envelope | ValidationError:
    try:
        return _ONE.validate_python(fields)
    except ValidationError as error:
        return error


def _listed(body: bytes) -> list[Any]:
    try:
        found = _json(body)
    except (ValueError, RecursionError) as error:
        raise NotEvents(f"the body is not JSON in UTF-8: {error}") from error
    events = found if isinstance(found, list) else [found]
    if len(events) > MOST_EVENTS:
        raise TooManyEvents(f"the batch has {len(events)} events; send at most {MOST_EVENTS} at once")
    return events


def _json(body: bytes) -> Any:
    """Numbers with a point as decimals: 0.1 as a float is no tenth."""
    try:
        return json.loads(body, parse_float=Decimal, parse_constant=_no_number)
    except (json.JSONDecodeError, UnicodeDecodeError):
        raise
    except ValueError:
        # An integer of thousands of digits is JSON, and must cost only the event that it stands in.
        return json.loads(body, parse_float=Decimal, parse_int=Decimal, parse_constant=_no_number)


def _no_number(text: str) -> Any:
    raise ValueError(f"{text} is no number in JSON")


def _event(position: int, event: _Envelope | ValidationError, rules: _Rules) -> MeteredEvent:
    if isinstance(event, ValidationError):
        raise Unreadable(malformed(event), RefusalCode.MALFORMED)
    at = _instant(event["time"])
    if not rules.earliest <= at <= rules.latest:
        raise _out_of_time(at, rules)
    kind = event["type"]
    counting = rules.dials.get(kind)
    if counting is None:
        raise Unreadable(
            f"type {kind[:60]!r} is counted by no meter: meters.yaml names those that are",
            RefusalCode.NOT_COUNTED,
        )
    data = event.get("data") or {}
    readings = tuple([found for dial in counting if (found := reading(dial, data)) is not None])
    content = _content((kind, (at - EPOCH) // MICROSECOND, event.get("subject")), data)
    return MeteredEvent(position, event["source"], event["id"], at, content, readings)


def _out_of_time(at: datetime, rules: _Rules) -> Unreadable:
    if at > rules.latest:
        return Unreadable(
            f"time is after {instant_text(rules.latest)}: send it once it has happened",
            RefusalCode.IN_THE_FUTURE,
        )
    return Unreadable(
        f"time is more than {LATEST.days} days before {instant_text(rules.now)}: too late to count",
        RefusalCode.TOO_OLD,
    )


def _instant(text: str) -> datetime:
    try:
        return datetime.fromisoformat(text.upper()).astimezone(UTC)
    except (ValueError, OverflowError):
        raise Unreadable(f"time {PATTERNS['time']}", RefusalCode.MALFORMED) from None


def _content(attributes: tuple[object, ...], data: dict[str, Any]) -> bytes:
    """Fields in any order are the same content; numbers are compared as they were written."""
    return blake2b(ascii((attributes, _ordered(data))).encode(), digest_size=16).digest()


def _ordered(value: Any) -> Any:
    if type(value) is dict:
        return sorted([(key, _ordered(one) if type(one) in NESTS else one) for key, one in value.items()])
    return [_ordered(one) if type(one) in NESTS else one for one in value]
