"""What was issued can be rated again, from nothing but what is stored."""

from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from sqlalchemy import text

from catalog.scenario import read_scenario
from domain.billing.account import State
from domain.billing.document import DocumentLine
from domain.billing.simulation import Scenario
from store.billing.explaining import NoSuchLine, explain
from store.billing.replay import Replayer
from tests.billing.random_accounts import scenarios
from tests.store.billed import Books, told_apart
from tests.store.world import World

LATE = """
currency: EUR
plans:
  priced:
    period: monthly
    meters:
      seats-sum: {aggregate: sum, model: volume, tiers: [{up_to: 15, unit: "10"}, {up_to: null, unit: "5"}]}
subscription: {plan: priced, start: "2024-01-01T00:00:00Z"}
usage:
  - {id: a, meter: seats-sum, at: "2024-01-10T00:00:00Z", value: 15}
  - {id: b, meter: seats-sum, at: "2024-01-20T00:00:00Z", value: 1, received: "2024-02-03T00:00:00Z"}
runs: ["2024-02-01T00:00:00Z", "2024-02-01T12:00:00Z", "2024-02-10T00:00:00Z"]
as_of: "2024-02-10T00:00:00Z"
"""
"""A unit that arrives after its invoice is final moves all of them into a cheaper tier."""
DISCOUNTS = """
currency: EUR
plans:
  priced: {period: monthly, fee: {amount: "100", charge: advance}}
subscription: {plan: priced, start: "2024-01-01T00:00:00Z"}
discounts:
  - {from: "2024-01-01T00:00:00Z", percent: "10"}
  - {from: "2024-01-01T00:00:00Z", to: "2024-02-01T00:00:00Z", percent: "10"}
  - {from: "2024-02-01T00:00:00Z", percent: "50"}
as_of: "2024-01-01T12:00:00Z"
"""
STREAMS = "SELECT id FROM usage_stream WHERE tenant_id = :id"


def late(folder: Path) -> Scenario:
    file = folder / "late.yaml"
    file.write_text(LATE)
    return read_scenario(file)


def played(world: World, scenario: Scenario) -> tuple[Books, Replayer]:
    books = Books(world, scenario)
    books.play()
    books.forget()
    return books, Replayer(world.engine, books.clock, scenario.grace)


def explained(world: World, replayer: Replayer, number: str, line: DocumentLine) -> None:
    """What was booked before and the line come to what is owed, and what is owed has a formula."""
    told = explain(world.engine, replayer, number, line.key)
    assert told
    assert told.before_minor + line.amount_minor == told.owed_minor, line.key
    assert bool(told.formula) == bool(told.owed_minor), line.key
    if told.owed_minor:
        by_hand = line.key.startswith("hand.")
        assert by_hand or told.segments, line.key


# Each example takes seconds: a smaller one that fails as well would take minutes to find.
@settings(
    max_examples=3, phases=[Phase.generate], suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(scenario=scenarios(ends=True).map(told_apart))
def test_every_invoice_replays_to_nothing(world: World, scenario: Scenario) -> None:
    """Any changes, hands, zones and late events: rated again with what was known then, each is the same."""
    books, replayer = played(world, scenario)
    for invoice in books.invoices():
        if invoice.number:
            replay = replayer.replay(invoice.number)
            assert replay
            assert (replay.same, replay.differences) == (True, ()), invoice.number
            explained(world, replayer, invoice.number, invoice.lines[-1])
    assert replayer.replay("no-such-one") is None


def test_rating_everything_tells_what_is_to_be_corrected(world: World, tmp_path: Path) -> None:
    """Until the next invoice has corrected it; what is known later changes nothing about the replay."""
    books = Books(world, late(tmp_path))
    replayer = Replayer(world.engine, books.clock, books.scenario.grace)
    books.play()
    number = books.invoices()[0].number
    assert number
    before = replayer.replay(number, latest=True)
    assert before
    assert before.same
    assert [line.amount_minor for line in before.to_come or ()] == [-15000, 8000]
    books.clock.instant = datetime(2024, 3, 2, tzinfo=UTC)
    books.close()
    books.forget()
    after = replayer.replay(number, latest=True)
    assert after
    assert (after.same, after.to_come) == (True, ())


def test_a_wrong_sum_is_a_difference(world: World, tmp_path: Path) -> None:
    """A replay counts the events anew: what an invoice took from a sum that is wrong does not replay."""
    books = Books(world, late(tmp_path))
    books.play(closing=False)
    with world.engine.begin() as connection:
        for unit in ("hour", "day"):
            wrong = f"UPDATE usage_{unit} SET sum = 10 WHERE stream IN ({STREAMS})"
            connection.execute(text(wrong), {"id": books.tenant.id})
    books.clock.instant = datetime(2024, 2, 1, 12, tzinfo=UTC)
    books.close()
    (invoice,) = books.invoices()
    replay = Replayer(world.engine, books.clock, books.scenario.grace).replay(invoice.number or "")
    books.forget()
    assert replay
    assert not replay.same
    (difference,) = replay.differences
    assert difference.issued
    assert difference.rated
    assert (difference.issued.amount_minor, difference.rated.amount_minor) == (10000, 8000)


def test_titles_of_meters_are_those_of_when_the_invoice_was_made(world: World, tmp_path: Path) -> None:
    """A new title is on the next invoice; the one that was issued keeps its bytes, and replays to nothing."""
    books = Books(world, late(tmp_path), titles={"seats-sum": "Seats taken"})
    books.play()
    issued = books.invoices()[0]
    assert issued.lines[0].description == "Seats taken: tier 1: 15 × €10.00"
    books.clock.instant = datetime(2024, 3, 2, tzinfo=UTC)
    books.call_meters({"seats-sum": "Chairs"})
    books.close()
    books.forget()
    first, second = books.invoices()
    assert first.to_json() == issued.to_json()
    assert second.lines[1].description.endswith(": Chairs: tier 2: 16 × €5.00")
    replayer = Replayer(world.engine, books.clock, books.scenario.grace)
    for invoice in (first, second):
        replay = replayer.replay(invoice.number or "")
        assert replay
        assert replay.same, invoice.number
        told = explain(world.engine, replayer, invoice.number or "", invoice.lines[-1].key)
        assert told
        assert invoice.lines[-1].description.endswith(told.formula)


def test_a_correction_is_explained(world: World, tmp_path: Path) -> None:
    """Every number behind it: what was measured, by which price, what was booked before and where."""
    books = Books(world, late(tmp_path))
    books.play()
    books.clock.instant = datetime(2024, 3, 2, tzinfo=UTC)
    books.close()
    books.forget()
    replayer = Replayer(world.engine, books.clock, books.scenario.grace)
    first, second = [invoice.number or "" for invoice in books.invoices()]
    tier, other = (f"seats-sum/2024-01-01T00:00:00Z/{number}" for number in (1, 2))
    gone, new = (explain(world.engine, replayer, second, key) for key in (tier, other))
    assert gone
    assert new
    assert (gone.formula, gone.before_minor, gone.owed_minor, gone.line.corrects) == ("", 15000, 0, tier)
    assert new.formula == "seats-sum: tier 2: 16 × €5.00"
    assert (new.before_minor, new.owed_minor, new.line.amount_minor) == (0, 8000, 8000)
    assert new.measured
    assert (new.measured.value, new.measured.units, new.measured.included) == ("16", "16", "0")
    assert [(one.plan, one.quantity, one.state) for one in new.segments] == [("priced", 1, State.ACTIVE)]
    assert [one.terms["model"] for one in new.terms] == ["volume"]
    assert [(one.invoice, one.key, one.amount_minor) for one in new.booked] == [
        (first, tier, 15000),
        (second, tier, -15000),
        (second, other, 8000),
    ]
    before = explain(world.engine, replayer, first, tier)
    assert before
    assert before.measured
    assert (before.measured.value, before.owed_minor) == ("15", 15000)
    with pytest.raises(NoSuchLine):
        explain(world.engine, replayer, first, other)


def test_discounts_are_told_beside_the_formula(world: World, tmp_path: Path) -> None:
    """Of two that overlap the formula says only what they leave; the explanation has each, and no other."""
    file = tmp_path / "discounts.yaml"
    file.write_text(DISCOUNTS)
    books = Books(world, read_scenario(file))
    books.play()
    books.forget()
    (invoice,) = books.invoices()
    replayer = Replayer(world.engine, books.clock, books.scenario.grace)
    told = explain(world.engine, replayer, invoice.number or "", invoice.lines[0].key)
    assert told
    assert told.formula == "priced fee: €100.00 × 81 % after discounts"
    assert [(one.percent, one.end is None) for one in told.discounts] == [("10", True), ("10", False)]
