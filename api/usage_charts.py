"""A tenant's usage as charts show it. Blocks."""

from collections.abc import Sequence
from datetime import datetime

from api.problems import ApiProblem, invalid
from api.usage import UsageDesk
from api.usage_schemas import Charted, GroupUsage, MeterUsage, UsagePoint
from domain.billing.prices import Aggregate
from domain.billing.spans import Span
from domain.billing.words import number_text
from domain.metering.charts import NoChart, chart_spans
from domain.metering.meters import Meter
from domain.metering.readings import groups_of
from store.usage_series import series

MOST_POINTS = 5_000
"""Of one answer."""


def spans_of(wanted: Charted, now: datetime, first: datetime) -> list[Span]:
    """`first`: when the tenant came. Raises ApiProblem."""
    try:
        return chart_spans(wanted.step, wanted.from_, wanted.to, now, first=first)
    except NoChart as error:
        raise invalid(error.field, str(error)) from error


def charts(desk: UsageDesk, tenant_id: str, wanted: Charted, spans: Sequence[Span]) -> list[MeterUsage]:
    """A chart for each meter asked for, or for all. Raises ApiProblem, Unavailable."""
    meters = _meters(desk, wanted.meter)
    groups = [_groups(desk, tenant_id, meter, spans) if wanted.groups else [] for meter in meters]
    lines = len(meters) + sum(map(len, groups))
    if lines * len(spans) > MOST_POINTS:
        raise _too_many(lines, len(spans), grouped=wanted.groups)
    return [_chart(desk, tenant_id, meter, spans, named) for meter, named in zip(meters, groups, strict=True)]


def _meters(desk: UsageDesk, names: Sequence[str]) -> list[Meter]:
    if unknown := [name for name in names if name not in desk.meters]:
        raise invalid("meter", f"there is no meter '{unknown[0]}'; there are {', '.join(desk.meters)}")
    return [desk.meters[name] for name in dict.fromkeys(names)] or list(desk.meters.values())


def _groups(desk: UsageDesk, tenant_id: str, meter: Meter, spans: Sequence[Span]) -> list[str]:
    whole = Span(spans[0].begin, spans[-1].end)
    if not meter.group_by:
        return []
    held = meter.aggregate is Aggregate.WEIGHTED
    return desk.reader.groups(tenant_id, meter.name, whole, held=held)


def _too_many(lines: int, points: int, *, grouped: bool) -> ApiProblem:
    way_out = "name one meter" if not grouped else "name one meter, or leave out groups"
    return invalid(
        "step", f"{lines} lines of {points} points are over {MOST_POINTS}: take a longer step, or {way_out}"
    )


def _chart(
    desk: UsageDesk, tenant_id: str, meter: Meter, spans: Sequence[Span], groups: Sequence[str]
) -> MeterUsage:
    value, points = _line(desk, tenant_id, meter, spans, None)
    return MeterUsage(
        meter=meter.name,
        title=meter.title,
        aggregate=meter.aggregate,
        value=value,
        points=points,
        groups=[_group(desk, tenant_id, meter, spans, group) for group in groups],
    )


def _group(desk: UsageDesk, tenant_id: str, meter: Meter, spans: Sequence[Span], group: str) -> GroupUsage:
    value, points = _line(desk, tenant_id, meter, spans, group)
    # What was counted under other fields, before the meter was changed, shows as much as fits.
    named = dict(zip(meter.group_by, groups_of(group), strict=False))
    return GroupUsage(group=named, value=value, points=points)


def _line(
    desk: UsageDesk, tenant_id: str, meter: Meter, spans: Sequence[Span], group: str | None
) -> tuple[str, list[UsagePoint]]:
    """What was used in all of the spans together, and in each."""
    whole = Span(spans[0].begin, spans[-1].end)
    first, *others = series(desk.reader, tenant_id, meter.name, meter.aggregate, [whole, *spans], group)
    points = [
        UsagePoint(from_=point.span.begin, to=point.span.end, value=number_text(point.value))
        for point in others
    ]
    return number_text(first.value), points
