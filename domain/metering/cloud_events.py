"""CloudEvents 1.0 in JSON, single or in a batch, to what is stored; each bad event with its reason."""

import json
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from hashlib import blake2b
from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta, Struct

from domain.billing.events import AHEAD, LATEST
from domain.billing.spans import MICROSECOND
from domain.billing.words import instant_text
from domain.metering.meters import Dials
from domain.metering.readings import Reading, is_unstorable, reading
from domain.metering.refusals import (
    JSON_TYPE,
    LONGEST_NAME,
    PATTERNS,
    RFC_3339,
    RefusalCode,
    Refused,
    Unreadable,
    malformed,
    refused,
)

MOST_EVENTS = 1_000
"""In one batch."""
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
NESTS = (dict, list)
TOO_DEEP = "data is nested too deeply: flatten it"


class NotEvents(ValueError):
    """The body as a whole is no CloudEvent and no batch of them; the message says why."""


class TooManyEvents(NotEvents):
    """More in one batch than are taken."""


class MeteredEvent(Struct, frozen=True, gc=False):
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


Name = Annotated[str, Meta(min_length=1, max_length=LONGEST_NAME)]


class _Envelope(Struct, gc=False):
    """Attributes that others added, such as those for tracing, are neither kept nor compared."""

    specversion: Literal["1.0"]
    id: Name
    source: Name
    type: Name
    time: str
    subject: str | None = None
    datacontenttype: str | None = None
    data: dict[str, Any] | None = None
    data_base64: None = None


# Numbers with a point as decimals: 0.1 as a float is no tenth.
_BATCH = msgspec.json.Decoder(list[_Envelope], float_hook=Decimal)
_CANONICAL = msgspec.json.Encoder(order="sorted", decimal_format="number")


@dataclass(frozen=True)
class _Rules:
    """What events are held against."""

    dials: Dials
    now: datetime
    earliest: datetime
    latest: datetime


def read_events(body: bytes, dials: Dials, now: datetime) -> Parsed:
    """A body's events, those that can be stored and those that cannot. Raises NotEvents."""
    parsed = Parsed([], [])
    rules = _Rules(dials, now, earliest=now - LATEST, latest=now + AHEAD)
    for position, envelope in enumerate(_envelopes(body)):
        try:
            parsed.events.append(_event(position, envelope, rules))
        except Unreadable as error:
            parsed.refused.append(_refused(position, envelope, error.code, str(error)))
        except RecursionError:
            parsed.refused.append(_refused(position, envelope, RefusalCode.MALFORMED, TOO_DEEP))
    return parsed


def _refused(position: int, envelope: Any, code: RefusalCode, reason: str) -> Refused:
    return refused(position, _fields(envelope), code, reason)


def _fields(envelope: Any) -> Any:
    return msgspec.structs.asdict(envelope) if isinstance(envelope, _Envelope) else envelope


def _envelopes(body: bytes) -> list[Any]:
    """An envelope for each event, or what stands in the place of one.

    All in one call, which costs a fifth of one call each; only where one is wrong it is asked which.
    """
    try:
        events: list[Any] = _BATCH.decode(body)
    except (msgspec.MsgspecError, RecursionError, ValueError):
        events = [_envelope(fields) for fields in _listed(body)]
    if len(events) > MOST_EVENTS:
        raise TooManyEvents(f"the batch has {len(events)} events; send at most {MOST_EVENTS} at once")
    return events


def _envelope(fields: Any) -> Any:
    try:
        return msgspec.convert(fields, _Envelope)
    except msgspec.ValidationError:
        return fields


def _listed(body: bytes) -> list[Any]:
    try:
        found = _json(body)
    except (ValueError, RecursionError) as error:
        raise NotEvents(f"the body is not JSON in UTF-8: {error}") from error
    return found if isinstance(found, list) else [found]


def _json(body: bytes) -> Any:
    try:
        return json.loads(body, parse_float=Decimal, parse_constant=_no_number)
    except (json.JSONDecodeError, UnicodeDecodeError):
        raise
    except ValueError:
        # An integer of thousands of digits is JSON, and must cost only the event that it stands in.
        return json.loads(body, parse_float=Decimal, parse_int=Decimal, parse_constant=_no_number)


def _no_number(text: str) -> Any:
    raise ValueError(f"{text} is no number in JSON")


def _event(position: int, event: Any, rules: _Rules) -> MeteredEvent:
    if type(event) is not _Envelope or not _is_plain(event):
        raise Unreadable(malformed(_fields(event)), RefusalCode.MALFORMED)
    at = _instant(event)
    if not rules.earliest <= at <= rules.latest:
        raise _out_of_time(at, rules)
    counting = rules.dials.get(event.type)
    if counting is None:
        raise Unreadable(
            f"type {event.type[:60]!r} is counted by no meter: meters.yaml names those that are",
            RefusalCode.NOT_COUNTED,
        )
    data = event.data or {}
    readings = tuple([found for dial in counting if (found := reading(dial, data)) is not None])
    content = _content((event.type, (at - EPOCH) // MICROSECOND, event.subject, data))
    return MeteredEvent(position, event.source, event.id, at, content, readings)


def _is_plain(event: _Envelope) -> bool:
    """Whether its attributes have the form they must have; nearly all do, at the first look."""
    if is_unstorable(f"{event.id}{event.source}{event.type}"):
        return False
    kind = event.datacontenttype
    if kind is not None and kind != "application/json" and not JSON_TYPE.match(kind):
        return False
    return RFC_3339.match(event.time) is not None


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


def _instant(event: _Envelope) -> datetime:
    """What is finer than a microsecond is cut off: rounded, it could fall into the next period."""
    try:
        return datetime.fromisoformat(event.time.upper()).astimezone(UTC)
    except (ValueError, OverflowError):
        raise Unreadable(f"time {PATTERNS['time']}", RefusalCode.MALFORMED) from None


def _content(told: tuple[object, ...]) -> bytes:
    """Fields in any order are the same content; numbers are compared as they were written."""
    try:
        text = _CANONICAL.encode(told)
    except (OverflowError, UnicodeEncodeError):  # a whole number of over 64 bits, half a character
        text = ascii(_ordered([*told])).encode()
    return blake2b(text, digest_size=16).digest()


def _ordered(value: Any) -> Any:
    if type(value) is dict:
        return sorted([(key, _ordered(one) if type(one) in NESTS else one) for key, one in value.items()])
    return [_ordered(one) if type(one) in NESTS else one for one in value]
