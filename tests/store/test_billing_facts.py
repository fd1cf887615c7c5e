"""What each operation changes in what a tenant pays."""

from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy import Engine, text
from sqlalchemy.exc import DatabaseError

from catalog import Catalog
from catalog.meters import load_meters
from catalog.offers import load_offers
from domain.billing.account import Account, State
from domain.billing.offers import Offer
from domain.errors import InvalidSpec
from domain.phases import OperationKind, OperationStatus, Phase
from domain.plans import Target
from runtime.settings import ROOT
from store.billing.accounts import account
from store.billing.facts import facts_of
from store.billing.prices import price_versions, sync_offers
from store.engine import transaction
from store.tables import SubscriptionRow
from tests.store.world import Tenant, World

TEAM = Target(plan="team", users=20)
BUSINESS = Target(plan="business", users=30)
MINUTE = timedelta(minutes=1)
HOUR = timedelta(hours=1)


@pytest.fixture(scope="module")
def offers(engine: Engine, catalog: Catalog) -> dict[str, Offer]:
    meters = load_meters(ROOT / "meters.yaml")
    return load_offers(ROOT / "prices.yaml", catalog.plans, meters)


@pytest.fixture
def sold(world: World, offers: dict[str, Offer]) -> World:
    sync_offers(world.engine, offers.values(), world.clock.now())
    return world


def opened(world: World, target: Target = TEAM) -> tuple[Tenant, datetime]:
    """An active tenant, and since when it pays."""
    tenant = world.signing_up(target=target)
    world.make_everything(tenant.signup)
    begin = (world.clock.now() - HOUR).replace(microsecond=0)
    world.end(tenant.signup, at=begin)
    return tenant, begin


def done(world: World, tenant: Tenant, kind: OperationKind, at: datetime, **changes: Any) -> None:
    """An operation that ends well, and was ready at an instant."""
    request = world.request(kind, tenant, **changes)
    world.begin(request)
    world.make_everything(request)
    world.end(request, at=at)


def paid(world: World, tenant: Tenant) -> Account:
    with transaction(world.engine) as session:
        row = session.get_one(SubscriptionRow, tenant.id)
        return account(row, facts_of(session, [tenant.id])[tenant.id], price_versions(session))


def segments(world: World, tenant: Tenant) -> list[tuple[datetime, datetime | None, str, int, bool]]:
    return [
        (one.begin, one.end, one.price.plan, one.quantity, one.suspended)
        for one in paid(world, tenant).segments
    ]


def test_billing_begins_when_the_tenant_is_active(sold: World) -> None:
    """At the instant at which it was ready, at the newest price of its plan."""
    tenant, begin = opened(sold)
    assert segments(sold, tenant) == [(begin, None, "team", 20, False)]
    assert paid(sold, tenant).start == begin


def test_a_signup_that_failed_is_not_billed(sold: World) -> None:
    """Nothing was had, so nothing is paid."""
    tenant = sold.signing_up(target=TEAM)
    sold.lose_everything(tenant.signup)
    error = {"code": "X", "message": "no"}
    sold.end(tenant.signup, status=OperationStatus.FAILED, phase=Phase.FAILED, desired=None, error=error)
    with transaction(sold.engine) as session:
        assert session.get(SubscriptionRow, tenant.id) is None


def test_a_plan_without_a_price_is_not_billed(sold: World) -> None:
    """Its tenants live as all others do."""
    tenant = sold.active()
    with transaction(sold.engine) as session:
        assert session.get(SubscriptionRow, tenant.id) is None
    done(sold, tenant, OperationKind.SUSPEND, sold.clock.now())


def test_a_scale_changes_what_is_paid_when_its_capacity_is_ready(sold: World) -> None:
    """More users are more units of the fee; another plan is another price; a failure changes nothing."""
    tenant, begin = opened(sold)
    done(sold, tenant, OperationKind.SCALE, begin + MINUTE, target=Target(plan="team", users=50))
    failing = sold.request(OperationKind.SCALE, tenant, target=Target(plan="team", users=90))
    sold.begin(failing)
    error = {"code": "X", "message": "no"}
    sold.end(failing, status=OperationStatus.FAILED, desired=None, error=error, at=begin + 2 * MINUTE)
    done(sold, tenant, OperationKind.SCALE, begin + 3 * MINUTE, target=BUSINESS)
    assert segments(sold, tenant) == [
        (begin, begin + MINUTE, "team", 20, False),
        (begin + MINUTE, begin + 3 * MINUTE, "team", 50, False),
        (begin + 3 * MINUTE, None, "business", 1, False),
    ]


def test_suspended_time_is_told_apart(sold: World) -> None:
    """From the instant at which it was suspended to that at which it worked again."""
    tenant, begin = opened(sold)
    done(sold, tenant, OperationKind.SUSPEND, begin + MINUTE)
    done(sold, tenant, OperationKind.RESUME, begin + 2 * MINUTE)
    assert [(one[0], one[4]) for one in segments(sold, tenant)] == [
        (begin, False),
        (begin + MINUTE, True),
        (begin + 2 * MINUTE, False),
    ]


def test_billing_ends_when_a_teardown_is_accepted(sold: World) -> None:
    """Not when the last pod has gone; a restore begins anew, and the gap is not billed."""
    tenant, begin = opened(sold)
    leave = sold.request(OperationKind.TEARDOWN, tenant, grace_seconds=3600)
    sold.begin(leave)
    accepted = sold.operation(leave).accepted_at.replace(microsecond=0)
    assert segments(sold, tenant) == [(begin, accepted, "team", 20, False)]
    sold.end(leave, phase=Phase.CLOSED, remove_after=sold.in_seconds(3600), at=accepted + MINUTE)
    done(sold, tenant, OperationKind.RESTORE, accepted + 2 * MINUTE)
    assert segments(sold, tenant) == [
        (begin, accepted, "team", 20, False),
        (accepted + 2 * MINUTE, None, "team", 20, False),
    ]


def test_a_teardown_that_is_aborted_never_ended_anything(sold: World) -> None:
    """What it had ended goes on as if nothing had been."""
    tenant, begin = opened(sold)
    leave = sold.request(OperationKind.TEARDOWN, tenant, grace_seconds=3600)
    sold.begin(leave)
    sold.end(leave, status=OperationStatus.CANCELLED, phase=Phase.ACTIVE, desired=None)
    assert segments(sold, tenant) == [(begin, None, "team", 20, False)]


def test_a_changed_price_is_for_those_who_choose_it(sold: World, offers: dict[str, Offer]) -> None:
    """Who is there keeps the version that was chosen, also when sizes change; newcomers get the new one."""
    tenant, begin = opened(sold, BUSINESS)
    cheaper = offers["business"].model_copy(update={"suspended_factor": Decimal(0)})
    sync_offers(sold.engine, [cheaper], sold.clock.now())
    done(sold, tenant, OperationKind.SCALE, begin + MINUTE, target=Target(plan="business", users=60))
    versions = [one.price.version for one in paid(sold, tenant).segments]
    assert len(versions) == 1
    newcomer, _ = opened(sold, BUSINESS)
    assert paid(sold, newcomer).first_price.version == versions[0] + 1
    sync_offers(sold.engine, [cheaper], sold.clock.now())
    another, _ = opened(sold, BUSINESS)
    assert paid(sold, another).first_price.version == versions[0] + 1


def test_a_price_keeps_the_order_of_its_meters(sold: World, offers: dict[str, Offer]) -> None:
    """Lines of invoices are in it; a database that forgot it would print others than a simulation."""
    listed = list(offers["business"].meters.items())
    turned = offers["business"].model_copy(update={"meters": dict(reversed(listed)), "minimum": Decimal(1)})
    sync_offers(sold.engine, [turned], sold.clock.now())
    tenant, _ = opened(sold, BUSINESS)
    assert list(paid(sold, tenant).first_price.meters.items()) == listed[::-1]
    sync_offers(sold.engine, [offers["business"]], sold.clock.now())


def test_a_plan_in_another_currency_is_refused(sold: World, offers: dict[str, Offer]) -> None:
    """One account is in one currency: the scale is refused and says so."""
    tenant, _ = opened(sold)
    dollars = offers["business"].model_copy(update={"currency": "USD"})
    sync_offers(sold.engine, [dollars], sold.clock.now())
    with pytest.raises(InvalidSpec, match="paid in USD"):
        sold.begin(sold.request(OperationKind.SCALE, tenant, target=BUSINESS))
    sync_offers(sold.engine, [offers["business"]], sold.clock.now())


def test_what_decides_invoices_is_never_changed(sold: World) -> None:
    """Facts and prices stay as they were written, whoever tries."""
    opened(sold)
    for table in ("billing_fact", "price_version"):
        with pytest.raises(DatabaseError, match="never changed"), transaction(sold.engine) as session:
            session.connection().execute(text(f"DELETE FROM {table}"))


def test_states_have_the_words_of_rating() -> None:
    """A fact's state is what rating calls it; renamed, old facts could not be read."""
    assert {state.value for state in State} == {"active", "suspended", "ended"}
