"""Laws of the invoice to come: so far, and as it is expected."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from domain.billing.events import UsageEvent
from domain.billing.invoices import Invoice
from domain.billing.prices import Aggregate, MeterPrice, PriceVersion, VolumePrice
from domain.billing.rating import demands
from domain.billing.simulation import Scenario
from domain.billing.terms import Share
from tests.billing.ahead import seen_at
from tests.billing.plays import scenario as scenario_of
from tests.billing.random_accounts import LENGTH, SECOND, scenarios

law = settings(max_examples=25, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
seconds = st.integers(0, LENGTH // SECOND)
DAY = timedelta(days=1)


def with_aggregates(scenario: Scenario, instead: dict[Aggregate, Aggregate]) -> Scenario:
    """The same with other aggregates in place of some."""

    def price(one: PriceVersion) -> PriceVersion:
        meters = {
            name: meter.model_copy(update={"aggregate": instead.get(meter.aggregate, meter.aggregate)})
            for name, meter in one.meters.items()
        }
        return one.model_copy(update={"meters": meters})

    account = scenario.account
    segments = tuple(replace(segment, price=price(segment.price)) for segment in account.segments)
    first = price(account.first_price)
    return replace(scenario, account=replace(account, segments=segments, first_price=first))


def same(invoice: Invoice, draft: Invoice | None) -> bool:
    return invoice.lines == (draft.lines if draft else ())


@law
@given(scenarios(), seconds)
def test_if_nothing_more_is_used_the_invoice_is_as_so_far(scenario: Scenario, seconds: int) -> None:
    """Any account, any moment: fees, minimum, discounts, credits and corrections are those of the closing."""
    scenario = with_aggregates(scenario, {Aggregate.WEIGHTED: Aggregate.SUM})
    seen = seen_at(scenario, scenario.account.start + seconds * SECOND)
    assert seen is None or same(seen.so_far, seen.draft())


@law
@given(scenarios(), seconds)
def test_of_what_holds_the_forecast_is_the_invoice(scenario: Scenario, seconds: int) -> None:
    """States, highest and last values, and a tenant without meters: expected is what comes."""
    held = {
        Aggregate.SUM: Aggregate.WEIGHTED,
        Aggregate.COUNT: Aggregate.MAX,
        Aggregate.UNIQUE: Aggregate.LAST,
    }
    scenario = with_aggregates(scenario, held)
    seen = seen_at(scenario, scenario.account.start + seconds * SECOND)
    assert seen is None or same(seen.expected, seen.draft())


@law
@given(scenarios(), seconds)
def test_at_the_closing_both_are_its_draft(scenario: Scenario, seconds: int) -> None:
    """However far from it the look was begun: once the period is over, nothing is guessed any more."""
    seen = seen_at(scenario, scenario.account.start + seconds * SECOND)
    assume(seen is not None)
    assert seen
    over = replace(seen, outlook=replace(seen.outlook, now=seen.outlook.closing.at))
    draft = over.draft()
    assert same(over.so_far, draft)
    assert same(over.expected, draft)


@law
@given(scenarios(), seconds)
def test_more_is_expected_than_there_is(scenario: Scenario, seconds: int) -> None:
    """Nothing is taken back and no tier makes all units cheaper: so far is at most what is expected."""
    events = tuple(replace(event, value=abs(event.value)) for event in scenario.events)
    seen = seen_at(replace(scenario, events=events), scenario.account.start + seconds * SECOND)
    assume(seen is not None)
    assert seen
    assume(not any(isinstance(meter, VolumePrice) for meter in _prices(seen.outlook.window.shares)))
    assert seen.so_far.total <= seen.expected.total


@law
@given(scenarios(), seconds)
def test_of_a_span_that_is_over_nothing_but_the_whole_is_read(scenario: Scenario, seconds: int) -> None:
    """What of it would be cut anew is of events that may be gone, and would be asked for by no closing."""
    seen = seen_at(scenario, scenario.account.start + seconds * SECOND)
    assume(seen is not None)
    assert seen
    whole = demands(seen.outlook.window)
    over = {(one.meter, one.spans[0]) for one in whole if one.spans[-1].end <= seen.outlook.now}
    cut = [one for one in seen.outlook.readings() if one not in whole and one.spans]
    assert not any(
        one.meter == meter and one.spans[0].begin == span.begin for one in cut for meter, span in over
    )


def _prices(shares: Sequence[Share]) -> list[MeterPrice]:
    return [
        meter for share in shares for piece in share.pieces for meter in piece.segment.price.meters.values()
    ]


PACED = """
currency: EUR
plans:
  team:
    period: monthly
    fee: {{amount: "31.00", charge: advance}}
    minimum: "40"
    meters: {{calls: {{aggregate: {aggregate}, included: 7, model: {model}}}}}
subscription: {{plan: team, start: "2024-01-01T00:00:00Z"}}
discounts: [{{from: "2024-01-11T00:00:00Z", to: null, percent: "10"}}]
as_of: "2024-02-01T00:00:00Z"
"""
"""January has 31 days, of which each is used alike."""
MODELS = (
    'unit, unit: "0.335"',
    'package, size: 7, price: "1.995"',
    'graduated, tiers: [{up_to: 20, unit: "2"}, {up_to: null, flat: "3", unit: "1"}]',
    'volume, tiers: [{up_to: 20, unit: "2"}, {up_to: null, unit: "1"}]',
)
START = datetime(2024, 1, 1, tzinfo=UTC)


@law
@given(
    st.sampled_from(["sum", "count", "unique"]),
    st.sampled_from(MODELS),
    st.integers(1, 15).map(lambda half: 2 * half),
    st.integers(1, 9),
)
def test_at_a_constant_pace_the_forecast_is_the_invoice(
    aggregate: str, model: str, days: int, value: int
) -> None:
    """As many each day: from any day on the expected invoice is the one that comes, to the last line."""
    every_day = [
        UsageEvent(f"{day}-{number}", "", "calls", at, at, key=f"{day}-{number}")
        for day in range(31)
        for number in range(value)
        for at in [START + day * DAY]
    ]
    played = replace(
        scenario_of(PACED.format(aggregate=aggregate, model=model)), events=tuple(every_day[: days * value])
    )
    seen = seen_at(played, START + days * DAY)
    assert seen
    assert same(seen.expected, seen.draft(*every_day[days * value :]))
