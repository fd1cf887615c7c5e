"""Tenants over years: closing runs when they are due, and months of usage dropped as they age."""

from datetime import datetime, timedelta

from domain.billing.document import InvoiceDocument
from domain.billing.simulation import full_hour
from store.billing.replay import Replayer
from store.usage_partitions import drop_months
from tests.store.billed import Books


class Years:
    """Every run of the schedule that finds something to do, until some instant."""

    def __init__(self, books: Books, *, drops: bool = True) -> None:
        self.books = books
        self.moments: list[datetime] = []
        self._drops = drops

    def until(self, instant: datetime, *, every: timedelta = timedelta(hours=1)) -> None:
        clock, since = self.books.clock, self.books.scenario.account.start
        while (due := self.books.subscription().next_look) and due <= instant:
            tick = full_hour(max(due, clock.instant))
            tick += -(tick - full_hour(since)) % every
            if tick > instant:
                break
            self._run(tick)
        clock.instant = instant
        self.drop()

    def drop(self) -> None:
        if self._drops:
            drop_months(self.books.world.engine, self.books.clock.instant)

    def replayed(self) -> bool:
        """Whether every invoice is the same when it is rated again."""
        replayer = Replayer(self.books.world.engine, self.books.clock, self.books.scenario.grace)
        replays = [replayer.replay(one.id) for one in self.invoices()]
        return all(one is not None and one.same for one in replays)

    def invoices(self) -> list[InvoiceDocument]:
        """Those that are final."""
        return [one for one in self.books.invoices() if one.number]

    def _run(self, tick: datetime) -> None:
        self.books.clock.instant = tick
        self.drop()
        self.books.close()
        self.moments.append(tick)
        assert self.books.subscription().problem == ""
