"""Flat fees: in advance and in arrears, and what changes in mid-period make of them."""

import pytest

from tests.billing.plays import Played, play

ADVANCE = """
currency: EUR
plans:
  one: {{period: monthly, fee: {{amount: "{first}", charge: {charge}}}}}
  two: {{period: monthly, fee: {{amount: "{second}", charge: {charge}}}}}
  three: {{period: monthly, fee: {{amount: "300", charge: {charge}}}, suspended_factor: "0.5"}}
  four: {{period: monthly, fee: {{amount: "400", charge: {charge}}}}}
subscription: {{plan: one, start: "{start}T00:00:00Z"}}
changes: [{changes}]
as_of: "{as_of}T00:00:00Z"
"""


def fees(
    start: str,
    changes: str,
    as_of: str,
    *,
    first: str = "100",
    second: str = "200",
    charge: str = "advance",
) -> Played:
    text = ADVANCE.format(
        start=start, changes=changes, as_of=as_of, first=first, second=second, charge=charge
    )
    return play(text)


def changed(played: Played) -> list[int]:
    """Amounts of the lines that are neither at activation nor at an end of a period."""
    return [line["amount_minor"] for line in played.invoices[1]["lines"][:-1]]


def test_case_5_one_charge_a_local_month() -> None:
    """America/Juneau, $249.95 for 18 months across clock changes: one charge per local month, none twice."""
    found = play("""
timezone: America/Juneau
currency: USD
plans: {basic: {period: monthly, fee: {amount: "249.95", charge: advance}}}
subscription: {plan: basic, start: "2023-10-01T09:30:00Z"}
as_of: "2025-03-20T00:00:00Z"
""")
    assert [line["amount_minor"] for line in found.lines] == [24995] * 18
    starts = [line["from"] for line in found.lines]
    assert len(set(starts)) == 18
    assert starts[0] == "2023-10-01T09:30:00Z"
    # Alaska is at UTC-8 in summer and at UTC-9 in winter; the wall time is 01:30 on each first of a month.
    assert starts[1] == "2023-11-01T09:30:00Z"
    assert starts[2] == "2023-12-01T10:30:00Z"
    assert starts[-1] == "2025-03-01T10:30:00Z"


def test_case_6_proration_of_a_thirtieth() -> None:
    """$5 → $20 after 1 of 30 days: -4.83 + 19.33 = +14.50."""
    found = fees(
        "2024-04-01", '{at: "2024-04-02T00:00:00Z", plan: two}', "2024-05-03", first="5", second="20"
    )
    assert changed(found) == [-483, 1933]


def test_case_7_a_change_in_a_leap_february() -> None:
    """2024-02-18 to 03-18, changed on 02-25 from $100 to $300: -7586 and +22759 cents."""
    found = fees("2024-02-18", '{at: "2024-02-25T00:00:00Z", plan: two}', "2024-03-20", second="300")
    assert found.amounts(1) == {
        "fee/2024-02-25T00:00:00Z/credit": -7586,
        "fee/2024-02-25T00:00:00Z/charge": 22759,
        "fee/2024-03-18T00:00:00Z/charge": 30000,
    }
    credit, charge, _ = found.invoices[1]["lines"]
    assert credit["description"] == "one fee, unused: 22 of 29 days × €100.00"
    assert charge["description"] == "two fee: 22 of 29 days × €300.00"
    assert (credit["from"], credit["to"]) == ("2024-02-25T00:00:00Z", "2024-03-18T00:00:00Z")


def test_case_8_three_changes_in_a_month() -> None:
    """$100 → 200 → 300 → 400 on June 7, 13, 19: (-8000, +16000), (-12000, +18000), (-12000, +16000)."""
    changes = ", ".join(
        f'{{at: "2024-06-{day:02}T00:00:00Z", plan: {plan}}}'
        for day, plan in ((7, "two"), (13, "three"), (19, "four"))
    )
    found = changed(fees("2024-06-01", changes, "2024-07-02"))
    assert found == [-8000, 16000, -12000, 18000, -12000, 16000]
    assert sum(found) == 18000


def test_case_9_arrears_charge_what_was() -> None:
    """Arrears, €100 → €200 on Jan 15: €45.16 and €109.68."""
    found = fees("2024-01-01", '{at: "2024-01-15T00:00:00Z", plan: two}', "2024-02-02", charge="arrears")
    assert found.amounts(0) == {
        "fee/2024-01-01T00:00:00Z/charge": 4516,
        "fee/2024-01-15T00:00:00Z/charge": 10968,
    }
    assert found.invoices[0]["lines"][0]["description"] == "one fee: 14 of 31 days × €100.00"


def test_case_18_two_changes_within_a_day() -> None:
    """Three segments; each charge of a rest is credited at most by itself."""
    changes = '{at: "2024-04-10T06:00:00Z", plan: two}, {at: "2024-04-10T18:00:00Z", plan: three}'
    found = fees("2024-04-01", changes, "2024-05-02")
    # 20.75 and 20.25 of 30 days are left.
    assert found.amounts(1) == {
        "fee/2024-04-10T06:00:00Z/credit": -6917,
        "fee/2024-04-10T06:00:00Z/charge": 13833,
        "fee/2024-04-10T18:00:00Z/credit": -13500,
        "fee/2024-04-10T18:00:00Z/charge": 20250,
        "fee/2024-05-01T00:00:00Z/charge": 30000,
    }


def test_case_19_in_and_out_on_the_same_day() -> None:
    """In arrears the seconds that were used are charged: 6 hours of 30 days of €100 are €0.83."""
    found = fees("2024-04-01", '{at: "2024-04-01T06:00:00Z", end: true}', "2024-05-02", charge="arrears")
    assert found.amounts(0) == {"fee/2024-04-01T00:00:00Z/charge": 83}
    assert found.invoices[0]["period"] == {"from": "2024-04-01T00:00:00Z", "to": "2024-04-01T06:00:00Z"}
    assert len(found.invoices) == 1


@pytest.mark.parametrize("charge", ["advance", "arrears"])
def test_case_19_no_time_no_line(charge: str) -> None:
    """A segment without length yields no line, and no invoice comes of it."""
    found = fees("2024-04-01", '{at: "2024-04-01T00:00:00Z", end: true}', "2024-06-01", charge=charge)
    assert found.invoices == []


def test_advance_and_end_charge_what_was_used() -> None:
    """A fee in advance whose rest is credited at the end comes to the seconds used."""
    found = fees("2024-04-01", '{at: "2024-04-13T00:00:00Z", end: true}', "2024-05-02")
    assert found.totals == [10000, -6000]
    assert [invoice["kind"] for invoice in found.invoices] == ["invoice", "invoice"]


def test_a_change_at_activation_is_no_change() -> None:
    """What is changed at the very start was never so: only the new fee is charged."""
    found = fees("2024-04-01", '{at: "2024-04-01T00:00:00Z", plan: two}', "2024-04-30")
    assert found.amounts(0) == {"fee/2024-04-01T00:00:00Z/charge": 20000}


def test_a_change_at_the_end_of_a_period_is_none_in_mid_period() -> None:
    """The old fee covered its period in full; the new one begins with the next."""
    found = fees("2024-04-01", '{at: "2024-05-01T00:00:00Z", plan: two}', "2024-05-30")
    assert found.amounts(1) == {"fee/2024-05-01T00:00:00Z/charge": 20000}


def test_an_end_at_the_end_of_a_period_owes_no_next_one() -> None:
    """Billing that ends where a period ends has nothing left to credit or to charge."""
    found = fees("2024-04-01", '{at: "2024-05-01T00:00:00Z", end: true}', "2024-07-01")
    assert found.totals == [10000]


def test_a_quantity_is_paid_by_the_unit() -> None:
    """1 → 3 units in mid-month: the rest of one is credited, the rest of three is charged."""
    found = fees("2024-04-01", '{at: "2024-04-16T00:00:00Z", quantity: 3}', "2024-05-02")
    assert changed(found) == [-5000, 15000]
    assert found.invoices[1]["lines"][-1]["amount_minor"] == 30000
    assert found.invoices[1]["lines"][-1]["quantity"] == "3"
    assert found.invoices[1]["lines"][1]["description"] == "one fee: 15 of 30 days × 3 × €100.00"


def test_up_and_down_within_a_second_costs_that_second() -> None:
    """Quantity 1 → 1000 → 1 a second apart: 999 seconds' worth of €100 a month stay, here 4 cents."""
    changes = '{at: "2024-04-16T00:00:00Z", quantity: 1000}, {at: "2024-04-16T00:00:01Z", quantity: 1}'
    found = fees("2024-04-01", changes, "2024-05-02")
    # 100000.00 × 1296000 / 2592000 and × 1295999 / 2592000; 100.00 × the same.
    assert changed(found) == [-5000, 5000000, -4999996, 5000]


def test_two_changes_at_the_same_instant_are_one() -> None:
    """What lasted no time leaves no trace."""
    changes = '{at: "2024-04-16T00:00:00Z", quantity: 9}, {at: "2024-04-16T00:00:00Z", quantity: 1}'
    found = fees("2024-04-01", changes, "2024-05-02")
    assert found.amounts(1) == {"fee/2024-05-01T00:00:00Z/charge": 10000}


SUSPENDED = """
currency: EUR
plans: {{team: {{period: monthly, fee: {{amount: "100", charge: {charge}}}, suspended_factor: "{factor}"}}}}
subscription: {{plan: team, start: "2024-04-01T00:00:00Z"}}
changes: [{{at: "2024-04-21T00:00:00Z", suspend: true}}, {{at: "2024-05-11T00:00:00Z", resume: true}}]
as_of: "2024-06-02T00:00:00Z"
"""


@pytest.mark.parametrize(
    ("charge", "factor", "expected"),
    [
        ("advance", "1", {"04-01/charge": 10000, "05-01/charge": 10000, "06-01/charge": 10000}),
        (
            "advance",
            "0.5",
            {
                "04-01/charge": 10000,
                "04-21/credit": -3333,
                "04-21/charge": 1667,
                "05-01/charge": 5000,
                "05-11/credit": -3387,
                "05-11/charge": 6774,
                "06-01/charge": 10000,
            },
        ),
        (
            "advance",
            "0",
            {"04-01/charge": 10000, "04-21/credit": -3333, "05-11/charge": 6774, "06-01/charge": 10000},
        ),
        ("arrears", "1", {"04-01/charge": 10000, "05-01/charge": 10000}),
        (
            "arrears",
            "0.5",
            {"04-01/charge": 6667, "04-21/charge": 1667, "05-01/charge": 1613, "05-11/charge": 6774},
        ),
    ],
)
def test_while_suspended_the_fee_continues_times_the_factor(
    charge: str, factor: str, expected: dict[str, int]
) -> None:
    """Suspended over an end of a period; with a factor of 1 nothing changes, so there is no line for it."""
    found = play(SUSPENDED.format(charge=charge, factor=factor))
    keys = {
        key.replace("fee/2024-", "").replace("T00:00:00Z", ""): amount for key, amount in found.sums().items()
    }
    assert keys == expected


RESTORED = """
currency: EUR
plans: {{team: {{period: monthly, fee: {{amount: "310", charge: advance}}}}}}
subscription: {{plan: team, start: "2024-01-01T00:00:00Z"}}
changes: [{{at: "2024-01-11T00:00:00Z", end: true}}, {{at: "{restored}T00:00:00Z", restore: true}}]
as_of: "2024-03-02T00:00:00Z"
"""


def test_a_restore_keeps_the_anchor_and_the_gap_is_free() -> None:
    """Ended on Jan 11 and back on Jan 21: the rest is charged from then, periods end where they did."""
    found = play(RESTORED.format(restored="2024-01-21"))
    assert [(line["key"], line["amount_minor"]) for line in found.lines] == [
        ("fee/2024-01-01T00:00:00Z/charge", 31000),
        ("fee/2024-01-11T00:00:00Z/credit", -21000),
        ("fee/2024-01-21T00:00:00Z/charge", 11000),
        ("fee/2024-02-01T00:00:00Z/charge", 31000),
        ("fee/2024-03-01T00:00:00Z/charge", 31000),
    ]
    assert [invoice["period"]["to"][:10] for invoice in found.invoices] == [
        "2024-02-01", "2024-01-11", "2024-02-01", "2024-03-01",
    ]  # fmt: skip


def test_a_restore_in_a_later_period() -> None:
    """Back on Feb 15 of 29 days: no closing came in between, and 15 of 29 days are charged on the next."""
    found = play(RESTORED.format(restored="2024-02-15"))
    assert found.totals == [31000, -21000, 16034 + 31000]
    assert found.amounts(2)["fee/2024-02-15T00:00:00Z/charge"] == 16034


def test_a_restore_where_a_period_begins() -> None:
    """Back on Feb 1 sharp: there is a closing at that instant, with the fee of the period that begins."""
    found = play(RESTORED.format(restored="2024-02-01"))
    assert found.totals == [31000, -21000, 31000, 31000]
    assert found.invoices[2]["period"] == {"from": "2024-01-01T00:00:00Z", "to": "2024-02-01T00:00:00Z"}


KINDS = """
currency: EUR
plans:
  month: {{period: monthly, fee: {{amount: "100", charge: advance}}}}
  year: {{period: yearly, fee: {{amount: "1000", charge: advance}}}}
subscription: {{plan: {first}, start: "2023-01-01T00:00:00Z"}}
changes: [{{at: "2023-04-11T00:00:00Z", plan: {second}}}]
as_of: "2024-01-02T00:00:00Z"
"""


def test_from_months_to_years_under_the_same_anchor() -> None:
    """The month that was left is closed at its end, and there the rest of the year is charged."""
    found = play(KINDS.format(first="month", second="year"))
    # 20 of 30 days of April; 265 of 365 days of the year.
    assert found.amounts(4) == {
        "fee/2023-04-11T00:00:00Z/credit": -6667,
        "fee/2023-04-11T00:00:00Z/charge": 72603,
    }
    assert found.invoices[4]["period"] == {"from": "2023-04-01T00:00:00Z", "to": "2023-05-01T00:00:00Z"}
    assert found.amounts(5) == {"fee/2024-01-01T00:00:00Z/charge": 100000}
    assert len(found.invoices) == 6


def test_from_years_to_months_under_the_same_anchor() -> None:
    """The rest of the year is credited on the next closing, which is the month's."""
    found = play(KINDS.format(first="year", second="month"))
    assert found.amounts(1) == {
        "fee/2023-04-11T00:00:00Z/credit": -72603,
        "fee/2023-04-11T00:00:00Z/charge": 6667,
        "fee/2023-05-01T00:00:00Z/charge": 10000,
    }


@pytest.mark.parametrize(
    ("currency", "amount", "first", "credit"), [("JPY", "1000", 1000, -667), ("KWD", "1.000", 1000, -667)]
)
def test_currencies_without_cents(currency: str, amount: str, first: int, credit: int) -> None:
    """Yen have no decimals and Kuwaiti dinars three; both are whole minor units."""
    found = play(f"""
currency: {currency}
plans: {{team: {{period: monthly, fee: {{amount: "{amount}", charge: advance}}}}}}
subscription: {{plan: team, start: "2024-04-01T00:00:00Z"}}
changes: [{{at: "2024-04-11T00:00:00Z", end: true}}]
as_of: "2024-05-02T00:00:00Z"
""")
    assert found.totals == [first, credit]


def test_a_day_of_23_hours_is_23_hours() -> None:
    """Paris, March 2024 has 2674800 seconds; a day before the change of clocks is 86400 of them."""
    found = play("""
timezone: Europe/Paris
currency: EUR
plans: {team: {period: monthly, fee: {amount: "1000", charge: arrears}}}
subscription: {plan: team, start: "2024-02-29T23:00:00Z"}
changes: [{at: "2024-03-01T23:00:00Z", end: true}]
as_of: "2024-05-02T00:00:00Z"
""")
    # 1000 × 86400 / 2674800
    assert found.totals == [3230]
    assert found.lines[0]["description"] == "team fee: 86400 of 2674800 seconds × €1,000.00"
