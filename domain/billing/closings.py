"""Closings: one at activation, one at every end of a period, one where billing ends."""

from bisect import bisect_left
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from domain.billing.account import Account
from domain.billing.spans import MICROSECOND, Span
from domain.billing.terms import Share, shares


@dataclass(frozen=True, order=True)
class Closing:
    at: datetime
    period: Span
    """The one that ended; at activation the first."""


@dataclass(frozen=True)
class Closings:
    """All there are from `begin` on, in order of time."""

    begin: datetime
    all: tuple[Closing, ...]

    def __iter__(self) -> Iterator[Closing]:
        return iter(self.all)

    @property
    def last(self) -> Closing | None:
        return self.all[-1] if self.all else None

    def due(self, instant: datetime) -> datetime | None:
        """The first that is not before an instant, or None. Raises ValueError for one before `begin`."""
        if instant < self.begin:
            raise ValueError(f"closings are known from {self.begin} on, not at {instant}")
        index = bisect_left(self.all, instant, key=lambda closing: closing.at)
        return self.all[index].at if index < len(self.all) else None


def closings(account: Account, since: datetime | None, until: datetime) -> Closings:
    """Those from `since` to `until`, both included.

    What happens after an instant never changes which closings there were until then.
    """
    ended: dict[datetime, Span] = {}
    left: dict[datetime, Span] = {}
    for share in shares(account, since, until):
        _end(account, share, ended, left)
        if share.term.opens and share.term.begin == share.period.begin:
            ended[share.period.begin] = account.calendar(share.term.kind).at(share.period.begin - MICROSECOND)
    found = left | ended | {account.start: _first_period(account)}
    begin = account.start if since is None else since
    return Closings(begin, tuple(Closing(at, found[at]) for at in sorted(found) if begin <= at <= until))


def _end(account: Account, share: Share, ended: dict[datetime, Span], left: dict[datetime, Span]) -> None:
    """Where a share's period is closed: at its end, where billing ends in it, or as one that was left."""
    term, period = share.term, share.period
    if term.end is None or period.end <= term.end:
        ended[period.end] = period
    elif term.next_kind is None:
        ended[term.end] = Span(period.begin, term.end)
    else:
        # A tenant that leaves monthly periods for yearly ones would see no invoice until the year's end.
        following = account.calendar(term.next_kind).at(term.end).end
        billed = term.billed_until is None or period.end <= term.billed_until
        if period.end < following and billed:
            left[period.end] = period


def _first_period(account: Account) -> Span:
    begins = account.segments and account.segments[0].begin == account.start
    price = account.segments[0].price if begins else account.first_price
    return account.calendar(price.period).period(0)
