"""Aggregates: what of a stream of events rating needs, whatever the order it came in."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.billing.aggregates import aggregated
from domain.billing.events import UsageEvent, Verdict, counted, judged
from domain.billing.prices import Aggregate
from domain.billing.spans import Span
from domain.billing.usage import Demand

BEGIN = datetime(2024, 4, 1, tzinfo=UTC)
HOUR = timedelta(hours=1)
MONTH = Span(BEGIN, BEGIN + 720 * HOUR)


def event(number: int, hour: int, value: str = "1", key: str = "", **changes: object) -> UsageEvent:
    at = BEGIN + hour * HOUR
    fields = {"id": f"e{number}", "source": "", "meter": "m", "at": at, "received": at}
    return UsageEvent(**{**fields, "value": Decimal(value), "key": key, **changes})  # type: ignore[arg-type]


def measure(aggregate: Aggregate, events: list[UsageEvent], *spans: Span) -> Decimal:
    demand = Demand("m", aggregate, spans or (MONTH,))
    return aggregated(events, [demand])[demand]


@pytest.mark.parametrize(
    ("aggregate", "value"),
    [
        (Aggregate.SUM, "8.5"),
        (Aggregate.COUNT, "4"),
        (Aggregate.MAX, "7"),
        (Aggregate.LAST, "-1.5"),
        (Aggregate.UNIQUE, "2"),
    ],
)
def test_aggregates(aggregate: Aggregate, value: str) -> None:
    """Four events of two users, the last of them takes something back."""
    events = [
        event(1, 1, "1", "ann"),
        event(2, 2, "7", "bob"),
        event(3, 3, "2", "ann"),
        event(4, 4, "-1.5", "ann"),
    ]
    assert measure(aggregate, events) == Decimal(value)


@pytest.mark.parametrize("aggregate", list(Aggregate))
def test_nothing_is_nothing(aggregate: Aggregate) -> None:
    """Without events every aggregate is 0."""
    assert measure(aggregate, []) == 0


def test_events_at_the_edges() -> None:
    """An event at a span's begin is inside, one at its end is not."""
    edges = [event(1, 0), event(2, 720), event(3, 719), event(4, -1)]
    assert measure(Aggregate.COUNT, edges) == 2


def test_state_holds_until_it_is_changed() -> None:
    """10 from before the month, 40 from its 10th day on: 10 × 240 h + 40 × 480 h, in seconds."""
    events = [event(1, -5000, "10"), event(2, 240, "40")]
    assert measure(Aggregate.WEIGHTED, events) == (10 * 240 + 40 * 480) * 3600


def test_of_the_same_instant_the_last_by_identity_holds() -> None:
    """Neither arrival nor the order in a batch decides."""
    events = [event(2, 0, "5"), event(1, 0, "9")]
    assert measure(Aggregate.WEIGHTED, events) == 5 * 720 * 3600
    assert measure(Aggregate.LAST, events) == 5


def test_each_group_holds_a_state_of_its_own() -> None:
    """40 servers and, from the 10th hour on, 2 databases: together 42, and neither replaces the other."""
    events = [event(1, 0, "40", group="servers"), event(2, 10, "2", group="databases")]
    assert measure(Aggregate.WEIGHTED, events, Span(BEGIN, BEGIN + 20 * HOUR)) == (40 * 20 + 2 * 10) * 3600
    assert measure(Aggregate.LAST, events) == 42
    assert measure(Aggregate.MAX, events) == 40


def test_spans_with_a_gap_count_as_one() -> None:
    """A user seen on both sides of a gap is one; what was in the gap does not count, but leaves its state."""
    sides = (Span(BEGIN, BEGIN + 10 * HOUR), Span(BEGIN + 20 * HOUR, BEGIN + 30 * HOUR))
    events = [event(1, 1, "2", "ann"), event(2, 15, "7", "bob"), event(3, 25, "3", "ann")]
    assert measure(Aggregate.UNIQUE, events, *sides) == 1
    assert measure(Aggregate.SUM, events, *sides) == 5
    assert measure(Aggregate.WEIGHTED, events, *sides) == (2 * 9 + 7 * 5 + 3 * 5) * 3600


values = st.decimals(-1000, 1000, places=3)
streams = st.lists(st.tuples(st.integers(-100, 800), values, st.sampled_from("abc")), max_size=30).map(
    lambda rows: [event(number, hour, str(value), key) for number, (hour, value, key) in enumerate(rows)]
)


@given(streams, st.randoms(use_true_random=False), st.sampled_from(list(Aggregate)))
def test_order_means_nothing(events: list[UsageEvent], random: object, aggregate: Aggregate) -> None:
    """Events in any order come to the same."""
    shuffled = events[:]
    random.shuffle(shuffled)  # type: ignore[attr-defined]
    assert measure(aggregate, shuffled) == measure(aggregate, events)


@given(streams, st.lists(st.integers(1, 719), max_size=5))
def test_sums_and_integrals_can_be_cut(events: list[UsageEvent], cuts: list[int]) -> None:
    """A month cut into spans adds up to the month: hourly sums plus single events at the cuts are enough."""
    edges = [MONTH.begin, *(BEGIN + hour * HOUR for hour in sorted(set(cuts))), MONTH.end]
    spans = [Span(*edge) for edge in pairwise(edges)]
    for aggregate in (Aggregate.SUM, Aggregate.COUNT, Aggregate.WEIGHTED):
        parts = sum(measure(aggregate, events, span) for span in spans)
        assert parts == measure(aggregate, events)


@given(streams, st.data())
def test_repeated_events_are_duplicates(events: list[UsageEvent], data: st.DataObject) -> None:
    """Delivered again, in any batches and any order, the same events count once."""
    again = data.draw(st.lists(st.sampled_from(events), max_size=20)) if events else []
    later = [UsageEvent(**{**vars(one), "received": one.received + HOUR}) for one in again]
    assert counted([*events, *later]) == counted(events)
    assert sum(one.verdict is Verdict.DUPLICATE for one in judged([*events, *later])) == len(again)


def test_case_17_the_pure_part_a_batch_is_replayed() -> None:
    """100 events after 1 of them was stored: 99 inserted, 1 duplicate; once more: 100 duplicates."""
    batch = [event(number, number) for number in range(100)]
    arrivals = [batch[0], *batch, *batch]
    received = [UsageEvent(**{**vars(one), "received": BEGIN + 200 * HOUR}) for one in arrivals]
    verdicts = [one.verdict for one in judged(received)]
    assert verdicts[1:101].count(Verdict.INSERTED) == 99
    assert verdicts[1:101].count(Verdict.DUPLICATE) == 1
    assert verdicts[101:] == [Verdict.DUPLICATE] * 100


def test_another_content_is_a_conflict_and_stays_out() -> None:
    """An identity's first content stays; the others of the batch are none the worse."""
    found = judged([event(1, 5, "1"), event(1, 5, "2", received=BEGIN + 6 * HOUR), event(2, 7)])
    assert [one.verdict for one in found] == [Verdict.INSERTED, Verdict.CONFLICT, Verdict.INSERTED]


@pytest.mark.parametrize(
    ("late", "verdict"),
    [
        (timedelta(days=35), Verdict.INSERTED),
        (timedelta(days=35, seconds=1), Verdict.TOO_OLD),
        (timedelta(minutes=-5), Verdict.INSERTED),
        (timedelta(minutes=-5, seconds=-1), Verdict.AHEAD),
    ],
)
def test_what_is_accepted(late: timedelta, verdict: Verdict) -> None:
    """From 35 days back to 5 minutes ahead, both included."""
    assert judged([event(1, 0, received=BEGIN + late)])[0].verdict is verdict


def test_an_identity_is_free_again_after_400_days() -> None:
    """By then the first event is gone, and nothing of it can be compared."""
    later = BEGIN + timedelta(days=400)
    found = judged([event(1, 0), event(1, 0, at=later, received=later)])
    assert [one.verdict for one in found] == [Verdict.INSERTED, Verdict.INSERTED]
