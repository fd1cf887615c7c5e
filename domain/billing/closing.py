"""One closing run over one account: what it takes to know, and what comes of it."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from domain.billing.account import Account
from domain.billing.closings import closings
from domain.billing.invoices import Books, Invoice, is_ended, reach, run
from domain.billing.keeping import SETTLED, Answers, time_to_keep
from domain.billing.ledger import Booked
from domain.billing.rating import Window, rate, window
from domain.billing.usage import Quantities
from domain.billing.words import instant_text

HOUR = timedelta(hours=1)
AHEAD = timedelta(days=32)
"""How far ahead the next closing is looked for; in longer periods, most looks find nothing to do."""


@dataclass(frozen=True)
class Closed:
    final: tuple[Invoice, ...]
    """Oldest first."""
    drafts: tuple[Invoice, ...]
    closed_until: datetime | None
    next_look: datetime | None
    """When there may be something to do again; None: not unless something is recorded."""

    def keeps(self, taken: Answers, closed_before: datetime | None, read_at: datetime) -> bool:
        """Whether what the run took is to be kept: to rate the same again, or something that comes later."""
        return bool(
            self.final
            or self.closed_until != closed_before
            or self.next_look is None
            or taken.must_be_kept(read_at)
        )


def moment_problem(as_of: datetime | None, now: datetime, *, may_run_ahead: bool) -> str | None:
    """Why periods cannot be closed as of a moment; none is now."""
    if as_of is None or as_of <= now or may_run_ahead:
        return None
    return f"{instant_text(as_of)} is yet to come: what is final then is not known now"


def look(account: Account, closed_until: datetime | None, moment: datetime) -> Window:
    """What the run rates; `domain.billing.rating.demands` says which aggregates that takes."""
    return window(account, moment, reach(Books(closed_until=closed_until)))


def close(
    seen: Window, quantities: Quantities, booked: Booked, closed_until: datetime | None, grace: timedelta
) -> Closed:
    """`booked`: of all keys that have a line due in the window, and of what was agreed by hand."""
    before = Books(booked=booked, closed_until=closed_until)
    after = run(seen, rate(seen, quantities), before, grace)
    looks = [at for at in _looks(seen, quantities, after.closed_until, grace) if at > seen.until]
    return Closed(after.final, after.drafts, after.closed_until, min(looks, default=None))


def _looks(
    seen: Window, quantities: Quantities, closed_until: datetime | None, grace: timedelta
) -> Iterator[datetime]:
    account, moment = seen.account, seen.until
    for closing in seen.closings:
        if closed_until is None or closing.at > closed_until:
            yield closing.at + grace
    if not is_ended(account, moment):
        yield moment + AHEAD
        yield from (closing.at for closing in closings(account, moment, moment + AHEAD))
        yield from map(time_to_keep, quantities)
    elif account.segments and moment < _last_end(account) + SETTLED + grace:
        # Usage of before the end may still arrive, and no closing will come that it could wait for.
        yield moment + HOUR


def _last_end(account: Account) -> datetime:
    ends = [segment.end for segment in account.segments if segment.end]
    return max(ends, default=account.start)
