"""Sums by hour and day as they are stored, and as a recount of the single events gives them."""

from collections import defaultdict
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from itertools import pairwise
from typing import Any

from sqlalchemy import text

from domain.billing.events import UsageEvent
from domain.billing.prices import Aggregate
from domain.billing.spans import Span
from domain.metering.cloud_events import MeteredEvent
from domain.metering.hours import DAY, HOUR, day_of, hour_of, masks
from domain.metering.meters import STATES
from tests.store.metered import Metered, as_used

SUMS = (
    "SELECT meter, {unit}, grp, count, sum, max, first_at, last_value, integral"
    "  FROM usage_{unit} JOIN usage_stream ON usage_stream.id = stream WHERE tenant_id = :id"
)
KEYS = text(
    "SELECT grp, month, key, hours"
    "  FROM usage_key JOIN usage_stream ON usage_stream.id = stream WHERE tenant_id = :id"
)
SECOND = timedelta(seconds=1)


def summed_up(tenant: Metered) -> dict[str, Any]:
    own = {"id": tenant.tenant_id}
    with tenant.engine.connect() as connection:
        hours, days = (
            {tuple(row[:3]): tuple(row[3:]) for row in connection.execute(text(SUMS.format(unit=unit)), own)}
            for unit in ("hour", "day")
        )
        keys = {tuple(row[:3]): str(row.hours) for row in connection.execute(KEYS, own)}
    return {"hours": hours, "days": days, "keys": keys}


def recounted(events: list[MeteredEvent]) -> dict[str, Any]:
    used = sorted(as_used(events), key=lambda one: one.order)
    seen: dict[Any, list[Span]] = defaultdict(list)
    for one in used:
        if one.key:
            seen[one.group, one.key].append(Span(hour_of(one.at), hour_of(one.at) + HOUR))
    keys = {
        (group, month.date(), key): mask
        for (group, key), spans in seen.items()
        for month, mask in masks(spans).items()
    }
    return {"hours": _sums(used, hour_of, HOUR), "days": _sums(used, day_of, DAY), "keys": keys}


def _sums(
    used: Sequence[UsageEvent], begin_of: Callable[[datetime], datetime], length: timedelta
) -> dict[Any, Any]:
    groups = defaultdict(list)
    for one in used:
        groups[one.meter, begin_of(one.at), one.group].append(one)
    return {named: _sum(found, named[1] + length) for named, found in groups.items()}


def _sum(found: Sequence[UsageEvent], end: datetime) -> tuple[Any, ...]:
    values = [one.value for one in found]
    state: tuple[Any, ...] = (None, None, None)
    if Aggregate(found[0].meter) in STATES:
        edges = pairwise([*(one.at for one in found), end])
        held = zip(values, edges, strict=True)
        integral = sum(((until - begin) // SECOND * value for value, (begin, until) in held), Decimal(0))
        state = (found[0].at, values[-1], integral)
    return (len(found), sum(values), max(values), *state)
