"""What a change would make of a tenant's price: what it then becomes, to the last cent."""

from collections.abc import Iterator
from datetime import UTC, datetime

import pytest
from sqlmodel import select

from domain.billing.account import State
from domain.billing.facts import ChangeFact
from store.billing.forecasting import Forecaster
from store.engine import transaction
from store.tables import BillingFactRow
from tests.billing.plays import scenario
from tests.store.billed import Books
from tests.store.world import World

WORKED = """
timezone: UTC
currency: EUR
plans:
  priced:
    period: monthly
    fee: {amount: "100.00", charge: advance}
    suspended_factor: "0.5"
    minimum: "130.00"
    meters:
      calls-sum: {aggregate: sum, model: unit, unit: "1"}
subscription: {plan: priced, start: "2024-04-01T00:00:00Z"}
usage:
  - {id: a, meter: calls-sum, at: "2024-04-02T00:30:00Z", value: 40}
as_of: "2024-04-11T00:00:00Z"
"""
"""Ten of the thirty days of April are over."""
AT = datetime(2024, 4, 11, tzinfo=UTC)
CHANGES = {
    "more": ChangeFact(at=AT, operation_id="o", quantity=3),
    "as before": ChangeFact(at=AT, operation_id="o", quantity=1),
    "suspended": ChangeFact(at=AT, operation_id="o", state=State.SUSPENDED),
    "ended": ChangeFact(at=AT, operation_id="o", state=State.ENDED),
}


@pytest.fixture
def books(world: World) -> Iterator[Books]:
    books = Books(world, scenario(WORKED))
    books.play()
    books.clock.instant = AT
    yield books
    books.forget()


def test_twenty_days_of_two_more(world: World, books: Books) -> None:
    """By hand: the rest of the old fee is credited, that of the new charged, then comes the next month."""
    told = Forecaster(world.engine, books.clock).compared(books.tenant.id, CHANGES["more"])
    assert told
    assert told.period_now
    assert told.period_then
    assert (told.period_now.total_minor, told.period_then.total_minor) == (130_00, 300_00)
    # Without usage, a minimum of 130.00 tops 100.00 up; 140.00 were spent already.
    assert [(line.now_minor, line.then_minor) for line in told.lines] == [
        (0, -66_67),
        (0, 200_00),
        (100_00, 300_00),
    ]
    assert told.proration_minor == 200_00 - 66_67
    assert told.difference_minor == told.proration_minor + 300_00 - 100_00


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
def test_what_is_previewed_comes(world: World, books: Books, change: ChangeFact) -> None:
    """Recorded at the same instant, a change makes the next invoice that was previewed, line by line."""
    forecaster = Forecaster(world.engine, books.clock)
    told = forecaster.compared(books.tenant.id, change)
    assert told
    assert told.next_invoice_then
    assert told.difference_minor == sum(line.then_minor - line.now_minor for line in told.lines)
    books.record(change)
    if after := forecaster.prospects(books.tenant.id):
        assert after.current == told.next_invoice_then
    else:
        books.close()
        assert books.invoices()[-1].lines == told.next_invoice_then.lines


def test_a_preview_records_nothing(world: World, books: Books) -> None:
    """No fact of a previewed change is stored, and the invoice to come stays as it was."""
    forecaster = Forecaster(world.engine, books.clock)
    before = forecaster.prospects(books.tenant.id)
    forecaster.compared(books.tenant.id, CHANGES["ended"])
    assert forecaster.prospects(books.tenant.id) == before
    with transaction(world.engine) as session:
        facts = session.exec(select(BillingFactRow).where(BillingFactRow.tenant_id == books.tenant.id))
        assert len(list(facts)) == 1


def test_who_comes_back_pays_from_then_on(world: World, books: Books) -> None:
    """Ended, nothing is billed; active again, a third of a month is charged, and of its minimum."""
    books.record(CHANGES["ended"])
    books.close()
    books.clock.instant = AT.replace(day=21)
    again = ChangeFact(at=books.clock.instant, operation_id="p", state=State.ACTIVE)
    told = Forecaster(world.engine, books.clock).compared(books.tenant.id, again)
    assert told
    assert (told.period_now, told.next_invoice_now) == (None, None)
    assert told.proration_minor == 43_33
    assert told.difference_minor == 143_33
    told = Forecaster(world.engine, books.clock).compared(world.active().id, again)
    assert told is None
