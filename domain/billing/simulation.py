"""A tenant's billing from beginning to `as_of`, by the code that closes periods for real."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from domain.billing.account import Account
from domain.billing.aggregates import aggregated
from domain.billing.closings import closings
from domain.billing.events import UsageEvent, counted
from domain.billing.invoices import Books, Invoice, is_ended, reach, run
from domain.billing.rating import demands, rate, window

HOUR = timedelta(hours=1)


@dataclass(frozen=True)
class Scenario:
    account: Account
    events: tuple[UsageEvent, ...]
    as_of: datetime
    grace: timedelta = timedelta(hours=12)
    runs: tuple[datetime, ...] | None = None
    """When closing runs; None is every full hour in UTC."""


def simulate(scenario: Scenario) -> list[Invoice]:
    """Invoices as they stand at `as_of`, in order of closing."""
    books = Books()
    events = counted(scenario.events)
    for moment in moments(scenario, events):
        books = closed(scenario, books, events, moment)
    return sorted([*books.final, *books.drafts], key=lambda invoice: invoice.at)


def closed(scenario: Scenario, books: Books, events: list[UsageEvent], moment: datetime) -> Books:
    """The books after one run: it knows what was received until its moment."""
    seen = window(scenario.account, moment, reach(books))
    known = [event for event in events if event.received <= moment]
    return run(seen, rate(seen, aggregated(known, demands(seen))), books, scenario.grace)


def moments(scenario: Scenario, events: list[UsageEvent]) -> list[datetime]:
    """The runs until `as_of`; of hourly ones only those that can find something to do, and the last."""
    if scenario.runs is not None:
        return sorted({moment for moment in scenario.runs if moment <= scenario.as_of})
    last = scenario.as_of.replace(minute=0, second=0, microsecond=0)
    found = {last, *(full_hour(instant) for instant in _occasions(scenario, events))}
    return sorted(moment for moment in found if moment <= last)


def full_hour(instant: datetime) -> datetime:
    """The first full hour that is not before an instant."""
    floor = instant.replace(minute=0, second=0, microsecond=0)
    return floor if floor == instant else floor + HOUR


def _occasions(scenario: Scenario, events: list[UsageEvent]) -> Iterator[datetime]:
    account = scenario.account
    for closing in closings(account, None, scenario.as_of):
        yield closing.at
        yield closing.at + scenario.grace
    yield from (event.received for event in events if is_ended(account, event.received))
    yield from (one_off.at for one_off in account.one_offs)
