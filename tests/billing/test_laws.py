"""Laws that hold for any tenant, any usage and any times at which closing ran."""

from collections import defaultdict
from dataclasses import replace
from datetime import datetime, timedelta
from fractions import Fraction
from itertools import pairwise

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from domain.billing.account import Account, Change, Segment, segments_of
from domain.billing.aggregates import aggregated
from domain.billing.closings import closings
from domain.billing.events import UsageEvent, counted
from domain.billing.invoices import Books, Invoice, Status, run
from domain.billing.lines import Line
from domain.billing.prices import Charging, UnitPrice
from domain.billing.rating import demands, rate, window
from domain.billing.simulation import Scenario, closed, full_hour, simulate
from tests.billing.random_accounts import GRACE, LENGTH, SECOND, accounts, scenarios

HOUR = timedelta(hours=1)
law = settings(max_examples=25, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])


def rated(account: Account, events: list[UsageEvent], until: datetime) -> list[Line]:
    seen = window(account, until)
    return rate(seen, aggregated(events, demands(seen)))


def booked(invoices: list[Invoice]) -> dict[str, int]:
    sums: dict[str, int] = defaultdict(int)
    for invoice in invoices:
        for entry in invoice.lines:
            sums[entry.line.key] += entry.line.amount
    return {key: amount for key, amount in sums.items() if amount}


def schedule(scenario: Scenario, step: timedelta) -> tuple[datetime, ...]:
    begin = full_hour(scenario.account.start)
    count = (scenario.as_of - begin) // step + 1
    return (*(begin + number * step for number in range(count)), scenario.as_of)


@law
@given(scenarios(ends=True), st.data())
def test_rating_more_often_changes_nothing(scenario: Scenario, data: st.DataObject) -> None:
    """Hourly, daily, once at the end, at random moments: what is booked is what is rated, key by key."""
    owed = {
        line.key: line.amount for line in rated(scenario.account, counted(scenario.events), scenario.as_of)
    }
    killed = data.draw(st.sets(st.integers(0, 2000), max_size=10))
    hours = schedule(scenario, HOUR)
    random = tuple(hours[number] for number in sorted(killed) if number < len(hours))
    for runs in (None, schedule(scenario, timedelta(days=1)), (scenario.as_of,), (*random, scenario.as_of)):
        assert booked(simulate(replace(scenario, runs=runs))) == owed


@settings(parent=law, max_examples=5)
@given(scenarios())
def test_hours_with_nothing_to_do_may_be_skipped(scenario: Scenario) -> None:
    """Every hour's run yields the same final invoices as the runs that have something to find."""
    short = replace(scenario, as_of=scenario.account.start + LENGTH / 4)
    assert simulate(replace(short, runs=schedule(short, HOUR)[:-1])) == simulate(short)


@law
@given(scenarios(), st.data())
def test_a_run_again_changes_nothing(scenario: Scenario, data: st.DataObject) -> None:
    """Two starts at the same moment, or one that was killed and began anew, leave the same books."""
    events = counted(scenario.events)
    books = Books()
    for moment in schedule(scenario, timedelta(days=data.draw(st.integers(3, 30)))):
        once = closed(scenario, books, events, moment)
        assert closed(scenario, books, events, moment) == once
        assert closed(scenario, once, events, moment) == once
        books = once


@law
@given(scenarios())
def test_rating_only_what_can_have_changed_is_enough(scenario: Scenario) -> None:
    """Runs that look back 35 days from the last final closing book what runs over all time would."""
    events = counted(scenario.events)
    near, far = Books(), Books()
    for moment in schedule(scenario, timedelta(days=5)):
        near = closed(scenario, near, events, moment)
        known = [event for event in events if event.received <= moment]
        everything = window(scenario.account, moment)
        far = run(everything, rate(everything, aggregated(known, demands(everything))), far, GRACE)
        assert near == far


@law
@given(scenarios(), st.randoms(use_true_random=False), st.data())
def test_order_and_repetition_of_events_change_nothing(
    scenario: Scenario, random: object, data: st.DataObject
) -> None:
    """Events in another order, and some of them twice, make the same invoices."""
    again = data.draw(st.lists(st.sampled_from(scenario.events), max_size=5)) if scenario.events else []
    events = [*scenario.events, *(replace(event, received=event.received + SECOND) for event in again)]
    random.shuffle(events)  # type: ignore[attr-defined]
    assert simulate(replace(scenario, events=tuple(events))) == simulate(scenario)


@law
@given(scenarios(), st.integers(0, LENGTH // SECOND))
def test_the_future_changes_nothing(scenario: Scenario, seconds: int) -> None:
    """Rated at a moment, an account that knows its later changes owes what one that does not owes."""
    moment = scenario.account.start + seconds * SECOND
    until_then = tuple(
        replace(segment, end=None if segment.end and segment.end > moment else segment.end)
        for segment in scenario.account.segments
        if segment.begin <= moment
    )
    ignorant = replace(scenario.account, segments=until_then)
    events = counted(scenario.events)
    assert rated(ignorant, events, moment) == rated(scenario.account, events, moment)
    assert closings(ignorant, None, moment) == closings(scenario.account, None, moment)


@law
@given(scenarios())
def test_a_total_is_the_sum_of_its_lines(scenario: Scenario) -> None:
    """Nothing is rounded, or lost, between lines and total; and there is no invoice without lines."""
    for invoice in simulate(scenario):
        assert invoice.total == sum(entry.line.amount for entry in invoice.lines)
        assert invoice.lines
        assert all(entry.line.amount for entry in invoice.lines)


@law
@given(accounts())
def test_keys_are_unique(account: Account) -> None:
    """Each thing that is owed has a key of its own."""
    keys = [line.key for line in rated(account, [], account.start + LENGTH)]
    assert len(keys) == len(set(keys))


@law
@given(accounts(ends=True))
def test_credits_never_exceed_charges(account: Account) -> None:
    """At any time, what was credited of fees is at most what was charged for them."""
    fees = sorted(
        (line for line in rated(account, [], account.start + 2 * LENGTH) if line.key.startswith("fee/")),
        key=lambda line: (line.span.begin, -line.amount),
    )
    balance = 0
    for line in fees:
        balance += line.amount
        assert balance >= 0


@law
@given(accounts(ends=True))
def test_fees_come_to_the_time_that_was_used(account: Account) -> None:
    """Computed in another way, second by second: each line is at most half a minor unit off."""
    plain = replace(account, discounts=())
    until = account.start + 2 * LENGTH
    lines = [line for line in rated(plain, [], until) if line.key.startswith("fee/")]
    owed = Fraction(0)
    for segment in account.segments:
        fee, end = segment.price.fee, segment.end
        assert fee
        assert end
        factor = Fraction(segment.price.suspended_factor) if segment.suspended else Fraction(1)
        at = segment.begin
        while at < end:
            period = account.calendar(segment.price.period).at(at)
            to = min(end, period.end)
            part = Fraction((to - at) / timedelta(microseconds=1)) / Fraction(
                (period.end - period.begin) / timedelta(microseconds=1)
            )
            owed += Fraction(fee.amount) * segment.quantity * factor * part
            at = to
    minor = owed * account.currency.minor_per_major
    in_advance = any(
        segment.price.fee.charge is Charging.ADVANCE for segment in account.segments if segment.price.fee
    )
    # Lines of amount 0 are not there to be counted, and are off by up to half a unit, too.
    slack = Fraction(len(lines) + 2 * len(account.segments) + (20 if in_advance else 10), 2)
    assert abs(sum(line.amount for line in lines) - minor) <= slack


@law
@given(scenarios(ends=True))
def test_unit_prices_are_what_each_event_costs(scenario: Scenario) -> None:
    """With unit prices alone, usage costs what each billed event costs by itself, but for rounding."""
    plain = UnitPrice(aggregate="sum", unit="0.335")
    other = UnitPrice(aggregate="sum", unit="0.01")
    segments = tuple(
        replace(
            segment,
            price=segment.price.model_copy(
                update={
                    "minimum": 0,
                    "fee": None,
                    "meters": {"a": plain if segment.price.plan == "one" else other},
                }
            ),
        )
        for segment in scenario.account.segments
    )
    account = replace(scenario.account, segments=segments, discounts=(), one_offs=())
    events = [replace(event, value=abs(event.value)) for event in counted(scenario.events)]
    cost = {plan: (plain if plan == "one" else other).unit for plan in ("one", "two", "three")}
    owed = Fraction(0)
    for event in events:
        for segment in segments:
            if event.meter == "a" and segment.begin <= event.at and segment.end and event.at < segment.end:
                owed += Fraction(event.value) * Fraction(cost[segment.price.plan])
    lines = rated(account, events, scenario.as_of)
    minor = owed * account.currency.minor_per_major
    assert abs(sum(line.amount for line in lines) - minor) <= Fraction(len(lines) + len(events), 2)


@law
@given(scenarios())
def test_final_invoices_never_change(scenario: Scenario) -> None:
    """What was final at one time is the same at every later time."""
    early = replace(scenario, as_of=scenario.account.start + LENGTH / 2)
    final = [invoice for invoice in simulate(early) if invoice.status is Status.FINAL]
    later = simulate(scenario)
    assert all(invoice in later for invoice in final)


@law
@given(st.lists(st.tuples(st.integers(0, 10), st.integers(0, 5)), max_size=8), accounts())
def test_segments_touch_and_have_length(rows: list[tuple[int, int]], account: Account) -> None:
    """Changes of quantity, some at the same instant, cut time into spans that touch; none is empty."""
    changes = [Change(account.start + hours * HOUR, quantity=quantity) for hours, quantity in sorted(rows)]
    found = segments_of(Segment(account.start, None, account.first_price), changes)
    assert found[0].begin == account.start
    assert found[-1].end is None
    for one, other in pairwise(found):
        assert one.end == other.begin > one.begin
