"""Usage events: which count. Identity is source and id; the content that came first stays."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from decimal import Decimal
from enum import StrEnum

LATEST = timedelta(days=35)
AHEAD = timedelta(minutes=5)
REMEMBERED = timedelta(days=400)
"""How long an identity is taken."""


@dataclass(frozen=True)
class UsageEvent:
    id: str
    source: str
    meter: str
    at: datetime
    """When it happened: decides period and price."""
    received: datetime
    """When we learnt of it: decides which invoice it comes on."""
    value: Decimal = Decimal(1)
    key: str = ""
    """What unique meters count."""
    group: str = ""
    """Which of a meter's states it sets; one without groups has one."""

    @property
    def order(self) -> tuple[datetime, str, str]:
        """By time, and of the same instant by identity: never by arrival."""
        return (self.at, self.source, self.id)


class Verdict(StrEnum):
    INSERTED = "inserted"
    DUPLICATE = "duplicate"
    CONFLICT = "conflict"
    TOO_OLD = "too old"
    AHEAD = "ahead"


@dataclass(frozen=True)
class Judged:
    event: UsageEvent
    verdict: Verdict


def judged(events: Iterable[UsageEvent]) -> list[Judged]:
    """Each event in order of arrival; of those that arrive at once, in the order given."""
    stored: dict[tuple[str, str], UsageEvent] = {}
    found = []
    for event in sorted(events, key=lambda event: event.received):
        verdict = _verdict(event, stored.get((event.source, event.id)))
        if verdict is Verdict.INSERTED:
            stored[event.source, event.id] = event
        found.append(Judged(event, verdict))
    return found


def counted(events: Iterable[UsageEvent]) -> list[UsageEvent]:
    return [one.event for one in judged(events) if one.verdict is Verdict.INSERTED]


def _verdict(event: UsageEvent, stored: UsageEvent | None) -> Verdict:
    if event.at < event.received - LATEST:
        return Verdict.TOO_OLD
    if event.at > event.received + AHEAD:
        return Verdict.AHEAD
    if stored is None or event.received >= stored.received + REMEMBERED:
        return Verdict.INSERTED
    same = replace(event, received=stored.received) == stored
    return Verdict.DUPLICATE if same else Verdict.CONFLICT
