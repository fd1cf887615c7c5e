"""Tenants over years: closing runs when they are due, and months of usage dropped as they age."""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta

from domain.billing.account import Account
from domain.billing.document import InvoiceDocument
from domain.billing.periods import PeriodKind
from domain.billing.prices import PriceVersion
from domain.billing.simulation import Scenario, full_hour
from domain.billing.spans import MICROSECOND
from store.billing.replay import Replayer
from store.usage_partitions import drop_months
from tests.store.billed import Books

LONGER = 9
A_WHILE = timedelta(days=10)
KINDS = {PeriodKind.WEEKLY: PeriodKind.QUARTERLY}


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

    def play(self) -> None:
        """All of the scenario, each thing at its instant; the schedule misses most of its hours."""
        for at, happens in self.books.happenings():
            self.until(at - MICROSECOND, every=A_WHILE)
            self.books.clock.instant = at
            happens()
        self.until(self.books.scenario.as_of, every=A_WHILE)

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


def stretched(scenario: Scenario) -> Scenario:
    """The same over two years and a half, of periods that are longer; usage comes as late as it did."""
    account = scenario.account

    def at(instant: datetime) -> datetime:
        return account.start + (instant - account.start) * LONGER

    events = tuple(
        replace(one, at=at(one.at), received=at(one.at) + (one.received - one.at)) for one in scenario.events
    )
    return replace(scenario, account=_stretched(account, at), events=events, as_of=at(scenario.as_of))


def _stretched(account: Account, at: Callable[[datetime], datetime]) -> Account:
    return replace(
        account,
        first_price=_longer(account.first_price),
        segments=tuple(
            replace(one, begin=at(one.begin), end=one.end and at(one.end), price=_longer(one.price))
            for one in account.segments
        ),
        one_offs=tuple(replace(one, at=at(one.at)) for one in account.one_offs),
        discounts=tuple(
            replace(one, begin=at(one.begin), end=one.end and at(one.end)) for one in account.discounts
        ),
    )


def _longer(price: PriceVersion) -> PriceVersion:
    return price.model_copy(update={"period": KINDS.get(price.period, PeriodKind.YEARLY)})
