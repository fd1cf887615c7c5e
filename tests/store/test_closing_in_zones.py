"""Tenants of several time zones, signed up as they are and closed by the real workflow."""

from collections.abc import AsyncIterator, Iterator
from contextlib import ExitStack
from dataclasses import replace
from datetime import UTC, datetime
from uuid import uuid4

import pytest
from sqlalchemy import Engine
from temporalio.client import Client

from activities.records import Records
from catalog import Catalog
from devstack.temporal import Temporal
from domain.billing.offers import Offer
from domain.messages import CloseInput
from domain.phases import OperationKind, Phase
from domain.plans import Target
from runtime.clock import SystemClock
from runtime.settings import Settings
from runtime.temporal import connect
from store.billing.prices import sync_offers
from store.catalog_sync import sync
from store.customers import change_customer
from store.engine import transaction
from store.idempotency import Claim
from store.tables import SubscriptionRow
from tests.store.billed import forget, invoices_of
from tests.store.world import FixedClock, Tenant, World
from worker.app import build_worker
from workflows.close_periods import ClosePeriods

QUEUE = "closing-in-zones"
PERIODS = ("weekly", "monthly")


class Branch:
    """An installation that sells a plan by the week and one by the month, for €10 in arrears."""

    def __init__(self, world: World, temporal: Client, leaving: ExitStack) -> None:
        self.world = world
        self._temporal = temporal
        self._leaving = leaving

    def tenant(self, period: str, begin: str, time_zone: str) -> Tenant:
        """Signed up, and billed since, at an instant."""
        clock = FixedClock(utc(begin))
        self.world.records = Records(self.world.engine, self.world.catalog, "test", clock)
        tenant = self.world.signing_up(target=Target(plan=period, users=1), time_zone=time_zone)
        self.world.make_everything(tenant.signup)
        self.world.end(tenant.signup)
        self._leaving.callback(forget, self.world, tenant.id)
        return tenant

    def set_mail(self, email: str) -> None:
        customer = self.world.customer_id
        claim = Claim(caller="tests", key=uuid4().hex, body_hash="", customer_id=customer)
        change_customer(self.world.engine, customer, claim, {"email": email}, self.world.clock.now())

    async def close(self, moment: str) -> None:
        run = f"close-{uuid4().hex}"
        given = CloseInput(as_of=utc(moment))
        await self._temporal.execute_workflow(ClosePeriods.run, given, id=run, task_queue=QUEUE)

    def invoices(self, tenant: Tenant) -> list[tuple[str, str, str | None]]:
        """End of the period, status, and the payer's e-mail."""
        return [
            (f"{one.period.end:%m-%dT%H:%M}", one.status, one.customer.email)
            for one in invoices_of(self.world, tenant.id)
        ]


def utc(text: str) -> datetime:
    return datetime.fromisoformat(f"2024-{text}").replace(tzinfo=UTC)


@pytest.fixture(scope="module")
async def closing(engine: Engine, catalog: Catalog, temporal: Temporal) -> AsyncIterator[Client]:
    settings = Settings.model_validate(
        {
            "temporal_address": temporal.address,
            "task_queue": QUEUE,
            "worker_roles": ("records", "billing"),
        }
    )
    client = await connect(settings)
    async with build_worker(client, settings, catalog, engine, SystemClock()):
        yield client


@pytest.fixture
def branch(closing: Client, engine: Engine, catalog: Catalog) -> Iterator[Branch]:
    echo = catalog.plans["echo"]
    plans = {period: echo.model_copy(update={"name": period}) for period in PERIODS}
    sync(engine, plans.values(), [])
    fee = {"amount": "10", "charge": "arrears"}
    offers = [Offer.model_validate({"name": p, "currency": "EUR", "period": p, "fee": fee}) for p in PERIODS]
    sync_offers(engine, offers, SystemClock().now())
    with ExitStack() as leaving:
        yield Branch(World(engine, replace(catalog, plans=plans)), closing, leaving)


async def test_case_4_two_runs_of_one_day_make_one_invoice(branch: Branch) -> None:
    """Europe/Paris, weekly from May 23: runs at May 30 20:00Z and 23:00Z produce one invoice, although it is
    another day there by then."""
    tenant = branch.tenant("weekly", "05-22T22:00", "Europe/Paris")
    await branch.close("05-30T20:00")
    made = branch.invoices(tenant)
    await branch.close("05-30T23:00")
    assert branch.invoices(tenant) == made == [("05-29T22:00", "final", None)]


async def test_periods_end_by_the_clocks_of_each_tenant(branch: Branch) -> None:
    """Both began at one instant; in Juneau clocks changed before the month was over, in Paris not yet."""
    juneau, paris = (
        branch.tenant("monthly", "02-20T12:00", zone) for zone in ("America/Juneau", "Europe/Paris")
    )
    await branch.close("03-20T11:30")
    assert branch.invoices(juneau) == [("03-20T11:00", "draft", None)]
    assert branch.invoices(paris) == []
    await branch.close("03-20T12:00")
    assert branch.invoices(paris) == [("03-20T12:00", "draft", None)]


async def test_the_payers_mail_is_that_of_the_moment_of_numbering(branch: Branch) -> None:
    """Drafts have what was known at the last run; what is final keeps what it has."""
    branch.set_mail("first@acme.example")
    tenant = branch.tenant("monthly", "02-20T12:00", "UTC")
    await branch.close("03-20T12:00")
    assert branch.invoices(tenant) == [("03-20T12:00", "draft", "first@acme.example")]
    branch.set_mail("second@acme.example")
    await branch.close("03-21T00:00")
    branch.set_mail("third@acme.example")
    await branch.close("03-21T01:00")
    assert branch.invoices(tenant) == [("03-20T12:00", "final", "second@acme.example")]


def test_a_zone_outlives_a_teardown(branch: Branch) -> None:
    """A tenant that is restored has the zone of its sign-up, and so has its account."""
    world = branch.world
    tenant = branch.tenant("monthly", "02-20T12:00", "America/Juneau")
    leave = world.request(OperationKind.TEARDOWN, tenant, grace_seconds=3600)
    world.begin(leave)
    world.end(leave, phase=Phase.CLOSED, remove_after=world.in_seconds(3600))
    back = world.request(OperationKind.RESTORE, tenant)
    world.begin(back)
    world.make_everything(back)
    world.end(back)
    with transaction(world.engine) as session:
        zone = session.get_one(SubscriptionRow, tenant.id).zone
    assert (zone, world.tenant(tenant).time_zone) == ("America/Juneau", "America/Juneau")
