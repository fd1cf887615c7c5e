"""The invoice to come, before its closing: with what was used so far, and with what is to be expected.

Both are made by the code of the closing, as of its instant; nothing but the usage is another.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from domain.billing.account import Account
from domain.billing.closing import look
from domain.billing.closings import Closing, closings
from domain.billing.full_period import segment_at
from domain.billing.invoices import Books, Invoice, Kind, Status, run
from domain.billing.ledger import Booked
from domain.billing.pace import Course
from domain.billing.rating import Window, due_scopes, rate
from domain.billing.usage import Demand, Quantities, Scope

AT_ONCE = timedelta()


@dataclass(frozen=True)
class Outlook:
    now: datetime
    closing: Closing
    window: Window
    """Until the closing."""
    closed_until: datetime | None

    @property
    def scopes(self) -> list[Scope]:
        """Of which the closing carries the usage, without those that are only corrected."""
        closed = self.window.closings
        return [scope for scope, _ in self._courses() if closed.due(scope.span.end) == self.closing.at]

    def readings(self) -> list[Demand]:
        """The aggregates that the other functions take: nothing of them is later than now, or a guess."""
        listed = (demand for _, course in self._courses() for demand in course.readings())
        return list(dict.fromkeys(listed))

    def so_far(self, read: Quantities) -> Quantities:
        """Nothing is used from now on; what is averaged over the period falls to 0."""
        return {course.whole: read[course.past] for _, course in self._courses()}

    def expected(self, read: Quantities) -> Quantities:
        return {course.whole: course.expected(read) for _, course in self._courses()}

    def invoice(self, quantities: Quantities, booked: Booked) -> Invoice:
        """Without lines if there is nothing to pay. `booked`: as in `domain.billing.closing.close`."""
        books = Books(booked=booked, closed_until=self.closed_until)
        made = run(self.window, rate(self.window, quantities), books, AT_ONCE).final
        found = (one for one in made if one.kind is Kind.INVOICE and one.at == self.closing.at)
        nothing = Invoice(Kind.INVOICE, self.closing.at, self.closing.period, Status.DRAFT, ())
        return next(found, nothing)

    def _courses(self) -> Iterator[tuple[Scope, Course]]:
        for tally in self.window.tallies:
            for scope in due_scopes(self.window, tally):
                yield scope, Course.of(tally, scope, self.now)


def outlook(account: Account, closed_until: datetime | None, now: datetime) -> Outlook | None:
    """None while nothing is billed."""
    closing = next_closing(account, max(now, closed_until or now))
    if closing is None:
        return None
    return Outlook(now, closing, look(account, closed_until, closing.at), closed_until)


def last_outlook(account: Account, closed_until: datetime | None, end: datetime) -> Outlook | None:
    """As if billing ended at an instant: its last closing. None if that leaves nothing to close."""
    last = closings(account, end, end).last
    return Outlook(end, last, look(account, closed_until, end), closed_until) if last else None


def next_closing(account: Account, instant: datetime) -> Closing | None:
    """The first after an instant, as far as is known; None while nothing is billed."""
    segment = segment_at(account, instant)
    if segment is None:
        return None
    end = account.calendar(segment.price.period).at(instant).end
    return next((one for one in closings(account, instant, end) if one.at > instant), None)
