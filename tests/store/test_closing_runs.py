"""Closing runs that are killed, late, or two at once: each invoice is made once, and is the same."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import Engine, text
from sqlalchemy.exc import DatabaseError

from domain.billing.report import report
from domain.billing.simulation import Scenario, simulate
from store.engine import transaction
from tests.billing.plays import scenario as scenario_of
from tests.store.billed import PLAN, Books, told_apart
from tests.store.world import World

START = datetime(2024, 1, 31, tzinfo=UTC)
SCENARIO = """
currency: EUR
plans:
  one:
    period: monthly
    fee: {amount: "31.00", charge: advance}
    meters:
      calls: {aggregate: sum, model: graduated, tiers: [{up_to: 10, unit: "1"}, {up_to: null, unit: "0.5"}]}
subscription: {plan: one, start: "2024-01-31T00:00:00Z"}
changes:
  - {at: "2024-03-10T00:00:00Z", quantity: 2}
credits: [{at: "2024-02-10T00:00:00Z", amount: "5.00", reason: outage}]
usage:
  - {id: a, meter: calls, at: "2024-02-10T10:30:00Z", value: 7}
  - {id: b, meter: calls, at: "2024-02-20T10:00:00Z", value: 7, received: "2024-03-01T00:00:00Z"}
as_of: "2024-04-10T00:00:00Z"
"""
LATE = datetime(2024, 4, 10, tzinfo=UTC)
COMMITS = 11
"""Of a run that makes invoices; the test says if there are more by now."""


class Killed(Exception):
    """The process is gone."""


@contextmanager
def killed_at(engine: Engine, number: int, *, after: bool) -> Iterator[list[int]]:
    """The process dies at a transaction, just before or just after PostgreSQL has committed it.

    In place of the driver's own function, because no signal to a process hits between the two.
    """
    dialect: Any = engine.dialect
    commit, seen = dialect.do_commit, [0]

    def do_commit(connection: Any) -> None:
        seen[0] += 1
        if seen[0] == number and not after:
            raise Killed
        commit(connection)
        if seen[0] == number:
            raise Killed

    dialect.do_commit = do_commit
    try:
        yield seen
    finally:
        del dialect.do_commit


def scenario(*runs: datetime) -> Scenario:
    return told_apart(replace(scenario_of(SCENARIO), runs=runs or None))


def opened(world: World, *runs: datetime) -> Books:
    """All has happened, and nothing was closed."""
    books = Books(world, scenario(*runs))
    books.play(closing=False)
    books.clock.instant = LATE
    return books


def bills(books: Books) -> list[dict[str, Any]]:
    return [_plain(one.model_dump(mode="json")) for one in books.invoices()]


def expected(*runs: datetime) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = [
        _plain(one) for one in report(simulate(scenario(*runs)), scenario().account.currency)["invoices"]
    ]
    return found


def _plain(document: dict[str, Any]) -> dict[str, Any]:
    return {name: document[name] for name in ("kind", "period", "status", "lines", "total_minor")}


def assert_gapless(world: World) -> None:
    """Numbers of a year run from 1 to the last, in the order in which invoices fell due."""
    with transaction(world.engine) as session:
        rows = session.connection().execute(
            text("SELECT number FROM invoice WHERE number LIKE '2024-%' ORDER BY number")
        )
        last = session.connection().execute(text("SELECT last FROM invoice_counter WHERE year = 2024"))
        assert [row.number for row in rows] == [
            f"2024-{number:06}" for number in range(1, last.scalar_one() + 1)
        ]


@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
def test_a_run_killed_at_any_transaction_is_carried_on(world: World, *, after: bool) -> None:
    """Whichever transaction it dies at, the next run makes what is left, and the same as ever."""
    for number in range(1, COMMITS + 1):
        books = opened(world, LATE)
        with killed_at(world.engine, number, after=after), pytest.raises(Killed):
            books.close()
        books.close()
        assert bills(books) == expected(LATE), f"killed at transaction {number}"
        books.forget()
    assert_gapless(world)


def test_a_run_has_no_more_transactions_than_are_killed(world: World) -> None:
    """Or the test above would leave some out."""
    books = opened(world, LATE)
    with killed_at(world.engine, 0, after=False) as seen:
        books.close()
    books.forget()
    assert seen[0] == COMMITS


def test_a_killed_run_goes_on_with_what_it_knew(world: World) -> None:
    """Usage that arrives between a kill and the next run is not on the invoices of the first."""
    books = opened(world, LATE)
    run = books.runs.begin(LATE)
    books.clock.instant = LATE + timedelta(hours=1)
    books.use("late", "calls-sum", datetime(2024, 4, 1, tzinfo=UTC), 100)
    assert books.runs.begin(books.clock.instant) == run
    books.close()
    books.forget()
    assert bills(books) == expected(LATE)


def test_two_runs_at_once_make_each_invoice_once(world: World) -> None:
    """They share the pages between them, and the numbers have no gap."""
    all_books = [opened(world, LATE) for _ in range(6)]
    with ThreadPoolExecutor(2) as pool:
        list(pool.map(lambda books: books.close(page_size=2), all_books[:2]))
    for books in all_books:
        assert bills(books) == expected(LATE)
        books.forget()
    assert_gapless(world)


def test_after_a_weeks_outage_one_run_does_all_of_it(world: World) -> None:
    """What has ended meanwhile is closed oldest first, by one run."""
    first = START + timedelta(hours=13)
    books = opened(world, first, LATE)
    books.clock.instant = first
    books.close()
    books.clock.instant = LATE
    books.close()
    books.forget()
    assert bills(books) == expected(first, LATE)
    assert len(bills(books)) > 2


def test_what_is_numbered_is_never_changed(world: World) -> None:
    """Not by a mistake in our own code either: the database refuses."""
    books = opened(world, LATE)
    books.close()
    books.forget()
    for statement in (
        "UPDATE invoice SET kind = 'credit_note' WHERE tenant_id = :tenant",
        "DELETE FROM ledger_entry WHERE tenant_id = :tenant",
    ):
        with pytest.raises(DatabaseError, match="never changed"), transaction(world.engine) as session:
            session.connection().execute(text(statement), {"tenant": books.tenant.id})


def test_a_tenant_that_cannot_be_rated_holds_up_nobody(world: World) -> None:
    """It is left as it was with the reason, and tried again by the next run; all others are closed."""
    broken, whole = opened(world, LATE), opened(world, LATE)
    broken.set_zone("Nowhere/Land")
    pages = whole.close()
    assert sum(page.failed for page in pages) == 1
    assert "Nowhere/Land" in broken.subscription().problem
    assert bills(whole) == expected(LATE)
    broken.set_zone("UTC")
    broken.clock.instant = LATE + timedelta(hours=2)
    broken.close()
    assert broken.subscription().problem == ""
    assert [one["lines"] for one in bills(broken)] == [one["lines"] for one in expected(LATE)]
    broken.forget()
    whole.forget()


def test_a_price_of_tests_is_no_plan_that_is_sold() -> None:
    """Otherwise each sign-up to it would open an account by itself."""
    assert PLAN not in {"echo", "team", "business", "enterprise"}
