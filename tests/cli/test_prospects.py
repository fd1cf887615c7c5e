"""The invoice to come, as a person reads it."""

import io
from datetime import datetime

from rich.console import Console

from cli.prospects import print_prospects
from tests.billing.ahead import seen_at
from tests.billing.plays import scenario

PLAYED = """
currency: EUR
plans:
  team:
    period: monthly
    fee: {amount: "10.00", charge: advance}
    minimum: "90"
    meters: {calls: {aggregate: sum, model: unit, unit: "1", included: 30}}
  busy: {period: monthly, meters: {calls: {aggregate: weighted, model: unit, unit: "3"}}}
subscription: {plan: team, start: "2024-04-01T00:00:00Z"}
changes: [CHANGES]
credits:
  - {at: "2024-04-03T00:00:00Z", amount: "5", reason: "an [outage]"}
  - {at: "2024-04-03T00:00:00Z", amount: "5", reason: "an [outage]"}
usage: [{id: a, meter: calls, at: "2024-04-02T00:00:00Z", value: 40}]
as_of: "2024-04-11T00:00:00Z"
"""


def shown(changes: str = "") -> list[str]:
    seen = seen_at(
        scenario(PLAYED.replace("CHANGES", changes)), datetime.fromisoformat("2024-04-11T00:00:00Z")
    )
    assert seen
    console = Console(file=io.StringIO(), width=200)
    print_prospects(console, seen.told, {"calls": "Calls"})
    assert isinstance(console.file, io.StringIO)
    return [line.rstrip() for line in console.file.getvalue().splitlines()]


def test_so_far_and_expected_stand_side_by_side() -> None:
    """Every line once, also two that read alike, and one that only one of both has; they add up."""
    told = shown()
    assert told[:-1] == [
        "next invoice, 2024-04-01 to 2024-05-01: €80.00 so far, €90.00 expected",
        "SO FAR  EXPECTED  WHAT",
        "€10.00    €90.00  Calls: 40 so far, 120 expected, 30 included",
        "€70.00     €0.00  minimum: €90.00 less €20.00",
        "-€5.00    -€5.00  credit for an [outage]: €5.00",
        "-€5.00    -€5.00  credit for an [outage]: €5.00",
        "€10.00    €10.00  team fee: €10.00",
    ]
    assert told[-1].startswith("Expected: usage goes on at its pace")


def test_a_new_price_has_a_row_of_its_own() -> None:
    """With the day from which on it is counted; what was used at the old one is over."""
    assert shown('{at: "2024-04-06T00:00:00Z", plan: busy}')[2:4] == [
        "€35.00    €35.00  Calls: 40 so far, 40 expected, 5 included",
        "€20.00   €100.00  Calls from 2024-04-06 on: 6.67 so far, 33.33 expected on average over the period",
    ]
