"""The invoice to come, from what is stored."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime

import pytest
from sqlalchemy import Engine, event

from domain.billing.account import State
from domain.billing.facts import ChangeFact
from domain.billing.statements import Statement
from store.billing.forecasting import Forecaster
from tests.billing.plays import scenario
from tests.store.billed import Books
from tests.store.world import World

WORKED = """
timezone: America/Juneau
currency: EUR
plans:
  priced:
    period: monthly
    fee: {amount: "100.00", charge: advance}
    meters:
      calls-sum: {aggregate: sum, model: unit, unit: "1"}
      users-unique: {aggregate: unique, model: unit, unit: "2"}
      storage-weighted: {aggregate: weighted, model: unit, unit: "3", included: 1}
subscription: {plan: priced, start: "2024-03-01T09:00:00Z"}
usage:
  - {id: a, meter: calls-sum, at: "2024-03-10T00:00:00Z", value: 5}
  - {id: b, meter: calls-sum, at: "2024-03-11T00:00:00Z", value: 2, received: "2024-04-03T00:00:00Z"}
  - {id: c, meter: calls-sum, at: "2024-04-02T00:30:00Z", value: 40}
  - {id: d, meter: users-unique, at: "2024-04-02T00:00:00Z", value: 1, key: ann}
  - {id: e, meter: users-unique, at: "2024-04-06T07:59:00Z", value: 1, key: bob}
  - {id: f, meter: users-unique, at: "2024-04-06T08:01:00Z", value: 1, key: cyd}
  - {id: g, meter: storage-weighted, at: "2024-04-07T08:00:00Z", value: 10}
as_of: "2024-04-11T08:00:00Z"
"""
"""Local months of Alaska: April is from 08:00 to 08:00 UTC, and ten of its thirty days are over."""


@pytest.fixture
def books(world: World) -> Iterator[Books]:
    books = Books(world, scenario(WORKED))
    books.play()
    yield books
    books.forget()


@contextmanager
def statements(engine: Engine) -> Iterator[list[str]]:
    """Those that are sent meanwhile."""
    sent: list[str] = []

    def note(connection: object, cursor: object, statement: str, *_: object) -> None:
        sent.append(statement)

    event.listen(engine, "before_cursor_execute", note)
    try:
        yield sent
    finally:
        event.remove(engine, "before_cursor_execute", note)


def told(statement: Statement) -> dict[str, tuple[str, int]]:
    return {one.meter.partition("-")[0]: (one.quantity, one.amount_minor) for one in statement.meters}


def test_ten_of_thirty_days(world: World, books: Books) -> None:
    """By hand: sums go on, one new user comes each 5 days, a state holds; a correction is on it once."""
    with statements(world.engine) as sent:
        found = Forecaster(world.engine, books.clock).prospects(books.tenant.id)
    assert found
    assert told(found.current) == {
        "calls": ("40", 4000),
        "users": ("3", 600),
        "storage": ("1.333333333333", 100),
    }
    assert told(found.forecast) == {"calls": ("120", 12000), "users": ("7", 1400), "storage": ("8", 2100)}
    assert [line.amount_minor for line in found.current.lines if line.corrects] == [200]
    assert [one.total_minor for one in (found.current, found.forecast)] == [
        10000 + 200 + 4700,
        10000 + 200 + 15500,
    ]
    assert found.current.period.begin == datetime(2024, 4, 1, 8, tzinfo=UTC)
    assert len(sent) <= 8


def test_the_closing_makes_what_was_forecast(world: World, books: Books) -> None:
    """Suspended, a tenant uses nothing more: what is expected comes, and after the end nothing does."""
    forecaster = Forecaster(world.engine, books.clock)
    at = books.clock.instant = books.scenario.as_of
    books.record(ChangeFact(at=at, operation_id="o", state=State.SUSPENDED))
    found = forecaster.prospects(books.tenant.id)
    assert found
    assert told(found.forecast) == {"calls": ("40", 4000), "users": ("3", 600), "storage": ("8", 2100)}
    books.clock.instant = found.forecast.period.end
    books.close()
    draft = books.invoices()[-1]
    assert (draft.lines, draft.total_minor) == (found.forecast.lines, 10000 + 200 + 6700)
    books.record(ChangeFact(at=books.clock.instant, operation_id="o", state=State.ENDED))
    assert forecaster.prospects(books.tenant.id) is None


def test_who_is_not_billed_has_no_invoice_to_come(world: World) -> None:
    """A plan without a price, or a sign-up that is not so far: nothing is told."""
    forecaster = Forecaster(world.engine, world.clock)
    assert forecaster.prospects(world.active().id) is None
    assert forecaster.prospects("a23456789012") is None
