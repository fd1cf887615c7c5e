"""Tenants of made-up scenarios at a moment, and the invoice that is to come."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal

from domain.billing.account import Account
from domain.billing.aggregates import aggregated
from domain.billing.events import UsageEvent, counted
from domain.billing.invoices import Books, Invoice, Kind
from domain.billing.outlook import Outlook, outlook
from domain.billing.simulation import Scenario, closed, moments
from domain.billing.statements import Prospects
from domain.billing.usage import Demand


@dataclass(frozen=True)
class Seen:
    """A tenant at a moment, without all that comes later."""

    scenario: Scenario
    books: Books
    outlook: Outlook
    events: Sequence[UsageEvent]

    @property
    def read(self) -> Mapping[Demand, Decimal]:
        return aggregated(self.events, self.outlook.readings())

    @property
    def so_far(self) -> Invoice:
        return self.outlook.invoice(self.outlook.so_far(self.read), self.books.booked)

    @property
    def expected(self) -> Invoice:
        return self.outlook.invoice(self.outlook.expected(self.read), self.books.booked)

    @property
    def told(self) -> Prospects:
        return Prospects.of(self.outlook, self.read, self.books.booked)

    def draft(self, *more: UsageEvent) -> Invoice | None:
        """What the next closing makes, if nothing happens until then but more usage."""
        events = [*self.events, *more]
        books = closed(self.scenario, self.books, events, self.outlook.closing.at)
        made = [*books.final, *books.drafts]
        return next((one for one in made if is_of(one, self.outlook)), None)


def is_of(invoice: Invoice, seen: Outlook) -> bool:
    return invoice.kind is Kind.INVOICE and invoice.at == seen.closing.at


def seen_at(scenario: Scenario, now: datetime) -> Seen | None:
    """None where nothing is billed."""
    known = replace(scenario, account=known_at(scenario.account, now), as_of=now)
    events = [event for event in counted(scenario.events) if event.at < now and event.received <= now]
    books = Books()
    for moment in moments(known, events):
        books = closed(known, books, events, moment)
    found = outlook(known.account, books.closed_until, now)
    return Seen(known, books, found, events) if found else None


def known_at(account: Account, now: datetime) -> Account:
    segments = tuple(
        replace(segment, end=None if segment.end and segment.end > now else segment.end)
        for segment in account.segments
        if segment.begin <= now
    )
    one_offs = tuple(one for one in account.one_offs if one.at <= now)
    return replace(account, segments=segments, one_offs=one_offs)
