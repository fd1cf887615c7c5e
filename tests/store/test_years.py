"""Periods are closed, corrected and replayed long after the events behind them are gone."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from sqlalchemy import text
from sqlalchemy.exc import DatabaseError

from domain.billing.account import State
from domain.billing.facts import ChangeFact, OneOffFact
from domain.billing.report import report
from domain.billing.simulation import Scenario, simulate
from store.billing.forecasting import Forecaster
from store.billing.replay import Replayer
from store.engine import transaction
from store.usage_read import UsageGone
from tests.billing.plays import scenario
from tests.billing.random_accounts import scenarios
from tests.store.billed import Books, told_apart
from tests.store.world import World
from tests.store.years import Years, stretched

PLAYED = """
currency: EUR
plans:
  priced:
    period: {period}
    fee: {{amount: "100.00", charge: advance}}
    meters: {{calls-sum: {{aggregate: sum, model: unit, unit: "1"}}}}
subscription: {{plan: priced, start: "2024-03-01T09:12:34Z"}}
as_of: "2024-03-01T09:12:34Z"
"""
START = datetime(2024, 3, 1, 9, 12, 34, tzinfo=UTC)
"""Not at a full hour: of the first one, events have to be read."""
Opens = Callable[[str], Years]


def after(days: int) -> datetime:
    return START + timedelta(days=days)


@pytest.fixture
def opened(world: World) -> Iterator[Opens]:
    opened: list[Books] = []

    def open_one(period: str) -> Years:
        opened.append(Books(world, scenario(PLAYED.format(period=period))))
        return Years(opened[-1])

    yield open_one
    for books in opened:
        books.forget()


def used(years: Years, days: int, value: int) -> None:
    """The tenant comes to that day, and uses something half an hour before."""
    years.until(after(days))
    at = years.books.clock.instant - timedelta(minutes=30)
    years.books.use(f"e{days}", "calls-sum", at, value)


def late(years: Years, days: int, at: datetime, value: int) -> None:
    years.until(after(days))
    years.books.use(f"late{days}", "calls-sum", at, value)


def amounts(years: Years) -> list[list[int]]:
    return [[line.amount_minor for line in one.lines] for one in years.invoices()]


def test_a_year_is_corrected_when_its_events_are_gone(opened: Opens) -> None:
    """Late usage of the first year is on the second one's invoice, and every invoice replays."""
    years = opened("yearly")
    years.books.use("first", "calls-sum", START + timedelta(seconds=1), 5)
    used(years, 100, 7)
    late(years, 375, after(364), 20)
    used(years, 600, 30)
    years.until(after(920))
    assert amounts(years) == [[10000], [1200, 10000], [2000, 3000, 10000]]
    correction = years.invoices()[2].lines[0]
    assert correction.corrects == "calls-sum/2024-03-01T09:12:34Z/charge"
    assert years.replayed()


def test_the_invoice_to_come_has_the_correction(world: World, opened: Opens) -> None:
    """In the middle of the second year, too, when the first one's events are gone."""
    years = opened("yearly")
    late(years, 370, after(364), 20)
    years.until(after(550))
    found = Forecaster(world.engine, years.books.clock).prospects(years.books.tenant.id)
    assert found
    assert [line.amount_minor for line in found.current.lines] == [2000, 10000]


def test_all_that_is_known_is_rated_again_when_it_is_gone(world: World, opened: Opens) -> None:
    """`--latest` of a month that is no longer kept: there was nothing to correct that was not corrected."""
    years = opened("monthly")
    used(years, 10, 5)
    late(years, 40, after(20), 2)
    years.until(after(470), every=timedelta(days=5))
    first = years.invoices()[1]
    replay = Replayer(world.engine, years.books.clock, timedelta(hours=12)).replay(
        first.number or "", latest=True
    )
    assert replay
    assert (replay.same, replay.to_come) == (True, ())


@pytest.mark.parametrize("period", ["monthly", "yearly"])
def test_a_credit_to_a_tenant_that_ended_long_ago_is_invoiced(opened: Opens, period: str) -> None:
    """Nothing else is made of it, however long ago its usage went."""
    years = opened(period)
    used(years, 20, 5)
    years.until(after(25))
    years.books.record(ChangeFact(at=after(25), operation_id="o", state=State.ENDED))
    years.until(after(60), every=timedelta(days=7))
    before = amounts(years)
    years.until(after(900), every=timedelta(days=7))
    years.books.record(
        OneOffFact(
            id="credit.1", at=after(900), amount="7.00", reason="goodwill", is_credit=True, given_by="tests"
        )
    )
    years.until(after(901))
    assert amounts(years) == [*before, [-700]]
    assert years.replayed()


def test_what_was_kept_is_never_changed(world: World, opened: Opens) -> None:
    """Not by a mistake in our own code either; and where the database let it, a replay would tell."""
    years = opened("yearly")
    used(years, 100, 7)
    years.until(after(470))
    tamper = text(
        "UPDATE kept_usage SET answers = (SELECT jsonb_object_agg(key, '1') FROM jsonb_each(answers))"
        " WHERE tenant_id = :tenant"
    )
    whose = {"tenant": years.books.tenant.id}
    with pytest.raises(DatabaseError, match="never changed"), transaction(world.engine) as session:
        session.connection().execute(tamper, whose)
    with transaction(world.engine) as session:
        session.connection().execute(text("SET LOCAL session_replication_role = replica"))
        session.connection().execute(tamper, whose)
    assert not years.replayed()


def test_what_nobody_kept_is_told_and_can_be_given(world: World, opened: Opens) -> None:
    """No run for a month and more, just then: the closing says what it lacks; given that, it goes on."""
    years = opened("yearly")
    years.books.use("first", "calls-sum", START + timedelta(seconds=1), 5)
    used(years, 390, 3)
    years.books.clock.instant = after(470)
    years.drop()
    years.books.close()
    problem = years.books.subscription().problem
    name = "sum 2024-03-01T09:12:34Z/2025-03-01T09:12:34Z calls-sum"
    assert "kept from" in problem
    assert name in problem
    assert "docs/billing.md" in problem
    given = (
        "INSERT INTO kept_usage (tenant_id, closing, answers)"
        " SELECT :tenant, max(number), jsonb_build_object(CAST(:name AS text), '5') FROM closing"
    )
    with transaction(world.engine) as session:
        values = {"tenant": years.books.tenant.id, "name": name}
        session.connection().execute(text(given), values)
    years.until(after(740))
    assert amounts(years) == [[10000], [500, 10000], [300, 10000]]


def test_it_is_gone_where_nothing_was_kept(world: World, opened: Opens) -> None:
    """A replay does not guess: an invoice of before anything was kept is refused."""
    years = opened("monthly")
    years.books.use("first", "calls-sum", START + timedelta(seconds=1), 5)
    years.until(after(40))
    with transaction(world.engine) as session:
        session.connection().execute(text("SET LOCAL session_replication_role = replica"))
        session.connection().execute(text("DELETE FROM kept_usage"))
    years.books.clock.instant = after(900)
    years.drop()
    number = years.invoices()[1].number or ""
    with pytest.raises(UsageGone, match="no closing run has kept sum 2024-03-01T09:12:34Z/"):
        Replayer(world.engine, years.books.clock, timedelta(hours=12)).replay(number)


# Each example takes seconds: a smaller one that fails as well would take minutes to find.
@settings(
    max_examples=2, phases=[Phase.generate], suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(scenario=scenarios().map(told_apart).map(stretched))
def test_dropping_months_as_they_age_changes_no_invoice(world: World, scenario: Scenario) -> None:
    """Any changes, hands, zones and late events over years: the invoices are those of the pure code, which
    forgets nothing, and each replays."""
    years = Years(Books(world, scenario))
    years.play()
    seen = replace(scenario, runs=tuple(years.moments), as_of=years.moments[-1])
    expected = report(simulate(seen), scenario.account.currency)["invoices"]
    assert [one.model_dump(mode="json")["lines"] for one in years.books.invoices()] == [
        one["lines"] for one in expected
    ]
    assert years.replayed()
    years.books.forget()
