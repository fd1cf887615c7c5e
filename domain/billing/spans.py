"""Half-open spans of time [begin, end), in UTC and to the microsecond."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

MICROSECOND = timedelta(microseconds=1)


@dataclass(frozen=True, order=True)
class Span:
    begin: datetime
    end: datetime

    @property
    def micros(self) -> int:
        """Length in microseconds. Real time: a day on which clocks change has 23 or 25 hours."""
        return (self.end - self.begin) // MICROSECOND

    def __contains__(self, instant: datetime) -> bool:
        return self.begin <= instant < self.end

    def common(self, other: "Span") -> "Span | None":
        """What lies in both; None if nothing does."""
        begin, end = max(self.begin, other.begin), min(self.end, other.end)
        return Span(begin, end) if begin < end else None


def joined(spans: Iterable[Span]) -> tuple[Span, ...]:
    """The same time in as few spans as possible; `spans` are in order and do not overlap."""
    found: list[Span] = []
    for span in spans:
        if found and found[-1].end == span.begin:
            found[-1] = Span(found[-1].begin, span.end)
        else:
            found.append(span)
    return tuple(found)


def before(spans: Iterable[Span], instant: datetime) -> tuple[Span, ...]:
    """What of spans lies before an instant."""
    return tuple(Span(span.begin, min(span.end, instant)) for span in spans if span.begin < instant)


def micros(spans: Sequence[Span]) -> int:
    return sum(span.micros for span in spans)
