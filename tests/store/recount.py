"""Sums by the hour as they are stored, and as a recount of the single events gives them."""

from collections import defaultdict
from datetime import timedelta
from decimal import Decimal
from itertools import pairwise
from typing import Any

from sqlalchemy import text

from domain.billing.prices import Aggregate
from domain.billing.spans import Span
from domain.metering.cloud_events import MeteredEvent
from domain.metering.hours import HOUR, hour_of, masks
from domain.metering.meters import STATES
from tests.store.metered import Metered, as_used

HOURS = text(
    "SELECT meter, hour, grp, count, sum, max, first_at, last_value, integral"
    "  FROM usage_hour JOIN usage_stream ON usage_stream.id = stream WHERE tenant_id = :id"
)
KEYS = text(
    "SELECT grp, month, key, hours"
    "  FROM usage_key JOIN usage_stream ON usage_stream.id = stream WHERE tenant_id = :id"
)
SECOND = timedelta(seconds=1)


def summed_up(tenant: Metered) -> dict[Any, Any]:
    with tenant.engine.connect() as connection:
        hours = {
            tuple(row[:3]): tuple(row[3:]) for row in connection.execute(HOURS, {"id": tenant.tenant_id})
        }
        keys = {tuple(row[:3]): str(row.hours) for row in connection.execute(KEYS, {"id": tenant.tenant_id})}
    return {"hours": hours, "keys": keys}


def recounted(events: list[MeteredEvent]) -> dict[Any, Any]:
    groups = defaultdict(list)
    seen: dict[Any, list[Span]] = defaultdict(list)
    for one in sorted(as_used(events), key=lambda one: one.order):
        hour = hour_of(one.at)
        groups[one.meter, hour, one.group].append(one)
        if one.key:
            seen[one.group, one.key].append(Span(hour, hour + HOUR))
    hours = {}
    for (meter, hour, group), found in groups.items():
        values = [one.value for one in found]
        state: tuple[Any, ...] = (None, None, None)
        if Aggregate(meter) in STATES:
            edges = pairwise([*(one.at for one in found), hour + HOUR])
            held = zip(values, edges, strict=True)
            integral = sum(((end - begin) // SECOND * value for value, (begin, end) in held), Decimal(0))
            state = (found[0].at, values[-1], integral)
        hours[meter, hour, group] = (len(found), sum(values), max(values), *state)
    keys = {}
    for (group, key), spans in seen.items():
        for month, mask in masks(spans).items():
            keys[group, month.date(), key] = mask
    return {"hours": hours, "keys": keys}
