"""Accounts of made-up scenarios in the database: what happened is recorded when it happened, then closed."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from datetime import datetime
from decimal import Decimal
from functools import partial
from hashlib import blake2b
from itertools import count, zip_longest
from zoneinfo import ZoneInfo

from sqlmodel import select

from domain.billing.account import Account, Segment, State
from domain.billing.document import NO_TITLES, InvoiceDocument, Issuer, Letterhead
from domain.billing.events import UsageEvent, counted
from domain.billing.facts import ChangeFact, DiscountFact, OneOffFact
from domain.billing.offers import Offer
from domain.billing.prices import Aggregate, PriceTerms, PriceVersion
from domain.billing.simulation import Scenario, moments
from domain.messages import PageResult
from domain.metering.cloud_events import MeteredEvent
from domain.metering.meters import STATES
from domain.metering.readings import Reading
from store.billing.closing import Closer
from store.billing.facts import AnyFact, locked, record
from store.billing.kept import RatedUsage
from store.billing.numbering import Numberer, Numbering
from store.billing.runs import ClosingRuns
from store.catalog_sync import sync
from store.engine import transaction
from store.tables import DraftRow, InvoiceRow, PriceVersionRow, SubscriptionRow
from store.usage_ingest import Ingestion
from tests.store.world import FixedClock, World

PLAN = "priced"
"""Of no tenant: a sign-up to it would open an account by itself."""
ISSUER = Issuer(name="Tenantry GmbH")
NAMES = ("one", "two", "three")
NUMBERING = Numbering("{year}-{number:06}", ZoneInfo("UTC"))
_versions = count(1000)
"""Of one plan, for all tests of a process: each scenario brings prices of its own."""


class Books:
    """One tenant of a scenario, in a world whose clock the scenario sets."""

    def __init__(self, world: World, scenario: Scenario, titles: Mapping[str, str] = NO_TITLES) -> None:
        self.world = world
        self.scenario = scenario
        self.clock = FixedClock(scenario.account.start)
        self.tenant = world.active()
        self.runs = ClosingRuns(world.engine, self.clock)
        self.call_meters(titles)
        self._ingestion = Ingestion(world.engine, self.clock)
        self._versions: dict[int, int] = {}
        sync(world.engine, [world.catalog.plans["echo"].model_copy(update={"name": PLAN})], [])
        self._open(scenario.account)

    def play(self, *, closing: bool = True) -> None:
        """All that happens, each at its instant, and the closing runs between."""
        runs = moments(self.scenario, counted(self.scenario.events))
        happenings: list[tuple[datetime, int, Callable[[], object]]] = [
            *((at, 0, happens) for at, happens in self.happenings()),
            *((moment, 1, self.close) for moment in runs if closing),
        ]
        for at, _, happens in sorted(happenings, key=lambda one: one[:2]):
            if at > runs[-1]:
                break
            self.clock.instant = at
            happens()

    def happenings(self) -> list[tuple[datetime, Callable[[], object]]]:
        """Usage as it arrives, and facts, in order of time."""
        found: list[tuple[datetime, Callable[[], object]]] = [
            *((event.received, partial(self._ingest, event)) for event in counted(self.scenario.events)),
            *((at, partial(self.record, fact)) for at, fact in _facts(self.scenario.account, self.version)),
        ]
        return sorted(found, key=lambda one: one[0])

    def call_meters(self, titles: Mapping[str, str]) -> None:
        """From now on, as a changed meters.yaml does."""
        engine, letterhead = self.world.engine, Letterhead(ISSUER, titles)
        self.closer = Closer(engine, RatedUsage(engine, self.clock), self.scenario.grace, letterhead)
        self.numberer = Numberer(engine, NUMBERING, letterhead, self.clock)

    def use(self, name: str, meter: str, at: datetime, value: int) -> None:
        """Usage that arrives now."""
        self._ingest(UsageEvent(name, "", meter, at, self.clock.now(), Decimal(value)))

    def _ingest(self, event: UsageEvent) -> None:
        self._ingestion.ingest(self.tenant.id, [_metered(event)])

    def set_zone(self, zone: str) -> None:
        with transaction(self.world.engine) as session:
            session.get_one(SubscriptionRow, self.tenant.id).zone = zone

    def forget(self) -> None:
        forget(self.world, self.tenant.id)

    def close(self, page_size: int = 50) -> list[PageResult]:
        """A whole closing run at the clock's instant, numbers included."""
        run = self.runs.begin(self.clock.instant)
        pages = []
        while (page := self.closer.page(run, page_size)).looked_at:
            pages.append(page)
        while self.numberer.page(page_size):
            pass
        self.runs.end(run.number)
        return pages

    def invoices(self) -> list[InvoiceDocument]:
        return invoices_of(self.world, self.tenant.id)

    def subscription(self) -> SubscriptionRow:
        with transaction(self.world.engine) as session:
            return session.get_one(SubscriptionRow, self.tenant.id)

    def record(self, fact: AnyFact) -> None:
        with transaction(self.world.engine) as session:
            row = locked(session, self.tenant.id)
            assert row
            record(session, row, fact, self.clock.now())

    def version(self, price: PriceVersion) -> int:
        """Number of a price in the database; it is offered there when it is first asked for."""
        if price.version not in self._versions:
            self._versions[price.version] = number = next(_versions)
            terms = {name: getattr(price, name) for name in PriceTerms.model_fields}
            currency = self.scenario.account.currency.code
            offer = Offer.model_validate({"name": PLAN, "currency": currency} | terms)
            with transaction(self.world.engine) as session:
                session.add(
                    PriceVersionRow(plan=PLAN, version=number, definition=offer, offered_at=self.clock.now())
                )
        return self._versions[price.version]

    def _open(self, account: Account) -> None:
        first = ChangeFact(
            at=account.start,
            operation_id="first",
            plan=PLAN,
            version=self.version(account.first_price),
            quantity=1,
            state=State.ACTIVE,
        )
        with transaction(self.world.engine) as session:
            row = SubscriptionRow(
                tenant_id=self.tenant.id,
                start=account.start,
                zone=account.zone.key,
                currency=account.currency.code,
            )
            session.add(row)
            session.flush()
            record(session, row, first, account.start)
            for discount in account.discounts:
                fact = DiscountFact(
                    begin=discount.begin,
                    end=discount.end,
                    percent=discount.percent,
                    reason="agreed",
                    given_by="tests",
                )
                record(session, row, fact, account.start)


def invoices_of(world: World, tenant_id: str) -> list[InvoiceDocument]:
    """Final ones and drafts, in order of closing."""
    with transaction(world.engine) as session:
        final = session.exec(select(InvoiceRow).where(InvoiceRow.tenant_id == tenant_id)).all()
        drafts = session.exec(select(DraftRow).where(DraftRow.tenant_id == tenant_id)).all()
    rows = sorted(final, key=lambda row: (row.at, row.sequence or 0))
    documents = [row.issued for row in rows if row.issued]
    return [*documents, *(row.document for row in sorted(drafts, key=lambda row: row.at))]


def forget(world: World, tenant_id: str) -> None:
    """Later runs of other tests pass it over."""
    with transaction(world.engine) as session:
        session.get_one(SubscriptionRow, tenant_id).next_look = None


def told_apart(scenario: Scenario) -> Scenario:
    """The same with a meter for each aggregate: what is stored of an event depends on its meter's."""

    def price(one: PriceVersion) -> PriceVersion:
        meters = {f"{name}-{meter.aggregate}": meter for name, meter in one.meters.items()}
        return one.model_copy(update={"plan": PLAN, "version": NAMES.index(one.plan) + 1, "meters": meters})

    account = scenario.account
    segments = tuple(replace(segment, price=price(segment.price)) for segment in account.segments)
    events = tuple(
        replace(event, id=f"{event.id}-{aggregate}", meter=f"{event.meter}-{aggregate}")
        for event in scenario.events
        for aggregate in Aggregate
    )
    moved = replace(
        account,
        segments=segments,
        first_price=price(account.first_price),
        # One of nothing makes no line, and cannot be recorded.
        one_offs=tuple(one for one in account.one_offs if one.amount),
    )
    return replace(scenario, account=moved, events=events)


def _facts(account: Account, version: Callable[[PriceVersion], int]) -> Iterator[tuple[datetime, AnyFact]]:
    for one_off in account.one_offs:
        yield (
            one_off.at,
            OneOffFact(
                id=one_off.id,
                at=one_off.at,
                amount=one_off.amount,
                reason=one_off.reason,
                is_credit=one_off.is_credit,
                given_by="tests",
            ),
        )
    if account.segments and account.segments[0].begin > account.start:
        yield account.start, ChangeFact(at=account.start, operation_id="o", state=State.ENDED)
    for segment, following in zip_longest(account.segments, account.segments[1:]):
        if replace(segment, end=None) != Segment(account.start, None, account.first_price):
            yield (
                segment.begin,
                ChangeFact(
                    at=segment.begin,
                    operation_id="o",
                    plan=PLAN,
                    version=version(segment.price),
                    quantity=segment.quantity,
                    state=State.SUSPENDED if segment.suspended else State.ACTIVE,
                ),
            )
        if segment.end and (following is None or following.begin > segment.end):
            yield segment.end, ChangeFact(at=segment.end, operation_id="o", state=State.ENDED)


def _metered(event: UsageEvent) -> MeteredEvent:
    aggregate = Aggregate(event.meter.rpartition("-")[2])
    key = event.key if aggregate is Aggregate.UNIQUE else None
    reading = Reading(event.meter, event.value, key, "", aggregate in STATES)
    told = blake2b(repr(event).encode(), digest_size=16).digest()
    return MeteredEvent(0, event.source or "s", event.id, event.at, told, (reading,))
