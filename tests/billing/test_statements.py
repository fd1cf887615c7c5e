"""The invoice to come in numbers that were worked by hand."""

from datetime import UTC, datetime

import pytest

from domain.billing.aggregates import aggregated
from domain.billing.outlook import outlook
from domain.billing.statements import Prospects
from tests.billing.ahead import seen_at
from tests.billing.plays import scenario as scenario_of

WORKED = """
currency: EUR
plans:
  team:
    period: monthly
    fee: {amount: "100.00", charge: advance}
    meters:
      calls: {aggregate: sum, model: unit, unit: "1", included: 30}
      users: {aggregate: unique, model: unit, unit: "2"}
      storage: {aggregate: weighted, model: unit, unit: "3"}
      peak: {aggregate: max, model: unit, unit: "4"}
subscription: {plan: team, start: "2024-04-01T00:00:00Z"}
changes: [CHANGES]
usage:
  - {id: a, meter: calls, at: "2024-04-02T00:00:00Z", value: 40}
  - {id: b, meter: users, at: "2024-04-02T00:00:00Z", value: 1, key: ann}
  - {id: c, meter: users, at: "2024-04-03T00:00:00Z", value: 1, key: bob}
  - {id: d, meter: users, at: "2024-04-09T00:00:00Z", value: 1, key: cyd}
  - {id: e, meter: users, at: "2024-04-09T00:00:00Z", value: 1, key: ann}
  - {id: f, meter: storage, at: "2024-04-07T00:00:00Z", value: 10}
  - {id: g, meter: peak, at: "2024-04-08T00:00:00Z", value: 5}
as_of: "2024-04-11T00:00:00Z"
"""


def worked(changes: str = "", now: str = "2024-04-11T00:00:00Z") -> Prospects | None:
    seen = seen_at(scenario_of(WORKED.replace("CHANGES", changes)), datetime.fromisoformat(now))
    return seen.told if seen else None


def meters(found: Prospects) -> dict[str, tuple[tuple[str, int], tuple[str, int]]]:
    """Quantity and amount so far, and as expected."""
    return {
        one.meter: ((one.quantity, one.amount_minor), (other.quantity, other.amount_minor))
        for one, other in zip(found.current.meters, found.forecast.meters, strict=True)
    }


def test_ten_of_thirty_days() -> None:
    """By hand: sums go on, of users one more each five days, a state of 10 holds for 24 of 30 days."""
    found = worked()
    assert found
    assert meters(found) == {
        "calls": (("40", 1000), ("120", 9000)),
        "users": (("3", 600), ("7", 1400)),
        "storage": (("1.333333333333", 400), ("8", 2400)),
        "peak": (("5", 2000), ("5", 2000)),
    }
    assert [(one.meter, one.included) for one in found.current.meters if one.included != "0"] == [
        ("calls", "30")
    ]
    assert (found.current.total_minor, found.forecast.total_minor) == (10000 + 4000, 10000 + 14800)
    assert found.current.period == found.forecast.period
    assert found.current.lines[-1].description == "team fee: €100.00"


def test_on_the_first_day_there_is_no_pace() -> None:
    """A part of a day says nothing of the next: what is counted stays, what holds is carried on."""
    found = worked(now="2024-04-02T00:00:00.000001Z")
    assert found
    assert [amount for _, amount in meters(found)["calls"]] == [1000, 117000]
    early = WORKED.replace("CHANGES", "").replace("04-02T00", "04-01T20")
    seen = seen_at(scenario_of(early), datetime(2024, 4, 1, 21, tzinfo=UTC))
    assert seen
    assert meters(seen.told)["calls"] == (("40", 1000), ("40", 1000))
    assert meters(seen.told)["users"] == (("1", 200), ("1", 200))


@pytest.mark.parametrize(
    ("changes", "calls"),
    [
        ('{at: "2024-04-06T00:00:00Z", suspend: true}', "40"),
        ('{at: "2024-04-06T00:00:00Z", suspend: true}, {at: "2024-04-08T00:00:00Z", resume: true}', "140"),
    ],
)
def test_suspended_time_is_no_pace(changes: str, calls: str) -> None:
    """A suspended tenant uses nothing more; one that is back goes on as in the 8 days that it ran."""
    found = worked(changes)
    assert found
    assert meters(found)["calls"][1][0] == calls


def test_where_nothing_is_billed_nothing_is_told() -> None:
    """After the end, until a restore; from which on the period is told again."""
    gone = '{at: "2024-04-06T00:00:00Z", end: true}'
    assert worked(gone) is None
    found = worked(gone + ', {at: "2024-04-10T00:00:00Z", restore: true}')
    assert found
    assert [one.begin.day for one in found.current.meters] == [10] * 4
    assert [line.key for line in found.current.lines][-1] == "fee/2024-05-01T00:00:00Z/charge"


def test_a_change_of_price_is_told_in_two_parts() -> None:
    """What was used at the old price is over and stays; what is used at the new one goes on."""
    text = WORKED.replace(
        "subscription",
        "  busy: {period: monthly, meters: {calls: {aggregate: sum, model: unit, unit: '5'}}}\nsubscription",
        1,
    )
    seen = seen_at(
        scenario_of(text.replace("CHANGES", '{at: "2024-04-06T00:00:00Z", plan: busy}')),
        datetime(2024, 4, 11, tzinfo=UTC),
    )
    assert seen
    old, new = (
        [one for one in half.meters if one.meter == "calls"]
        for half in (seen.told.current, seen.told.forecast)
    )
    assert [(one.quantity, one.included, one.amount_minor) for one in old] == [
        ("40", "5", 3500),
        ("0", "0", 0),
    ]
    assert [one.quantity for one in new] == ["40", "0"]


def test_what_is_closed_already_is_not_told_again() -> None:
    """An installation that closes ahead of time tells of the next period, of which nothing has gone."""
    known = scenario_of(WORKED.replace("CHANGES", "")).account
    ahead = datetime(2024, 5, 1, tzinfo=UTC)
    seen = outlook(known, ahead, datetime(2024, 4, 11, tzinfo=UTC))
    assert seen
    assert (seen.closing.period.begin, seen.closing.at) == (ahead, datetime(2024, 6, 1, tzinfo=UTC))
    assert set(seen.so_far(aggregated([], seen.readings())).values()) == {0}
