"""Edges: instants that meet, plans that come and go, units that change sides. All numbers by hand."""

import pytest

from tests.billing.plays import Played, play

HALF = """
currency: EUR
plans:
  team: {{period: monthly, fee: {{amount: "100", charge: advance}}, suspended_factor: "0.5"}}
  other: {{period: monthly, fee: {{amount: "60", charge: advance}}}}
subscription: {{plan: team, start: "2024-04-01T00:00:00Z"}}
changes: [{changes}]
as_of: "2024-06-02T00:00:00Z"
"""


def changed(*changes: str) -> Played:
    return play(HALF.format(changes=", ".join(changes)))


def test_suspended_where_a_period_ends() -> None:
    """The new period is charged at the factor from its beginning, and nothing is credited."""
    found = changed('{at: "2024-05-01T00:00:00Z", suspend: true}')
    assert [list(found.amounts(number).values()) for number in range(3)] == [[10000], [5000], [5000]]


def test_resumed_where_a_period_ends() -> None:
    """Suspended on Apr 16, resumed on May 1 sharp: half of half a month off."""
    found = changed(
        '{at: "2024-04-16T00:00:00Z", suspend: true}', '{at: "2024-05-01T00:00:00Z", resume: true}'
    )
    assert [list(found.amounts(number).values()) for number in range(3)] == [
        [10000],
        [-5000, 2500, 10000],
        [10000],
    ]


def test_changed_and_ended_at_once() -> None:
    """The plan that was changed to in the instant of the end was never there."""
    found = changed('{at: "2024-04-16T00:00:00Z", plan: other}', '{at: "2024-04-16T00:00:00Z", end: true}')
    assert found.totals == [10000, -5000]


def test_ended_and_restored_at_once() -> None:
    """An end that lasted no time is none: no closing, no line."""
    found = changed('{at: "2024-04-16T00:00:00Z", end: true}', '{at: "2024-04-16T00:00:00Z", restore: true}')
    assert found.totals == [10000, 10000, 10000]


def test_restored_with_another_plan() -> None:
    """The gap of 10 days is free, and the rest of the month is that of the new plan: 10 of 30 days of 60."""
    found = changed(
        '{at: "2024-04-11T00:00:00Z", end: true}', '{at: "2024-04-21T00:00:00Z", restore: true, plan: other}'
    )
    assert found.totals == [10000, -6667, 2000 + 6000, 6000]


def test_suspended_when_it_ended_is_active_when_restored() -> None:
    """A restore brings back an active tenant."""
    found = changed(
        '{at: "2024-04-11T00:00:00Z", suspend: true}',
        '{at: "2024-04-16T00:00:00Z", end: true}',
        '{at: "2024-05-01T00:00:00Z", restore: true}',
    )
    # 100; -66.67 + 33.33 - 25.00; 100 from May 1 on.
    assert found.totals == [10000, -6667 + 3333 - 2500, 10000, 10000]


def test_quantity_0_pays_no_fee() -> None:
    """None of something is nothing, and coming back from it is charged from then on."""
    found = changed('{at: "2024-04-16T00:00:00Z", quantity: 0}', '{at: "2024-05-16T12:00:00Z", quantity: 2}')
    # 15.5 of 31 days × 2 × 100.
    assert [list(found.amounts(number).values()) for number in range(3)] == [[10000], [-5000], [10000, 20000]]


def test_a_year_from_a_leap_day() -> None:
    """365 days until 2025-02-28, and 183 of them are left on 2024-08-29."""
    found = play("""
currency: EUR
plans:
  one: {period: yearly, fee: {amount: "365", charge: advance}}
  two: {period: yearly, fee: {amount: "730", charge: advance}}
subscription: {plan: one, start: "2024-02-29T00:00:00Z"}
changes: [{at: "2024-08-29T00:00:00Z", plan: two}]
as_of: "2025-03-02T00:00:00Z"
""")
    assert found.amounts(1) == {
        "fee/2024-08-29T00:00:00Z/credit": -18300,
        "fee/2024-08-29T00:00:00Z/charge": 36600,
        "fee/2025-02-28T00:00:00Z/charge": 73000,
    }


def test_from_months_to_weeks() -> None:
    """Weeks count from the anchor, too: 21 of 30 days are credited, 5 of 7 charged, on the week's closing."""
    found = play("""
currency: EUR
plans:
  month: {period: monthly, fee: {amount: "300", charge: advance}}
  week: {period: weekly, fee: {amount: "70", charge: advance}}
subscription: {plan: month, start: "2024-04-01T00:00:00Z"}
changes: [{at: "2024-04-10T00:00:00Z", plan: week}]
as_of: "2024-04-22T00:00:00Z"
""")
    assert [list(found.amounts(number).values()) for number in range(3)] == [
        [30000],
        [-21000, 5000, 7000],
        [7000],
    ]
    assert found.invoices[1]["period"] == {"from": "2024-04-08T00:00:00Z", "to": "2024-04-15T00:00:00Z"}


def test_usage_of_a_kind_of_period_that_was_left() -> None:
    """What was used until the change is due on the next closing, with its part of the allowance."""
    found = play("""
currency: EUR
plans:
  year: {period: yearly, meters: {calls: {aggregate: sum, model: unit, unit: "1", included: 365}}}
  month: {period: monthly, meters: {calls: {aggregate: sum, model: unit, unit: "2", included: 30}}}
subscription: {plan: year, start: "2023-01-01T00:00:00Z"}
changes: [{at: "2023-04-11T00:00:00Z", plan: month}]
usage:
  - {id: a, meter: calls, at: "2023-02-01T00:00:00Z", value: 150}
  - {id: b, meter: calls, at: "2023-04-20T00:00:00Z", value: 50}
as_of: "2023-06-02T00:00:00Z"
""")
    # 150 - 100 of 365 days × 365; (50 - 20 of 30 days × 30) × 2.
    assert found.amounts(0) == {
        "calls/2023-01-01T00:00:00Z/charge": 5000,
        "calls/2023-04-11T00:00:00Z/charge": 6000,
    }


LATE = """
currency: EUR
plans:
  one: {{period: monthly, meters: {{calls: {{aggregate: sum, model: {model}}}}}}}
  two: {{period: monthly, meters: {{calls: {{aggregate: sum, model: unit, unit: "20"}}}}}}
subscription: {{plan: one, start: "2024-04-01T00:00:00Z"}}
changes: [{changes}]
usage: [{usage}]
as_of: "2024-07-02T00:00:00Z"
"""
VOLUME = 'volume, tiers: [{up_to: 15, unit: "10"}, {up_to: null, unit: "5"}]'
UNIT = 'unit, unit: "10"'


def late(model: str, changes: str, *usage: tuple[str, int, str]) -> Played:
    rows = ", ".join(
        f'{{id: e{number}, meter: calls, at: "{at}", value: {value}, received: "{received}"}}'
        for number, (at, value, received) in enumerate(usage)
    )
    return play(LATE.format(model=model, changes=changes, usage=rows))


def test_late_usage_of_before_a_change_is_rated_at_the_old_price() -> None:
    """The event's time decides the price, however late it comes."""
    found = late(
        UNIT,
        '{at: "2024-04-16T00:00:00Z", plan: two}',
        ("2024-04-10T00:00:00Z", 5, "2024-04-10T00:00:00Z"),
        ("2024-04-20T00:00:00Z", 5, "2024-04-20T00:00:00Z"),
        ("2024-04-15T23:59:59Z", 2, "2024-05-03T00:00:00Z"),
    )
    assert found.totals == [5000 + 10000, 2000]
    assert found.lines[-1]["corrects"] == "calls/2024-04-01T00:00:00Z/charge"


def test_a_unit_taken_back_reprices_upwards() -> None:
    """16 @ 5 = 80 is final; one unit less, late, and all 15 cost 10: -80, +150."""
    found = late(
        VOLUME,
        "",
        ("2024-04-10T00:00:00Z", 16, "2024-04-10T00:00:00Z"),
        ("2024-04-11T00:00:00Z", -1, "2024-05-03T00:00:00Z"),
    )
    assert found.totals == [8000, 7000]
    assert sorted(found.amounts(1).values()) == [-8000, 15000]
    assert {line["corrects"] for line in found.invoices[1]["lines"]} == {"calls/2024-04-01T00:00:00Z/2"}


def test_corrections_can_be_corrected() -> None:
    """There and back again: each next invoice carries the difference to all that was booked before."""
    found = late(
        VOLUME,
        "",
        ("2024-04-29T00:00:00Z", 15, "2024-04-29T00:00:00Z"),
        ("2024-04-30T00:00:00Z", 1, "2024-05-03T00:00:00Z"),
        ("2024-04-30T00:00:00Z", -1, "2024-06-03T00:00:00Z"),
    )
    assert found.totals == [15000, -7000, 7000]
    assert found.sums() == {"calls/2024-04-01T00:00:00Z/1": 15000}


@pytest.mark.parametrize("at", ["2024-04-11T00:00:00Z", "2024-04-15T00:00:00Z", "2024-04-20T23:59:59Z"])
def test_usage_in_a_gap_is_nobodys(at: str) -> None:
    """From the end, included, to the restore, excluded."""
    gap = '{at: "2024-04-11T00:00:00Z", end: true}, {at: "2024-04-21T00:00:00Z", restore: true}'
    assert late(UNIT, gap, (at, 5, at)).totals == []
    at = "2024-04-21T00:00:00Z"
    assert late(UNIT, gap, (at, 5, at)).totals == [5000]


@pytest.mark.parametrize(
    ("currency", "unit", "minor"),
    [("KWD", "0.0005", 1), ("JPY", "0.5", 1), ("EUR", "0.005", 1), ("EUR", "0.0049", 0)],
)
def test_half_a_minor_unit_is_one(currency: str, unit: str, minor: int) -> None:
    """Half of the smallest coin goes away from zero, whatever the coin is worth."""
    found = play(f"""
currency: {currency}
plans: {{team: {{period: monthly, meters: {{calls: {{aggregate: count, model: unit, unit: "{unit}"}}}}}}}}
subscription: {{plan: team, start: "2024-04-01T00:00:00Z"}}
usage: [{{id: a, meter: calls, at: "2024-04-02T00:00:00Z"}}]
as_of: "2024-06-02T00:00:00Z"
""")
    assert found.totals == ([minor] if minor else [])


def test_thirds_of_a_state_make_whole_cents() -> None:
    """1 for 10 of 30 days at 0.015 is half a cent, and that is one cent; not 0.00499 and nothing."""
    found = play("""
currency: EUR
plans: {team: {period: monthly, meters: {gib: {aggregate: weighted, model: unit, unit: "0.015"}}}}
subscription: {plan: team, start: "2024-04-01T00:00:00Z"}
usage:
  - {id: a, meter: gib, at: "2024-04-01T00:00:00Z", value: 1}
  - {id: b, meter: gib, at: "2024-04-11T00:00:00Z", value: 0}
as_of: "2024-05-02T00:00:00Z"
""")
    assert found.totals == [1]


@pytest.mark.parametrize(
    ("zone", "closings"),
    [
        ("Europe/Paris", ["2024-03-23T11:00:00Z", "2024-03-30T11:00:00Z", "2024-04-06T10:00:00Z"]),
        ("UTC", ["2024-03-23T11:00:00Z", "2024-03-30T11:00:00Z", "2024-04-06T11:00:00Z"]),
    ],
)
def test_weeks_keep_their_hour(zone: str, closings: list[str]) -> None:
    """A week with a change of clocks is an hour shorter, and costs the same."""
    found = play(f"""
timezone: {zone}
currency: EUR
plans: {{team: {{period: weekly, fee: {{amount: "7", charge: arrears}}}}}}
subscription: {{plan: team, start: "2024-03-16T11:00:00Z"}}
as_of: "2024-04-07T00:00:00Z"
""")
    assert [invoice["period"]["to"] for invoice in found.invoices] == closings
    assert found.totals == [700] * 3
