"""Storing a batch of events: once each, whoever else sends the same at the same time."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from hashlib import blake2b
from typing import Any

import psycopg
from psycopg.errors import ForeignKeyViolation
from sqlalchemy import Engine

from domain.billing.events import REMEMBERED
from domain.metering.cloud_events import MeteredEvent
from domain.metering.hours import months
from runtime.clock import Clock
from store.engine import psycopg_transaction
from store.usage_ingest_sql import (
    COPY,
    DAY_STATES,
    DAYS,
    EVENTS,
    HOUR_STATES,
    HOURS,
    IDENTITIES,
    KEYS,
    KNOWN,
    STAGING,
)
from store.usage_order import draw
from store.usage_partitions import ensure_months
from store.usage_streams import Named, Streams

Identity = tuple[str, str]
"""Source and id."""
ESCAPES = str.maketrans({"\\": r"\\", "\t": r"\t", "\n": r"\n", "\r": r"\r"})


@dataclass(frozen=True)
class Ingested:
    """What became of a batch, by the events' positions in it."""

    inserted: list[int]
    duplicates: list[int]
    """Stored before, and the same."""
    conflicts: list[int]
    """Stored before under the same source and id, and other: the first stays."""


class Ingestion:
    def __init__(self, engine: Engine, clock: Clock) -> None:
        self._engine = engine
        self._clock = clock
        self._months: set[datetime] = set()
        self._streams = Streams(engine)

    def ingest(self, tenant_id: str, events: Sequence[MeteredEvent]) -> Ingested:
        """Stores what is new, in one transaction with its sums. May be repeated after any failure.

        Raises Unavailable; then nothing of the batch is stored, or all of it is and a repeat says so.
        """
        first: dict[Identity, MeteredEvent] = {}
        for event in events:
            first.setdefault((event.source, event.id), event)
        if not first:
            return Ingested([], [], [])
        self._prepare(first.values())
        try:
            known = self._stored(tenant_id, list(first.values()))
        except ForeignKeyViolation:
            # The database was put back to a time before these streams had their numbers.
            self._streams.forget()
            known = self._stored(tenant_id, list(first.values()))
        return _verdicts(events, first, known)

    def _stored(self, tenant_id: str, events: list[MeteredEvent]) -> dict[Identity, bytes]:
        """Content by identity of those that were stored before."""
        streams = self._streams.numbers(
            tenant_id, {(one.meter, one.group) for event in events for one in event.readings}
        )
        lines = "".join(_lines(tenant_id, events, streams))
        with psycopg_transaction(self._engine, prepare=_make_staging) as connection:
            return _store(connection, events, lines, self._clock.now())

    def _prepare(self, events: Iterable[MeteredEvent]) -> None:
        instants = [event.at for event in events]
        missing = set(months(min(instants), max(instants))) - self._months
        if missing:
            ensure_months(self._engine, missing)
            self._months |= missing


def _make_staging(connection: psycopg.Connection[Any]) -> None:
    connection.execute(STAGING)


def _store(
    connection: psycopg.Connection[Any], events: list[MeteredEvent], lines: str, now: datetime
) -> dict[Identity, bytes]:
    values = {"now": now, "forgotten": now - REMEMBERED, "ingestion": draw(connection)}
    with connection.cursor() as cursor:
        with cursor.copy(COPY) as copy:
            copy.write(lines)
        cursor.execute(IDENTITIES, values)
        known: dict[Identity, bytes] = {}
        if cursor.rowcount < len(events):
            cursor.execute(KNOWN, values)
            known = {(source, name): content.bytes for source, name, content in cursor}
    if len(known) < len(events):
        _sum_up(connection, values, [event for event in events if (event.source, event.id) not in known])
    return known


def _sum_up(
    connection: psycopg.Connection[Any], values: Mapping[str, Any], events: Sequence[MeteredEvent]
) -> None:
    with connection.pipeline():
        connection.execute(EVENTS, values)
        connection.execute(HOURS, values)
        connection.execute(DAYS, values)
        if any(reading.key is not None for event in events for reading in event.readings):
            connection.execute(KEYS, values)
        if any(reading.holds_state for event in events for reading in event.readings):
            connection.execute(HOUR_STATES, values)
            connection.execute(DAY_STATES, values)


def _verdicts(
    events: Sequence[MeteredEvent], first: Mapping[Identity, MeteredEvent], known: Mapping[Identity, bytes]
) -> Ingested:
    """A repeat within the batch is judged by what is stored by now, as one in a later batch would be."""
    found = Ingested([], [], [])
    for event in events:
        identity = (event.source, event.id)
        if identity not in known and first[identity] is event:
            found.inserted.append(event.position)
        elif known.get(identity, first[identity].content) == event.content:
            found.duplicates.append(event.position)
        else:
            found.conflicts.append(event.position)
    return found


def _lines(tenant_id: str, events: Iterable[MeteredEvent], streams: Mapping[Named, int]) -> Iterator[str]:
    """Rows of the staging table: one for each reading, and one for an event that has none."""
    for event in events:
        source, name = event.source, event.id
        named = f"{tenant_id}\0{source}\0{name}"
        digests = f"{blake2b(named.encode(), digest_size=16).hexdigest()}\t{event.content.hex()}"
        if not f"{source}{name}".isprintable() or "\\" in named:
            source, name = source.translate(ESCAPES), name.translate(ESCAPES)
        named, at = f"{source}\t{name}", event.at.isoformat()
        for one in event.readings:
            stream, holds = streams[one.meter, one.group], "t" if one.holds_state else "f"
            yield f"{stream}\t{at}\t{one.value}\t{named}\t{_key(one.key)}\t{digests}\t{holds}\n"
        if not event.readings:
            yield f"\\N\t{at}\t\\N\t{named}\t\\N\t{digests}\tf\n"


def _key(key: str | None) -> str:
    if key is None:
        return r"\N"
    return key if key.isprintable() and "\\" not in key else key.translate(ESCAPES)
