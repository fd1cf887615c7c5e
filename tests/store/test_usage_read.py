"""Reading usage: any span and any cut-off gives what the domain makes of the events."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from msgspec.structs import replace
from sqlalchemy import Engine, text

from domain.billing.prices import Aggregate
from domain.billing.spans import Span
from domain.errors import Unavailable
from domain.metering.cloud_events import MeteredEvent
from store.engine import psycopg_transaction
from store.usage_ingest import _make_staging
from store.usage_order import cut_off, draw
from store.usage_partitions import drop_months, forget_identities
from store.usage_parts import Question
from store.usage_read import UsageGone
from store.usage_series import series
from tests.store.metered import BEGIN, NOW, Metered, demands, event, expected, spans, streams

HOUR = timedelta(hours=1)
MANY = settings(max_examples=20, deadline=None, suppress_health_check=list(HealthCheck))


@pytest.fixture
def metered(engine: Engine) -> Metered:
    return Metered(engine)


@MANY
@given(streams, streams, st.lists(spans, min_size=1, max_size=3))
def test_any_span_with_and_without_a_cut_off(
    metered: Metered, early: list[MeteredEvent], late: list[MeteredEvent], windows: list[Span]
) -> None:
    """Cut hours, whole hours, states from before and what was stored before a cut-off come out right.

    So they do if nothing but events is read.
    """
    tenant = Metered(metered.engine)
    tenant.ingest(early)
    known = cut_off(tenant.engine)
    late = [replace(one, source="late") for one in late]
    tenant.ingest(late)
    for window in windows:
        assert tenant.read(window) == expected([*early, *late], window)
        assert tenant.read(window, known=known) == expected(early, window)
        assert tenant.recount(window) == expected([*early, *late], window)
        assert tenant.recount(window, known=known) == expected(early, window)


@settings(MANY, max_examples=10)
@given(streams, st.lists(st.integers(0, 72 * 4), min_size=2, max_size=6, unique=True))
def test_spans_with_gaps_count_as_one(
    metered: Metered, events: list[MeteredEvent], quarters: list[int]
) -> None:
    """A key on both sides of a gap is one; a state that was set in the gap holds after it."""
    tenant = Metered(metered.engine)
    tenant.ingest(events)
    edges = [BEGIN + number * HOUR / 4 for number in sorted(quarters)]
    windows = [Span(*pair) for pair in zip(edges[::2], edges[1::2], strict=False)]
    assert tenant.read(*windows) == expected(events, *windows)


def test_a_recount_takes_nothing_from_sums(metered: Metered) -> None:
    """Sums and keys that are wrong change nothing: not even a state from before the span is theirs."""
    events = [event(n, BEGIN + n * HOUR / 3, Decimal(n), key=str(n)) for n in range(1, 90)]
    metered.ingest(events)
    window = Span(BEGIN + 5 * HOUR / 2, BEGIN + 20 * HOUR)
    own = "WHERE stream IN (SELECT id FROM usage_stream WHERE tenant_id = :id)"
    wrong = "count = 1000, sum = 1000, max = 1000, last_value = last_value + 1, integral = integral + 1"
    with metered.engine.begin() as connection:
        for change in (
            f"usage_hour SET {wrong}",
            f"usage_day SET {wrong}",
            "usage_key SET hours = repeat('0', 744)::bit(744)",
        ):
            connection.execute(text(f"UPDATE {change} {own}"), {"id": metered.tenant_id})
    assert metered.recount(window) == expected(events, window)
    by_sums = metered.read(window)
    assert all(by_sums[demand] != right for demand, right in expected(events, window).items())


def test_many_tenants_are_read_at_once(engine: Engine) -> None:
    """Each gets its own answers, those who used nothing included."""
    tenants = [Metered(engine) for _ in range(3)]
    window = Span(BEGIN + HOUR / 2, NOW)
    events = [[event(n, BEGIN + n * HOUR / 3, Decimal(n + place)) for n in range(9)] for place in range(2)]
    for tenant, own in zip(tenants, events, strict=False):
        tenant.ingest(own)
    found = tenants[0].reader.quantities({one.tenant_id: demands(window) for one in tenants})
    assert [found[one.tenant_id] for one in tenants] == [expected(own, window) for own in [*events, []]]


def test_a_state_from_long_ago_still_holds(metered: Metered) -> None:
    """The month after the last event has its value all along."""
    metered.ingest([event(1, BEGIN, Decimal(7)), event(2, BEGIN + HOUR, Decimal(9), group='["a"]')])
    later = Span(NOW + timedelta(days=300, minutes=1), NOW + timedelta(days=330))
    (weighted,) = [one for one in demands(later) if one.aggregate is Aggregate.WEIGHTED]
    found = metered.at(later.end).read(later)[weighted]
    assert found == 16 * (later.end - later.begin) // timedelta(seconds=1)


def test_groups_are_read_by_themselves(metered: Metered) -> None:
    """A group's aggregates are those of its events; there is a list of the groups."""
    events = [
        event(n, BEGIN + n * HOUR / 4, Decimal(n), f"u{n % 3}", f'["{"ab"[n % 2]}"]') for n in range(40)
    ]
    metered.ingest(events)
    window = Span(BEGIN + HOUR / 3, NOW)
    assert metered.reader.groups(metered.tenant_id, "sum", window) == ['["a"]', '["b"]']
    own = expected([one for one in events if one.readings[0].group == '["a"]'], window)
    questions = [Question(metered.tenant_id, demand, '["a"]') for demand in own]
    assert metered.reader.answers(questions) == list(own.values())


def test_series(metered: Metered) -> None:
    """A point for each step: sums of what happened in it, and averages of what held in it."""
    metered.ingest([event(1, BEGIN, Decimal(10)), event(2, BEGIN + 3 * HOUR / 2, Decimal(40))])
    steps = [Span(BEGIN + n * HOUR, BEGIN + (n + 1) * HOUR) for n in range(3)]

    def points(aggregate: Aggregate) -> list[Fraction]:
        found = series(metered.reader, metered.tenant_id, aggregate.value, aggregate, steps)
        return [point.value for point in found]

    assert points(Aggregate.SUM) == [10, 40, 0]
    assert points(Aggregate.WEIGHTED) == [10, 25, 40]


def test_a_cut_off_waits_for_ingestions_that_have_a_number(engine: Engine) -> None:
    """Whoever drew a number before the cut-off has committed by then; whoever draws later is above it."""
    with ThreadPoolExecutor(1) as pool:
        with psycopg_transaction(engine, prepare=_make_staging) as connection:
            drawn = draw(connection)
            reading = pool.submit(cut_off, engine)
            with pytest.raises(TimeoutError):
                reading.result(timeout=0.5)
        known = reading.result(timeout=10)
    assert known >= drawn
    with psycopg_transaction(engine, prepare=_make_staging) as connection:
        assert draw(connection) > known


def test_a_cut_off_gives_up_before_it_holds_up_everybody(
    engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    """While an ingestion does not end, it is Unavailable, and the next try may find a better moment."""
    monkeypatch.setattr("store.usage_order._WAIT", text("SET LOCAL lock_timeout = 50"))
    with psycopg_transaction(engine, prepare=_make_staging) as connection:
        draw(connection)
        with pytest.raises(Unavailable):
            cut_off(engine)


def test_what_a_cut_off_lets_through_never_changes(metered: Metered) -> None:
    """While four senders store events, each cut-off that is read gives the same then and at the end."""
    window = Span(BEGIN, NOW)
    batches = [
        [event(100 * n + m, BEGIN + (n + m) * HOUR / 7, Decimal(m)) for m in range(10)] for n in range(24)
    ]
    seen = []
    with ThreadPoolExecutor(4) as pool:
        sent = [pool.submit(metered.ingest, batch) for batch in batches]
        while not all(one.done() for one in sent):
            known = cut_off(metered.engine)
            seen.append((known, metered.read(window, known=known)))
    assert [one.result().duplicates for one in sent] == [[]] * 24
    for known, found in seen:
        assert metered.read(window, known=known) == found
    assert metered.read(window, known=cut_off(metered.engine)) == metered.read(window)


def test_months_are_dropped_by_age_and_sums_stay(engine: Engine) -> None:
    """Whole hours of a dropped month are still answered; what would need its events is refused."""
    happened = datetime(2020, 5, 31, 23, 30, tzinfo=UTC)
    tenant = Metered(engine, happened)
    tenant.ingest([event(1, happened, Decimal(3)), event(2, happened + HOUR, Decimal(4))])
    later = tenant.at(happened + timedelta(days=436))
    assert "usage_event_2020_05" not in drop_months(engine, happened + timedelta(days=434))
    assert "usage_event_2020_05" in drop_months(engine, happened + timedelta(days=436))
    whole = Span(datetime(2020, 5, 31, 23, tzinfo=UTC), datetime(2020, 6, 1, tzinfo=UTC))
    assert later.read(whole) == expected([event(1, happened, Decimal(3))], whole)
    with pytest.raises(UsageGone, match="kept from 2020-06-01 on"):
        later.read(Span(happened, whole.end))
    june = Span(datetime(2020, 6, 1, 0, 10, tzinfo=UTC), datetime(2020, 6, 2, tzinfo=UTC))
    assert later.read(june) == expected(
        [event(1, happened, Decimal(3)), event(2, happened + HOUR, Decimal(4))], june
    )


def test_a_state_of_before_is_refused_if_nobody_knows_it(engine: Engine) -> None:
    """An event after the cut-off changed the hour that set it, and that hour's events are gone: no guess."""
    happened = datetime(2020, 8, 31, 20, tzinfo=UTC)
    tenant = Metered(engine, happened + HOUR)
    first, second = event(1, happened, Decimal(3)), event(2, happened + HOUR / 2, Decimal(9))
    tenant.ingest([first])
    known = cut_off(engine)
    tenant.at(happened + 24 * HOUR).ingest([second])
    later = tenant.at(happened + timedelta(days=434))
    month = Span(datetime(2020, 9, 1, tzinfo=UTC), datetime(2020, 10, 1, tzinfo=UTC))
    assert later.read(month, known=known) == expected([first], month)
    gone = tenant.at(happened + timedelta(days=436))
    drop_months(engine, happened + timedelta(days=436))
    assert gone.read(month) == expected([first, second], month)
    with pytest.raises(UsageGone, match="2020-08-31"):
        gone.read(month, known=known)


def test_identities_are_forgotten_oldest_first(engine: Engine) -> None:
    """As many as are asked for at once, and none that is still to be remembered."""
    long_ago = datetime(2019, 1, 1, tzinfo=UTC)
    for day in range(3):
        Metered(engine, long_ago + timedelta(days=day)).ingest([event(1, long_ago)])
    before = long_ago + timedelta(days=1)
    assert [forget_identities(engine, before, most=1) for _ in range(3)] == [1, 1, 0]
    assert forget_identities(engine, before + timedelta(days=1)) == 1
