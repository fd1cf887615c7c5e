"""Closings: drafts, final invoices, and what comes later."""

import pytest

from tests.billing.plays import Played, play

CALLS = """
currency: EUR
runs: {runs}
plans:
  team:
    period: monthly
    minimum: "{minimum}"
    {fee}
    meters: {{calls: {price}}}
subscription: {{plan: team, start: "2024-01-01T00:00:00Z"}}
changes: [{changes}]
credits: [{credits}]
charges: [{charges}]
usage: [{usage}]
as_of: "{as_of}"
"""
UNIT = '{aggregate: sum, model: unit, unit: "10"}'
VOLUME = '{aggregate: sum, model: volume, tiers: [{up_to: 15, unit: "10"}, {up_to: null, unit: "5"}]}'
GRADUATED = """{aggregate: sum, model: graduated, tiers: [{up_to: 5, flat: "100"}, {up_to: 10, flat: "50"},
  {up_to: 15, unit: "5"}, {up_to: null, unit: "1"}]}"""
FEE = 'fee: {amount: "100", charge: advance}'
ENDED = '{at: "2024-01-20T00:00:00Z", end: true}'


def used(number: int, at: str, value: int, received: str | None = None) -> str:
    late = f', received: "{received}"' if received else ""
    return f'{{id: e{number}, meter: calls, at: "{at}", value: {value}{late}}}'


def closed(
    *usage: str,
    price: str = UNIT,
    as_of: str = "2024-03-02T00:00:00Z",
    fee: str = "",
    minimum: str = "0",
    runs: str = "hourly",
    **more: str,
) -> Played:
    agreed = {name: more.get(name, "") for name in ("changes", "credits", "charges")}
    text = CALLS.format(
        price=price, fee=fee, minimum=minimum, as_of=as_of, runs=runs, usage=", ".join(usage), **agreed
    )
    return play(text)


ON_TIME = used(1, "2024-01-10T00:00:00Z", 5)
LATE = used(2, "2024-01-11T00:00:00Z", 2, "2024-02-03T00:00:00Z")


def test_case_4_the_pure_part_two_runs_make_one_invoice() -> None:
    """Europe/Paris, weekly from May 23: runs at May 30 20:00Z and 23:00Z produce one invoice of that week."""
    found = play("""
timezone: Europe/Paris
currency: EUR
runs: ["2024-05-30T20:00:00Z", "2024-05-30T23:00:00Z"]
plans: {team: {period: weekly, fee: {amount: "10", charge: arrears}}}
subscription: {plan: team, start: "2024-05-22T22:00:00Z"}
as_of: "2024-05-31T00:00:00Z"
""")
    assert found.totals == [1000]
    assert found.invoices[0]["period"] == {"from": "2024-05-22T22:00:00Z", "to": "2024-05-29T22:00:00Z"}


def test_case_10_late_usage_is_a_correction_on_the_next_invoice() -> None:
    """Unit price 10, billed 5; rated again, 7 in period 1: +20 on the next invoice, naming the line."""
    found = closed(ON_TIME, LATE, used(3, "2024-02-10T00:00:00Z", 1))
    first, second = found.invoices
    key = "calls/2024-01-01T00:00:00Z/charge"
    assert found.amounts(0) == {key: 5000}
    assert [(line["key"], line["amount_minor"], line["corrects"]) for line in second["lines"]] == [
        (key, 2000, key),
        ("calls/2024-02-01T00:00:00Z/charge", 1000, None),
    ]
    assert second["lines"][0]["quantity"] == "2"
    assert (second["lines"][0]["from"], second["lines"][0]["to"]) == (
        "2024-01-01T00:00:00Z",
        "2024-02-01T00:00:00Z",
    )
    assert first["status"] == second["status"] == "final"


def test_case_11_a_late_unit_reprices_all() -> None:
    """Volume price, 15 @ 10 = 150 is final; the 16th unit, late, reprices all to @ 5: -150, +80."""
    found = closed(
        used(1, "2024-01-10T00:00:00Z", 15),
        used(2, "2024-01-11T00:00:00Z", 1, "2024-02-03T00:00:00Z"),
        price=VOLUME,
    )
    assert found.totals == [15000, -7000]
    key = "calls/2024-01-01T00:00:00Z/"
    shown = ("key", "amount_minor", "quantity", "corrects")
    assert [tuple(line[name] for name in shown) for line in found.invoices[1]["lines"]] == [
        (f"{key}1", -15000, "-15", f"{key}1"),
        (f"{key}2", 8000, "16", f"{key}1"),
    ]


def test_case_12_late_units_go_on_where_the_tiers_were() -> None:
    """After 12 were billed (160), 10 more add 15 + 7."""
    found = closed(
        used(1, "2024-01-10T00:00:00Z", 12),
        used(2, "2024-01-11T00:00:00Z", 10, "2024-02-03T00:00:00Z"),
        price=GRADUATED,
    )
    assert found.totals == [16000, 2200]
    assert [line["amount_minor"] for line in found.invoices[1]["lines"]] == [1500, 700]
    corrected = {line["corrects"] for line in found.invoices[1]["lines"]}
    assert corrected == {"calls/2024-01-01T00:00:00Z/3"}


def test_case_16_a_minimum_is_topped_up_in_one_line() -> None:
    """Minimum 1000, fee and usage of 100: top-up 900."""
    found = closed(ON_TIME, minimum="1000", fee='fee: {amount: "50", charge: arrears}')
    assert found.amounts(0) == {
        "fee/2024-01-01T00:00:00Z/charge": 5000,
        "calls/2024-01-01T00:00:00Z/charge": 5000,
        "minimum/2024-01-01T00:00:00Z/charge": 90000,
    }
    assert found.invoices[0]["lines"][-1]["description"] == "minimum: €1,000.00 less €100.00"


def test_case_20_the_last_invoice_waits_for_the_grace() -> None:
    """Teardown in mid-period: the last invoice covers until then, and takes what arrives within 12 hours."""
    within = used(2, "2024-01-19T23:59:59Z", 2, "2024-01-20T12:00:00Z")
    after = used(3, "2024-01-20T00:00:00Z", 100)
    found = closed(ON_TIME, within, after, changes=ENDED)
    assert found.totals == [7000]
    assert found.invoices[0]["period"] == {"from": "2024-01-01T00:00:00Z", "to": "2024-01-20T00:00:00Z"}
    draft = closed(ON_TIME, within, after, changes=ENDED, as_of="2024-01-20T11:59:59Z")
    assert (draft.invoices[0]["status"], draft.totals) == ("draft", [5000])
    final = closed(ON_TIME, within, after, changes=ENDED, as_of="2024-01-20T12:00:00Z")
    assert (final.invoices[0]["status"], final.totals) == ("final", [7000])


def test_what_comes_after_the_last_invoice_is_supplementary() -> None:
    """A closed tenant has no next invoice: late usage is an invoice of its own, naming the line."""
    late = used(2, "2024-01-11T00:00:00Z", 2, "2024-01-22T10:30:00Z")
    found = closed(ON_TIME, late, changes=ENDED)
    assert [invoice["kind"] for invoice in found.invoices] == ["invoice", "supplementary"]
    assert found.totals == [5000, 2000]
    assert found.invoices[1]["status"] == "final"
    assert found.invoices[1]["period"] == found.invoices[0]["period"]
    assert found.lines[1]["corrects"] == found.lines[0]["key"]


def test_what_is_given_back_after_the_last_invoice_is_a_credit_note() -> None:
    """Usage that is taken back late from a closed tenant: -20."""
    back = used(2, "2024-01-11T00:00:00Z", -2, "2024-01-22T10:30:00Z")
    found = closed(ON_TIME, back, changes=ENDED)
    assert [invoice["kind"] for invoice in found.invoices] == ["invoice", "credit_note"]
    assert found.totals == [5000, -2000]


def test_late_events_are_gathered_by_the_hour() -> None:
    """Each run issues what it finds: two late events in one hour are one invoice, the next hour's another."""
    late = [
        used(number, "2024-01-11T00:00:00Z", 1, f"2024-01-22T{received}:00Z")
        for number, received in ((2, "10:10"), (3, "10:50"), (4, "11:10"))
    ]
    assert closed(ON_TIME, *late, changes=ENDED).totals == [5000, 2000, 1000]


def test_usage_after_the_end_is_nobodys() -> None:
    """An event at the instant of the end, or later, changes nothing however early it arrives."""
    found = closed(
        ON_TIME, used(2, "2024-01-20T00:00:00Z", 9), used(3, "2024-02-20T00:00:00Z", 9), changes=ENDED
    )
    assert found.totals == [5000]


def test_events_at_the_edges_of_a_period() -> None:
    """The instant at which a period ends belongs to the next."""
    found = closed(
        used(1, "2024-01-01T00:00:00Z", 1),
        used(2, "2024-01-31T23:59:59.999999Z", 10),
        used(3, "2024-02-01T00:00:00Z", 100),
    )
    assert found.totals == [11000, 100000]


def test_usage_before_the_start_is_nobodys() -> None:
    """Billing begins when the tenant is active."""
    assert closed(used(1, "2023-12-31T23:59:59Z", 5)).totals == []


@pytest.mark.parametrize(("values", "total"), [((5, -3), [2000]), ((5, -5), []), ((5, -8), [])])
def test_usage_may_be_taken_back_and_never_pays(values: tuple[int, int], total: list[int]) -> None:
    """Negative values lower a sum; below nothing there is nothing."""
    events = [used(number, "2024-01-10T00:00:00Z", value) for number, value in enumerate(values)]
    assert closed(*events).totals == total


def test_no_lines_no_invoice() -> None:
    """A month without fee and usage yields nothing; late usage of it comes on the next invoice."""
    found = closed(used(1, "2024-01-11T00:00:00Z", 2, "2024-02-03T00:00:00Z"))
    assert found.totals == [2000]
    assert found.invoices[0]["period"]["to"] == "2024-03-01T00:00:00Z"
    assert found.lines[0]["corrects"] is None


def test_a_draft_shows_what_the_last_run_knew() -> None:
    """Within the grace each run rates the draft again."""
    late = used(2, "2024-01-11T00:00:00Z", 2, "2024-02-01T05:30:00Z")
    assert closed(ON_TIME, late, as_of="2024-02-01T05:59:00Z").totals == [5000]
    assert closed(ON_TIME, late, as_of="2024-02-01T06:00:00Z").totals == [7000]
    assert closed(ON_TIME, late, as_of="2024-02-01T06:00:00Z").invoices[0]["status"] == "draft"


def test_a_late_run_takes_what_it_knows() -> None:
    """After an outage one run does all that is due, oldest first, with what had arrived by then."""
    found = closed(
        ON_TIME,
        LATE,
        used(3, "2024-02-10T00:00:00Z", 1),
        runs='["2024-03-20T00:00:00Z"]',
        as_of="2024-03-21T00:00:00Z",
    )
    assert found.totals == [7000, 1000]
    assert all(invoice["status"] == "final" for invoice in found.invoices)
    assert all(line["corrects"] is None for line in found.lines)


def test_without_a_run_there_is_no_invoice() -> None:
    """Runs after `as_of` have not happened."""
    assert closed(ON_TIME, runs='["2024-03-20T00:00:00Z"]').invoices == []


@pytest.mark.parametrize(
    ("at", "closing"),
    [
        ("2024-01-01T00:00:00Z", "activation"),
        ("2024-01-01T00:00:01Z", "first"),
        ("2024-02-01T00:00:00Z", "first"),
        ("2024-02-01T00:00:01Z", "second"),
    ],
)
def test_what_is_given_by_hand_comes_on_the_next_closing(at: str, closing: str) -> None:
    """A credit is dated at its instant and comes on the first closing that is not before it."""
    found = closed(fee=FEE, credits=f'{{at: "{at}", amount: "20.00", reason: outage}}')
    place = {"activation": 0, "first": 1, "second": 2}[closing]
    assert found.totals == [8000 if index == place else 10000 for index in range(3)]
    [credit] = [line for line in found.lines if line["key"].startswith("credit.1")]
    assert credit == {
        "key": f"credit.1/{at}/credit",
        "description": "credit for outage: €20.00",
        "from": at,
        "to": at,
        "quantity": "1",
        "amount_minor": -2000,
        "corrects": None,
    }


def test_a_credit_by_hand_is_not_bounded() -> None:
    """Only credits of a fee are; what somebody grants is granted, and an invoice may be negative."""
    found = closed(fee=FEE, credits='{at: "2024-01-05T00:00:00Z", amount: "500", reason: goodwill}')
    assert found.totals[1] == 10000 - 50000
    assert found.invoices[1]["kind"] == "invoice"


def test_what_is_charged_at_the_end_is_on_the_last_invoice() -> None:
    """And what is charged, or given, afterwards is an invoice of its own at once."""
    charges = ", ".join(
        f'{{at: "{at}", amount: "15.00", reason: import}}'
        for at in ("2024-01-20T00:00:00Z", "2024-01-25T00:00:00Z")
    )
    found = closed(ON_TIME, changes=ENDED, charges=charges)
    assert [(invoice["kind"], invoice["total_minor"]) for invoice in found.invoices] == [
        ("invoice", 6500),
        ("supplementary", 1500),
    ]


@pytest.mark.parametrize("runs", ["hourly", '["2024-02-20T00:00:00Z", "2024-03-02T00:00:00Z"]'])
def test_what_is_given_in_a_gap_does_not_wait_for_a_restore(runs: str) -> None:
    """Whether a run saw the gap or came after the restore, a credit of the gap is a credit note."""
    back = ENDED + ', {at: "2024-02-10T00:00:00Z", restore: true}'
    regret = '{at: "2024-01-25T00:00:00Z", amount: "15.00", reason: regret}'
    found = closed(ON_TIME, changes=back, credits=regret, runs=runs)
    assert sorted((invoice["kind"], invoice["total_minor"]) for invoice in found.invoices) == [
        ("credit_note", -1500),
        ("invoice", 5000),
    ]


def test_late_usage_of_before_a_gap_comes_on_the_next_invoice() -> None:
    """Once the tenant is back, there is a next invoice again."""
    back = ENDED + ', {at: "2024-02-10T00:00:00Z", restore: true}'
    late = used(2, "2024-01-11T00:00:00Z", 2, "2024-02-11T00:00:00Z")
    found = closed(ON_TIME, late, changes=back)
    assert [(invoice["kind"], invoice["total_minor"]) for invoice in found.invoices] == [
        ("invoice", 5000),
        ("invoice", 2000),
    ]
    assert found.lines[1]["corrects"] == "calls/2024-01-01T00:00:00Z/charge"


def test_corrections_go_on_the_oldest_open_invoice() -> None:
    """With a grace longer than a period two drafts are open at once; what is late comes on the first."""
    found = play("""
currency: EUR
grace: 10d
plans: {team: {period: weekly, meters: {calls: {aggregate: sum, model: unit, unit: "1"}}}}
subscription: {plan: team, start: "2024-01-01T00:00:00Z"}
usage:
  - {id: a, meter: calls, at: "2024-01-02T00:00:00Z", value: 1}
  - {id: b, meter: calls, at: "2024-01-09T00:00:00Z", value: 10}
  - {id: c, meter: calls, at: "2024-01-16T00:00:00Z", value: 100}
  - {id: d, meter: calls, at: "2024-01-03T00:00:00Z", value: 1000, received: "2024-01-23T00:00:00Z"}
as_of: "2024-01-24T00:00:00Z"
""")
    assert [(invoice["status"], invoice["total_minor"]) for invoice in found.invoices] == [
        ("final", 100),
        ("draft", 1000 + 100000),
        ("draft", 10000),
    ]
