"""Rating: segments, aggregates and price versions in, lines out; the same for the same, always."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from domain.billing.account import Account
from domain.billing.closings import Closings, closings
from domain.billing.fees import fee_lines
from domain.billing.lines import Line
from domain.billing.minimums import top_up
from domain.billing.one_offs import one_off_lines
from domain.billing.tallies import Tally, tallies
from domain.billing.terms import Share, shares
from domain.billing.usage import Demand, Quantities, Scope, scopes, usage_lines


@dataclass(frozen=True)
class Window:
    """What of an account is rated: whatever is due from `since` to `until`, both included."""

    account: Account
    since: datetime | None
    """None for all there ever was."""
    until: datetime
    shares: tuple[Share, ...]
    closings: Closings
    """Also those before `since` by which a line of these shares may be due."""

    @property
    def tallies(self) -> list[Tally]:
        return tallies(self.shares, self.closings)

    def holds(self, line: Line) -> bool:
        at = line.span.begin if line.due is None else line.due
        return self.since is None or at >= self.since


def window(account: Account, until: datetime, since: datetime | None = None) -> Window:
    """Nothing that happens after `until` changes it, or any line rated in it."""
    found = tuple(shares(account, since, until))
    begin = None if since is None else min([since, *(share.period.begin for share in found)])
    return Window(account, since, until, found, closings(account, begin, until))


def demands(window: Window) -> list[Demand]:
    """The aggregates that `rate` takes; computed from events, or from what a database has summed up."""
    return [scope.demand for tally in window.tallies for scope in due_scopes(window, tally)]


def rate(window: Window, quantities: Quantities) -> list[Line]:
    """Lines that are due within the window; none of amount 0. Raises KeyError if an aggregate is missing."""
    return [line for line in _lines(window, quantities) if line.amount and window.holds(line)]


def _lines(window: Window, quantities: Quantities) -> Iterator[Line]:
    account, closed = window.account, window.closings
    for tally in window.tallies:
        fees = [line for share in tally.shares for line in fee_lines(account, share, closed)]
        usage = [
            line
            for scope in due_scopes(window, tally)
            for line in usage_lines(account, scope, quantities, closed)
        ]
        spent = sum(line.amount for line in [*fees, *usage])
        minimum = top_up(account, tally, spent, closed)
        yield from (line for line in [*fees, *usage, *([minimum] if minimum else [])] if line.due)
    yield from one_off_lines(account, closed, window.until)


def due_scopes(window: Window, tally: Tally) -> list[Scope]:
    """Those of which a closing of the window carries the usage."""
    return [scope for scope in scopes(tally) if window.closings.due(scope.span.end)]
