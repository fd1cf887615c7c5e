"""Over what aggregates, allowances and minimums count, and what discounts take off."""

import pytest

from tests.billing.plays import Played, play

PLANS = """
  one: {period: monthly, meters: {calls: {aggregate: sum, model: graduated, included: 10,
        tiers: [{up_to: 10, unit: "1"}, {up_to: null, unit: "0.5"}]}}}
  same: {period: monthly, meters: {calls: {aggregate: sum, model: graduated, included: "10.0",
        tiers: [{up_to: "10", unit: "1.00"}, {up_to: null, unit: "0.50"}]}}}
  dear: {period: monthly, meters: {calls: {aggregate: sum, model: unit, included: 30, unit: "2"}}}
  none: {period: monthly}
"""


def scoped(changes: str, usage: str, plans: str = PLANS, start: str = "one", **head: str) -> Played:
    more = "".join(f"{name}: {value}\n" for name, value in head.items())
    return play(f"""
currency: EUR
{more}
plans: {plans}
subscription: {{plan: {start}, start: "2024-04-01T00:00:00Z"}}
changes: [{changes}]
usage: [{usage}]
as_of: "2024-05-02T00:00:00Z"
""")


def used(*events: tuple[str, str], meter: str = "calls") -> str:
    return ", ".join(
        f'{{id: e{number}, meter: {meter}, at: "2024-04-{at}Z", value: {value}}}'
        for number, (at, value) in enumerate(events)
    )


BEFORE = ("10T00:00:00", "25")
AFTER = ("20T00:00:00", "25")
MIDDLE = '{at: "2024-04-16T00:00:00Z", %s}'


@pytest.mark.parametrize("change", ["quantity: 7", "plan: same", "suspend: true"])
def test_what_does_not_restart(change: str) -> None:
    """A new quantity, state, or plan with the same meter price goes on counting: 50 - 10 = 10 + 30."""
    found = scoped(MIDDLE % change, used(BEFORE, AFTER))
    assert found.amounts(0) == {"calls/2024-04-01T00:00:00Z/1": 1000, "calls/2024-04-01T00:00:00Z/2": 1500}
    assert found.lines[0]["to"] == "2024-05-01T00:00:00Z"


def test_a_new_meter_price_restarts_and_prorates() -> None:
    """Half of each allowance: 25 - 5 = 10 + 10 at the old price, 25 - 15 = 10 at the new."""
    found = scoped(MIDDLE % "plan: dear", used(BEFORE, AFTER))
    assert found.amounts(0) == {
        "calls/2024-04-01T00:00:00Z/1": 1000,
        "calls/2024-04-01T00:00:00Z/2": 500,
        "calls/2024-04-16T00:00:00Z/charge": 2000,
    }
    assert found.lines[-1]["description"] == "calls: 10 × €2.00 after 15 of 30 days × 30 included"


def test_an_event_at_the_change_is_rated_at_the_new_price() -> None:
    """Segments are half-open."""
    found = scoped(MIDDLE % "plan: dear", used(("16T00:00:00", "25")))
    assert found.amounts(0) == {"calls/2024-04-16T00:00:00Z/charge": 2000}


def test_a_price_that_comes_back_goes_on_counting() -> None:
    """One price version in one period is one scope: 20 of 30 days of allowance, tiers over both sides."""
    changes = '{at: "2024-04-11T00:00:00Z", plan: dear}, {at: "2024-04-21T00:00:00Z", plan: one}'
    found = scoped(changes, used(("05T00:00:00", "10"), ("15T00:00:00", "15"), ("25T00:00:00", "10")))
    # 20 - 6.666… = 10 + 3.333…; 15 - 10 = 5.
    assert found.amounts(0) == {
        "calls/2024-04-01T00:00:00Z/1": 1000,
        "calls/2024-04-01T00:00:00Z/2": 167,
        "calls/2024-04-11T00:00:00Z/charge": 1000,
    }
    assert found.lines[1]["quantity"] == "3.333333333333"


KINDS = """
  one: {period: monthly, minimum: "60", meters: {calls: {aggregate: sum, model: graduated,
        tiers: [{up_to: 20, unit: "0"}, {up_to: null, unit: "1"}]}}}
  quarter: {period: quarterly}
  week: {period: weekly}
"""


@pytest.mark.parametrize(
    ("plan", "left", "back"),
    [("quarter", "11T00:00:00", "21T00:00:00"), ("week", "09T00:00:00", "09T00:00:01")],
)
def test_a_price_that_comes_back_from_another_kind_of_period_goes_on_counting(
    plan: str, left: str, back: str
) -> None:
    """What was left is billed with what follows: the free tier holds once, and so does the minimum."""
    changes = f'{{at: "2024-04-{left}Z", plan: {plan}}}, {{at: "2024-04-{back}Z", plan: one}}'
    found = scoped(changes, used(("05T00:00:00", "20"), ("25T00:00:00", "80")), KINDS)
    assert found.amounts(-1) == {"calls/2024-04-01T00:00:00Z/2": 8000}


def test_a_price_that_comes_back_after_it_was_closed_counts_anew() -> None:
    """The week that ended on the 15th carried what was used before, and a third of the minimum."""
    changes = '{at: "2024-04-11T00:00:00Z", plan: week}, {at: "2024-04-16T00:00:00Z", plan: one}'
    found = scoped(changes, used(("05T00:00:00", "20"), ("25T00:00:00", "80")), KINDS)
    assert [invoice["period"]["to"] for invoice in found.invoices] == [
        "2024-04-15T00:00:00Z",
        "2024-05-01T00:00:00Z",
    ]
    assert found.amounts(0) == {"minimum/2024-04-01T00:00:00Z/charge": 2000}
    assert found.amounts(1) == {"calls/2024-04-16T00:00:00Z/2": 6000}


def test_usage_that_a_plan_has_no_price_for_costs_nothing() -> None:
    """While the plan lacks the meter, its usage is nobody's."""
    found = scoped(MIDDLE % "plan: none", used(("10T00:00:00", "15"), AFTER))
    # 15 less half of 10.
    assert found.amounts(0) == {"calls/2024-04-01T00:00:00Z/1": 1000}


def test_an_end_and_a_restore_restart() -> None:
    """The end closes what was counted; the restore counts anew; each has its part of the allowance."""
    changes = '{at: "2024-04-11T00:00:00Z", end: true}, {at: "2024-04-21T00:00:00Z", restore: true}'
    found = scoped(changes, used(("05T00:00:00", "10"), ("15T00:00:00", "99"), ("25T00:00:00", "10")))
    # 10 - 10/3 on both sides.
    assert [(line["key"], line["amount_minor"], line["corrects"]) for line in found.lines] == [
        ("calls/2024-04-01T00:00:00Z/1", 667, None),
        ("calls/2024-04-21T00:00:00Z/1", 667, None),
    ]


STORAGE = """
  one: {period: monthly, meters: {gib: {aggregate: weighted, model: unit, unit: "0.30"}}}
  dear: {period: monthly, meters: {gib: {aggregate: weighted, model: unit, unit: "0.60"}}}
"""
HELD = used(("01T00:00:00", "100"), meter="gib")


def test_an_average_is_over_the_whole_period() -> None:
    """100 GiB for half a month are 50 GiB for the month: two halves at two prices are not charged twice."""
    found = scoped(MIDDLE % "plan: dear", HELD, STORAGE)
    assert found.amounts(0) == {
        "gib/2024-04-01T00:00:00Z/charge": 1500,
        "gib/2024-04-16T00:00:00Z/charge": 3000,
    }
    assert [line["quantity"] for line in found.lines] == ["50", "50"]


def test_an_average_ends_with_billing() -> None:
    """Torn down after a third of the month: a third of the storage's price."""
    assert scoped(MIDDLE.replace("16", "11") % "end: true", HELD, STORAGE).totals == [1000]


def test_state_carries_over_the_end_of_a_period() -> None:
    """What was stored last month and not touched is stored this month, too."""
    found = play(f"""
currency: EUR
plans: {STORAGE}
subscription: {{plan: one, start: "2024-04-01T00:00:00Z"}}
usage: [{HELD}]
as_of: "2024-08-02T00:00:00Z"
""")
    assert found.totals == [3000] * 4


MINIMUM = """
  one: {period: monthly, minimum: "100", fee: {amount: "30", charge: CHARGE},
        meters: {calls: {aggregate: sum, model: unit, unit: "1"}}}
  dear: {period: monthly, minimum: "300", fee: {amount: "60", charge: CHARGE},
        meters: {calls: {aggregate: sum, model: unit, unit: "2"}}}
"""


@pytest.mark.parametrize("charge", ["advance", "arrears"])
def test_minimums_are_prorated_and_counted_over_the_period(charge: str) -> None:
    """Half of 100 and half of 300, less fees of 15 + 30 and usage of 25 + 50: one top-up of 80."""
    found = scoped(MIDDLE % "plan: dear", used(BEFORE, AFTER), MINIMUM.replace("CHARGE", charge))
    [top_up] = [line for line in found.lines if line["key"].startswith("minimum")]
    assert (top_up["key"], top_up["amount_minor"]) == ("minimum/2024-04-01T00:00:00Z/charge", 8000)
    text = "minimum: 15 of 30 days × €100.00 + 15 of 30 days × €300.00 less €120.00"
    assert top_up["description"] == text


def test_a_minimum_ends_with_billing() -> None:
    """Torn down after 10 of 30 days: a third of 100, less the third of the fee."""
    found = scoped(MIDDLE.replace("16", "11") % "end: true", "", MINIMUM.replace("CHARGE", "arrears"))
    assert found.amounts(0) == {
        "fee/2024-04-01T00:00:00Z/charge": 1000,
        "minimum/2024-04-01T00:00:00Z/charge": 2333,
    }


def test_a_top_up_shrinks_as_usage_comes_late() -> None:
    """Late usage of 20 is charged, and the top-up gives 20 back: the minimum is still what was spent."""
    late = '{id: l, meter: calls, at: "2024-04-05T00:00:00Z", value: 20, received: "2024-05-05T00:00:00Z"}'
    plans = MINIMUM.replace("CHARGE", "arrears")
    found = play(f"""
currency: EUR
plans: {plans}
subscription: {{plan: one, start: "2024-04-01T00:00:00Z"}}
changes: [{{at: "2024-05-01T00:00:00Z", plan: dear}}]
usage: [{used(BEFORE)}, {late}]
as_of: "2024-06-02T00:00:00Z"
""")
    assert found.totals == [10000, 30000]
    assert [line["amount_minor"] for line in found.invoices[1]["lines"]] == [2000, -2000, 6000, 24000]


def test_fee_usage_and_allowance_by_hand_do_not_count_for_the_minimum() -> None:
    """A credit or charge given by hand is beside the minimum."""
    found = scoped(
        "", "", MINIMUM.replace("CHARGE", "arrears"), charges='[{at: "2024-04-05T00:00:00Z", amount: "50"}]'
    )
    assert found.totals == [10000 + 5000]


DISCOUNTED = """
  one: {period: monthly, fee: {amount: "100", charge: advance},
        meters: {calls: {aggregate: sum, model: unit, unit: "1"}}}
  dear: {period: monthly, fee: {amount: "200", charge: advance}}
"""


def test_a_discount_takes_its_percent_of_fee_and_usage() -> None:
    """10 % of everything that has a price; what is given by hand stays as it is."""
    found = scoped(
        "",
        used(BEFORE),
        DISCOUNTED,
        discounts='[{from: "2024-04-01T00:00:00Z", to: null, percent: "10"}]',
        charges='[{at: "2024-04-05T00:00:00Z", amount: "50"}]',
    )
    assert found.amounts(0) == {"fee/2024-04-01T00:00:00Z/charge": 9000}
    assert list(found.amounts(1).values()) == [2250, 5000, 9000]
    assert found.lines[0]["description"] == "one fee: €100.00 less 10 %"


def test_a_discount_for_part_of_a_period_is_prorated() -> None:
    """20 % for 15 of 30 days are 10 % of the month."""
    found = scoped(
        "",
        "",
        DISCOUNTED,
        discounts='[{from: "2024-04-16T00:00:00Z", to: "2024-05-01T00:00:00Z", percent: 20}]',
    )
    assert found.totals == [9000, 10000]
    assert found.lines[0]["description"] == "one fee: €100.00 less 20 % for 15 of 30 days"


def test_a_credit_gives_back_what_was_charged_for_that_time() -> None:
    """Changed when the discount begins: the rest is credited with the discount it was charged with."""
    window = '[{from: "2024-04-16T00:00:00Z", to: "2024-05-01T00:00:00Z", percent: 20}]'
    found = scoped(MIDDLE % "plan: dear", "", DISCOUNTED, discounts=window)
    assert list(found.amounts(1).values()) == [-4000, 8000, 20000]


def test_a_discount_while_another_price_held_takes_nothing_off_usage() -> None:
    """The 20 calls were all rated at a price that did not hold while the discount did."""
    away = '{at: "2024-04-11T00:00:00Z", plan: dear}, {at: "2024-04-21T00:00:00Z", plan: one}'
    found = scoped(
        away,
        used(("05T00:00:00", "10"), ("25T00:00:00", "10")),
        DISCOUNTED,
        discounts='[{from: "2024-04-11T00:00:00Z", to: "2024-04-21T00:00:00Z", percent: 50}]',
    )
    assert found.amounts(1)["calls/2024-04-01T00:00:00Z/charge"] == 2000


def test_a_discount_over_a_price_that_comes_back_is_by_the_time_it_held() -> None:
    """From Apr 6 to Apr 26 are 10 of the 20 days of this price: 50 % for half of it."""
    away = '{at: "2024-04-11T00:00:00Z", plan: dear}, {at: "2024-04-21T00:00:00Z", plan: one}'
    found = scoped(
        away,
        used(("05T00:00:00", "10"), ("25T00:00:00", "10")),
        DISCOUNTED,
        discounts='[{from: "2024-04-06T00:00:00Z", to: "2024-04-26T00:00:00Z", percent: 50}]',
    )
    [line] = [line for line in found.lines if line["key"].startswith("calls")]
    assert line["amount_minor"] == 1500
    assert line["description"] == "calls: 20 × €1.00 less 50 % for 10 of 20 days"


def test_discounts_follow_each_other() -> None:
    """10 % and 50 % at once leave 45 %, and together never more than all."""
    both = '[{from: "2024-01-01T00:00:00Z", percent: 10}, {from: "2024-01-01T00:00:00Z", percent: 50}]'
    found = scoped("", "", DISCOUNTED, discounts=both)
    assert found.totals == [4500, 4500]
    assert found.lines[0]["description"] == "one fee: €100.00 × 45 % after discounts"


def test_all_off_is_nothing() -> None:
    """A discount of 100 % leaves no line and so no invoice."""
    assert (
        scoped("", "", DISCOUNTED, discounts='[{from: "2024-01-01T00:00:00Z", percent: 100}]').invoices == []
    )


def test_a_minimum_is_what_must_be_spent_after_discounts() -> None:
    """Otherwise a discount would lower the minimum, too."""
    found = scoped(
        "",
        used(BEFORE),
        MINIMUM.replace("CHARGE", "arrears"),
        discounts='[{from: "2024-01-01T00:00:00Z", percent: 10}]',
    )
    assert found.totals == [10000]
