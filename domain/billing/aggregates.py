"""Aggregates from events; sums kept by the hour, with single events at the cuts, must come to the same."""

from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from decimal import Context, Decimal, DivisionByZero, Inexact, InvalidOperation, Overflow, localcontext
from itertools import pairwise

from domain.billing.events import UsageEvent
from domain.billing.prices import Aggregate
from domain.billing.spans import Span
from domain.billing.usage import Demand

EXACT = Context(prec=100, traps=[Inexact, InvalidOperation, DivisionByZero, Overflow])
"""A sum that does not fit is an error and not a little off."""
NONE = Decimal(0)


def aggregated(events: Iterable[UsageEvent], demands: Iterable[Demand]) -> dict[Demand, Decimal]:
    """What was used, for each demand; 0 where nothing was. Order and arrival of the events mean nothing."""
    by_meter: dict[str, list[UsageEvent]] = defaultdict(list)
    for event in events:
        by_meter[event.meter].append(event)
    for found in by_meter.values():
        found.sort(key=lambda event: event.order)
    with localcontext(EXACT):
        return {demand: _measure(by_meter.get(demand.meter, []), demand) for demand in demands}


def _measure(events: Sequence[UsageEvent], demand: Demand) -> Decimal:
    if demand.aggregate is Aggregate.WEIGHTED:
        groups = _by_group(events)
        return sum((_integral(group, span) for group in groups for span in demand.spans), NONE)
    inside = [event for span in demand.spans for event in _within(events, span)]
    return _MEASURES[demand.aggregate](inside) if inside else NONE


def _within(events: Sequence[UsageEvent], span: Span) -> Sequence[UsageEvent]:
    begin = bisect_left(events, span.begin, key=lambda event: event.at)
    return events[begin : bisect_left(events, span.end, lo=begin, key=lambda event: event.at)]


def _integral(events: Sequence[UsageEvent], span: Span) -> Decimal:
    """Value times seconds. The last event before a span says with what it begins, however long ago it was."""
    before = bisect_right(events, span.begin, key=lambda event: event.at)
    held = events[before - 1].value if before else NONE
    inside = [event for event in _within(events, span) if event.at > span.begin]
    edges = [span.begin, *(event.at for event in inside), span.end]
    values = [held, *(event.value for event in inside)]
    return sum(
        (value * Span(*edge).micros for value, edge in zip(values, pairwise(edges), strict=True)), NONE
    ).scaleb(-6)


def _by_group(events: Sequence[UsageEvent]) -> list[list[UsageEvent]]:
    """Each group holds a state of its own; together they are the meter's."""
    groups: dict[str, list[UsageEvent]] = defaultdict(list)
    for event in events:
        groups[event.group].append(event)
    return list(groups.values())


def _sum(events: Sequence[UsageEvent]) -> Decimal:
    return sum((event.value for event in events), NONE)


def _last(events: Sequence[UsageEvent]) -> Decimal:
    return sum((group[-1].value for group in _by_group(events)), NONE)


_MEASURES: dict[Aggregate, Callable[[Sequence[UsageEvent]], Decimal]] = {
    Aggregate.SUM: _sum,
    Aggregate.COUNT: lambda events: Decimal(len(events)),
    Aggregate.MAX: lambda events: max(event.value for event in events),
    Aggregate.LAST: _last,
    Aggregate.UNIQUE: lambda events: Decimal(len({event.key for event in events})),
}
